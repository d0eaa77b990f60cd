"""Frames of application/vnd.amazon.eventstream, as Bedrock sends them.

An encoder of the tests' own: neither botocore nor the sidecar has one to borrow a mistake from.
"""

import struct
from collections.abc import Mapping
from zlib import crc32

#: What a header's value may be; bytes are type 6, text is type 7.
Value = bool | int | bytes | str


def header(name: str, value: Value) -> bytes:
    encoded = name.encode()
    start = struct.pack(">B", len(encoded)) + encoded
    if isinstance(value, bool):
        return start + (b"\x00" if value else b"\x01")
    if isinstance(value, int):
        return start + b"\x05" + struct.pack(">q", value)
    kind, data = (b"\x06", value) if isinstance(value, bytes) else (b"\x07", value.encode())
    return start + kind + struct.pack(">H", len(data)) + data


def frame(headers: Mapping[str, Value], payload: bytes = b"") -> bytes:
    """One message: prelude, its checksum, headers, payload, the checksum of all that."""
    block = b"".join(header(name, value) for name, value in headers.items())
    prelude = struct.pack(">II", 16 + len(block) + len(payload), len(block))
    message = prelude + struct.pack(">I", crc32(prelude)) + block + payload
    return message + struct.pack(">I", crc32(message))


def event(kind: str, payload: bytes) -> bytes:
    return frame({":event-type": kind, ":content-type": "application/json",
                  ":message-type": "event"}, payload)


def exception(kind: str, payload: bytes) -> bytes:
    """A failure that the service's model knows, such as `throttlingException`."""
    return frame({":exception-type": kind, ":content-type": "application/json",
                  ":message-type": "exception"}, payload)


def error(code: str, message: str) -> bytes:
    """A failure below the service: no payload, all in the headers."""
    return frame({":error-code": code, ":error-message": message, ":message-type": "error"})
