"""What may stand between a sidecar and an upstream: TLS with a certificate of its own, and a proxy."""

import contextlib
import socket
import ssl
import subprocess
import threading
from pathlib import Path

#: The client's connection, where it leads, and what was read of it already.
Route = tuple[socket.socket, tuple[str, int], bytes]


class Front:
    """Takes connections on a loopback port and pipes each to where `route` says."""

    def __init__(self) -> None:
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.count = 0
        threading.Thread(target=self._accept, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()

    def route(self, client: socket.socket) -> Route:
        raise NotImplementedError

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            self.count += 1
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with contextlib.suppress(OSError):
            inner, address, first = self.route(client)
            with inner, socket.create_connection(address) as outer:
                outer.sendall(first)
                back = threading.Thread(target=pipe, args=(outer, inner), daemon=True)
                back.start()
                pipe(inner, outer)
                back.join()
        client.close()


def pipe(source: socket.socket, target: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            target.sendall(data)
    with contextlib.suppress(OSError):
        target.shutdown(socket.SHUT_WR)


class Authority:
    """Certificates for tests, by an authority of their own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.file = folder / "ca.pem"
        self._openssl("req", "-x509", "-nodes", "-keyout", "ca.key", "-out", "ca.pem", "-days", "2",
                      "-subj", "/CN=tests", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256")

    def server(self, names: str) -> ssl.SSLContext:
        """A server's side for names such as `DNS:localhost,IP:127.0.0.1`."""
        (self.folder / "names").write_text(f"subjectAltName={names}\n")
        self._openssl("req", "-nodes", "-keyout", "server.key", "-out", "server.csr", "-subj",
                      "/CN=server", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256")
        self._openssl("x509", "-req", "-in", "server.csr", "-CA", "ca.pem", "-CAkey", "ca.key",
                      "-CAcreateserial", "-days", "2", "-extfile", "names", "-out", "server.pem")
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.folder / "server.pem", self.folder / "server.key")
        return context

    def _openssl(self, *arguments: str) -> None:
        subprocess.run(["openssl", *arguments], cwd=self.folder, check=True, capture_output=True)


class SecureFront(Front):
    """TLS before an upstream that speaks plain HTTP."""

    def __init__(self, context: ssl.SSLContext, address: tuple[str, int]) -> None:
        self.context = context
        self.address = address
        super().__init__()

    def route(self, client: socket.socket) -> Route:
        return self.context.wrap_socket(client, server_side=True), self.address, b""


class ForwardProxy(Front):
    """A corporate proxy: CONNECT, and requests with whole URLs; all lead to one address."""

    def __init__(self, address: tuple[str, int], status: bytes = b"200 OK") -> None:
        self.address = address
        self.status = status
        self.heads: list[str] = []
        super().__init__()

    def route(self, client: socket.socket) -> Route:
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            byte = client.recv(1)
            if not byte:
                raise OSError
            head += byte
        self.heads.append(head.decode())
        if not head.startswith(b"CONNECT "):
            return client, self.address, head
        client.sendall(b"HTTP/1.1 " + self.status + b"\r\n\r\n")
        if not self.status.startswith(b"200"):
            raise OSError
        return client, self.address, b""
