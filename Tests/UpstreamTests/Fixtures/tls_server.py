"""A TLS server with one behaviour for each path, for the tests of the upstream transports.

Prints its port at 127.0.0.1 and 127.0.0.2, and the one at ::1, 0 without IPv6; ends when its
input does. `GET /log` answers with what happened so far, one line each.
"""

import os
import socket
import ssl
import sys
import threading
import time

log = []
connections = 0
gates = {}
gates_lock = threading.Lock()

# What is all that comes before the connection ends.
BROKEN = {
    "/cut": b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf",
    "/cutchunks": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n",
    "/drop": b"",
    "/garbage": b"SSH-2.0-not_http\r\n\r\n",
}


def gate(key):
    with gates_lock:
        return gates.setdefault(key, threading.Semaphore(0))


def read_head(stream):
    lines = []
    while True:
        line = stream.readline()
        if not line:
            return None
        if line == b"\r\n":
            return lines
        lines.append(line.decode("latin-1").rstrip("\r\n"))


def fields_of(lines):
    fields = {}
    for line in lines[1:]:
        name, _, value = line.partition(":")
        fields[name.lower()] = value.strip()
    return fields


def answer(connection, body, extra="", status="200 OK"):
    head = f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n{extra}\r\n"
    connection.sendall(head.encode() + body)


def chunk(connection, data):
    connection.sendall(b"%x\r\n%s\r\n" % (len(data), data))


def flood(connection):
    """Sends 32 MiB, and notes how far it got while the reader held still."""
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 33554432\r\n\r\n")
    block = b"x" * 65536
    for index in range(512):
        connection.sendall(block)
        if index % 16 == 15:
            log.append(f"flooded {index + 1}")


def stream(connection, key):
    """Sends the first of three events, and each other once `/advance` has been asked for."""
    connection.sendall(
        b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
        b"Transfer-Encoding: chunked\r\n\r\n")
    for index in range(3):
        if index > 0:
            gate(key).acquire(timeout=20)
        chunk(connection, b"data: %d\n\n" % index)
    connection.sendall(b"0\r\nX-Trailer: 1\r\n\r\n")


def drip(connection):
    connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    try:
        while True:
            chunk(connection, b"data: tick\n\n")
            time.sleep(0.02)
    except OSError:
        log.append("drip ended")


def serve_one(connection, stream_in, number):
    lines = read_head(stream_in)
    if lines is None:
        return False
    method, target, _ = lines[0].split(" ", 2)
    fields = fields_of(lines)
    path = target.partition("?")[0]
    if path == "/early":
        # The rest is left unread: closing at once would reset the connection over the answer.
        answer(connection, b"too early", status="413 Content Too Large")
        time.sleep(1)
        return False
    if path == "/earlyecho":
        connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        time.sleep(0.1)
    body = stream_in.read(int(fields.get("content-length", 0)))
    if path == "/log":
        answer(connection, "\n".join(log).encode())
    elif path == "/echo":
        answer(connection, body)
    elif path == "/earlyecho":
        chunk(connection, body)
        connection.sendall(b"0\r\n\r\n")
    elif path.endswith("/head"):
        answer(connection, "\n".join(lines).encode())
    elif path in ("/connection", "/address"):
        own = connection.getsockname()[0]
        answer(connection, (own if path == "/address" else str(number)).encode())
    elif path == "/interim":
        connection.sendall(b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n")
        answer(connection, b"final", "X-Final: yes\r\n", "201 Created")
    elif path == "/stream":
        stream(connection, target)
    elif path == "/advance":
        gate("/stream?" + target.partition("?")[2]).release()
        answer(connection, b"")
    elif path == "/drip":
        drip(connection)
        return False
    elif path == "/flood":
        flood(connection)
    elif path in BROKEN:
        connection.sendall(BROKEN[path])
        return False
    elif path == "/thenclose":
        answer(connection, b"%d" % number)
        return False
    elif path == "/hang":
        time.sleep(1.5)
        answer(connection, b"late")
    else:
        answer(connection, b"", status="404 Not Found")
    return method != "CONNECT"


def serve(raw, context, number):
    try:
        connection = context.wrap_socket(raw, server_side=True)
        stream_in = connection.makefile("rb")
        while serve_one(connection, stream_in, number):
            pass
        connection.close()
        stream_in.close()
    except (OSError, ValueError):
        raw.close()


def end_with_parent():
    sys.stdin.read()
    os._exit(0)


def accept(listener, context):
    global connections
    while True:
        raw, _ = listener.accept()
        raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with gates_lock:
            connections += 1
            number = connections
        threading.Thread(target=serve, args=(raw, context, number), daemon=True).start()


def main():
    threading.Thread(target=end_with_parent, daemon=True).start()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(sys.argv[1], sys.argv[2])
    listener = socket.create_server(("127.0.0.1", 0))
    port, port6 = listener.getsockname()[1], 0
    others = [socket.create_server(("127.0.0.2", port))]
    try:
        # Not the same port: localhost is both, and tests with it mean the other one.
        others.append(socket.create_server(("::1", 0), family=socket.AF_INET6))
        port6 = others[1].getsockname()[1]
    except OSError:
        pass
    for other in others:
        threading.Thread(target=accept, args=(other, context), daemon=True).start()
    print(f"{port} {port6}", flush=True)
    accept(listener, context)


main()
