"""What the sidecar makes of requests, beside h11, a parser that shares nothing with ours.

Both hear the same bytes: a case, and behind it a canary. They must hear the same requests, with
the same bodies, and refuse the same. Where they do not, ours must be the stricter one, for a reason
that STRICTER names by what our answer says; LENIENT has the only case where it is not.
"""

import json
import re
import socket
from dataclasses import dataclass

import h11
import pytest
from conftest import configuration, deployment
from http_cases import Case, all_cases
from sidecar import Sidecar

REFUSED = "refused"


@dataclass(frozen=True)
class Verdict:
    #: What was understood of each request before the end: what its body is, or its method and path.
    heard: tuple[str, ...]
    #: Whether the connection ended because of something that is not acceptable.
    refused: bool
    why: str = ""

    @property
    def same(self) -> tuple[tuple[str, ...], bool]:
        return self.heard, self.refused


def by_h11(data: bytes) -> Verdict:
    connection = h11.Connection(h11.SERVER, max_incomplete_event_size=65536)
    heard: list[str] = []
    asked, body = None, b""
    try:
        connection.receive_data(data)
        connection.receive_data(b"")
        while True:
            event = connection.next_event()
            if isinstance(event, h11.Request):
                asked, body = event, b""
            elif isinstance(event, h11.Data):
                body += bytes(event.data)
            elif isinstance(event, h11.EndOfMessage):
                heard.append(summary(asked.method, asked.target, body))
                connection.send(h11.Response(status_code=200, headers=[("content-length", "0")]))
                connection.send(h11.EndOfMessage())
                if connection.our_state is h11.MUST_CLOSE:
                    return Verdict(tuple(heard), False)
                connection.start_next_cycle()
            else:
                return Verdict(tuple(heard), False)  # Closed, or more would have to come.
    except h11.RemoteProtocolError as error:
        # An end in the middle is no refusal: nothing was wrong but that more would have to come.
        cut = re.search("peer unexpectedly closed|without sending complete|incomplete", str(error))
        return Verdict(tuple(heard), not cut, str(error))


def summary(method: bytes, target: bytes, body: bytes) -> str:
    """What the sidecar's answer to such a request shows of it."""
    if method == b"POST" and target.startswith(b"/v1/chat"):
        try:
            return f"model={json.loads(body)['model']}"
        except (ValueError, TypeError, KeyError):
            return "no JSON"
    return "alive" if b"liveliness" in target else "answered"


def by_sidecar(sidecar: Sidecar, data: bytes) -> Verdict:
    with socket.create_connection(sidecar.address, timeout=30) as connection:
        connection.sendall(data)
        connection.shutdown(socket.SHUT_WR)
        received = b""
        while piece := connection.recv(65536):
            received += piece
    heard: list[str] = []
    while received:
        head, _, received = received.partition(b"\r\n\r\n")
        status = int(head.split(b" ")[1])
        if status == 100:
            continue
        length = re.search(rb"content-length: (\d+)", head)
        # An answer to HEAD has the length of a body that is not there.
        size = 0 if received.startswith(b"HTTP/1.1 ") or not length else int(length[1])
        body, received = received[:size], received[size:]
        text = body.decode()
        if b"connection: close" in head and is_refusal(status, text, data):
            return Verdict(tuple(heard), True, f"{status} {text}")
        model = re.search(r"model=([\w-]+)", text)
        if model:
            heard.append(model[0])
        else:
            heard.append("alive" if "alive" in text else
                         "no JSON" if "Invalid JSON" in text else "answered")
    return Verdict(tuple(heard), False)


def is_refusal(status: int, text: str, data: bytes) -> bool:
    """Whether HTTP is what was wrong, and not what was asked for."""
    if data.startswith(b"HEAD"):  # Whose answers have no text.
        return status in (400, 505)
    told = ("Malformed HTTP", "Not implemented here", "Only HTTP/1", "only expectation",
            "is larger than")
    return status in (400, 413, 414, 417, 431, 501, 505) and any(word in text for word in told)


#: What ours refuses and h11 takes: our answer's words, and why.
STRICTER = {
    "Invalid method encountered":
        "llhttp knows the registered methods alone, in capitals; h11 takes any token",
    "Only HTTP/1.0 and HTTP/1.1|^505 $": "h11 leaves the version to its user",
    "the target \\*": "RFC 9112 §3.2.4: for OPTIONS alone; h11 leaves targets to its user",
    "Unexpected start char in url|Invalid characters in url|Unexpected char in url schema":
        "RFC 9112 §3.2: neither a path nor a URL; h11 leaves targets to its user",
    "Invalid header value char":
        "RFC 9110 §5.5: control characters; h11 refuses NUL, CR and LF alone. So in trailers",
    "a folded header line": "RFC 9112 §5.2: a server must refuse or replace a fold; h11 joins it",
    "a line ends in LF without CR": "RFC 9112 §2.2: may be taken for a line end, which h11 does",
    "Invalid character in Content-Length|Duplicate Content-Length":
        "RFC 9110 §8.6: a list of the same length may be taken for one, which h11 does",
    "Content-Length overflow": "more than 64 bits; to Python a number like any other",
    "is larger than": "a body over its limit, which h11 does not have",
    "Chunk size overflow": "more than 64 bits; h11 takes 20 digits",
    "Invalid character in chunk size":
        "RFC 9112 §7.1: white space behind a chunk's size, which h11 lets by",
    "Invalid character in chunk extensions":
        "RFC 9112 §7.1.1: an extension has a name of token characters; h11 does not look",
    "Transfer-Encoding in HTTP/1.0":
        "RFC 9112 §6.1: the framing is faulty, which h11 decodes all the same",
    "Content-Length can't be present with Transfer":
        "RFC 9112 §6.3: ought to be handled as an error; h11 goes by the coding",
    "The only expectation": "RFC 9110 §10.1.1: 417 for what is not known; h11 passes it on",
}
#: What h11 refuses and ours takes.
LENIENT = {
    r"before b'(\\r\\n){1,2}'":
        "RFC 9112 §2.2: a server should ignore empty lines before a request; h11 does not",
}


def explanation(case: Case, theirs: Verdict, ours: Verdict) -> str | None:
    """Why the two may differ here; None when nothing says so."""
    if ours.refused and theirs.heard[: len(ours.heard)] == ours.heard:
        return next((why for words, why in STRICTER.items() if re.search(words, ours.why)), None)
    if theirs.refused and not ours.refused:
        return next((why for name, why in LENIENT.items() if re.fullmatch(name, case.name)), None)
    return None


@pytest.fixture(scope="module")
def sidecar(tmp_path_factory: pytest.TempPathFactory):
    from conftest import finish
    from sidecar import compile_table

    path = tmp_path_factory.mktemp("verdicts") / "routes.sgt"
    compile_table(configuration([deployment("chat", "http://127.0.0.1:1/v1")]), path)
    running = Sidecar(path, "--access-log", "off").wait_ready()
    yield running
    finish(running)


def test_both_parsers_agree_or_the_difference_is_known(sidecar: Sidecar) -> None:
    cases = all_cases()
    assert len(cases) >= 500
    unknown: list[str] = []
    used: set[str] = set()
    agreed = 0
    for case in cases:
        theirs, ours = by_h11(case.stream), by_sidecar(sidecar, case.stream)
        if theirs.same == ours.same:
            agreed += 1
            continue
        if known := explanation(case, theirs, ours):
            used.add(known)
        else:
            unknown.append(f"{case.name}: h11 {theirs}, ours {ours}")
    assert not unknown, f"{len(unknown)} of {len(cases)}:\n" + "\n".join(unknown)
    assert used == {*STRICTER.values(), *LENIENT.values()}, "something explains nothing"
    assert agreed > len(cases) / 2
