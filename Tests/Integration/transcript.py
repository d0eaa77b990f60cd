"""Exchanges recorded at a real vLLM server, for replay byte by byte."""

import re
from dataclasses import dataclass
from pathlib import Path

from upstream import Exchange

FOLDER = Path(__file__).parent / "transcripts"


@dataclass
class Transcript:
    method: str
    path: str
    request: bytes
    response: bytes

    @property
    def status(self) -> int:
        return int(self.response.split(b" ", 2)[1])

    @property
    def body(self) -> bytes:
        """The response's body with the chunked coding taken off."""
        head, _, rest = self.response.partition(b"\r\n\r\n")
        if b"transfer-encoding: chunked" not in head.lower():
            return rest
        body = b""
        while True:
            line, _, rest = rest.partition(b"\r\n")
            size = int(line, 16)
            if size == 0:
                return body
            body, rest = body + rest[:size], rest[size + 2 :]

    def replay(self, exchange: Exchange) -> None:
        exchange.send(self.response)


def load(name: str) -> Transcript:
    """One of the files in `transcripts`, without its suffix."""
    data = (FOLDER / f"{name}.txt").read_bytes()
    asked, _, response = data.partition(b"\n### RESPONSE (curl -i --raw)\n")
    line, _, request = asked.partition(b"\n")
    match = re.match(rb"### REQUEST: (\w+) https?://[^/ ]+(\S+)", line)
    assert match and response, f"{name} is no transcript"
    return Transcript(match[1].decode(), match[2].decode(), request.rstrip(b"\n"), response)


def names() -> list[str]:
    return sorted(path.stem for path in FOLDER.glob("*.txt"))
