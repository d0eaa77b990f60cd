"""Requests by the hundred, good and bad, made from parts: what two parsers must agree about."""

import itertools
from dataclasses import dataclass

#: What follows each case on its connection: its answer shows where the case was thought to end.
CANARY = b"GET /health/liveliness HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n"
PATH = b"/v1/chat/completions"


@dataclass(frozen=True)
class Case:
    name: str
    data: bytes

    @property
    def stream(self) -> bytes:
        return self.data + CANARY


def request(line: bytes, fields: list[bytes], body: bytes = b"", end: bytes = b"\r\n") -> bytes:
    return end.join([line, *fields]) + end + end + body


def body(token: str) -> bytes:
    """A body whose token the sidecar says in its answer: no model has such a name."""
    return b'{"model":"%s"}' % token.encode()


def post(token: str, *fields: bytes, sent: bytes | None = None, line: bytes | None = None,
         framing: bytes | None = None) -> bytes:
    data = body(token)
    length = b"content-length: %d" % len(data) if framing is None else framing
    first = line or b"POST " + PATH + b" HTTP/1.1"
    every = [b"host: x", *fields] + ([length] if length else [])
    return request(first, every, data if sent is None else sent)


def request_lines() -> list[Case]:
    methods = [b"GET", b"POST", b"HEAD", b"get", b"G@T", b"", b"BREW", b"PROPFIND", b"PURGE",
               b"M-SEARCH", b"GET\x00", b"G\xc3\xa9T"]
    targets = [b"/v1/models", b"/v1/models?a=b", b"//v1/models", b"/v1/%00", b"/v1/\xc3\xa9",
               b"/v1/\x01", b"/v1/\x7f", b"/v1/#f", b"/a b", b"a", b"", b"*", b"?a",
               b"http://x/v1/models", b"http://x", b"http:/x", b"/v1/\"<>", b"/v1/\\"]
    versions = [b"HTTP/1.1", b"HTTP/1.0", b"HTTP/1.2", b"HTTP/2.0", b"HTTP/0.9", b"HTTP/11",
                b"HTTP/1.1 ", b"HTTP/1.", b"http/1.1", b"HTTPS/1.1", b"", b"HTTP/1.1\t"]
    lines = {b" ".join((b"GET", target, version))
             for target, version in itertools.product(targets, versions)}
    lines |= {b" ".join((method, b"/v1/models", version))
              for method, version in itertools.product(methods, versions[:4])}
    lines |= {b" GET /v1/models HTTP/1.1", b"GET  /v1/models HTTP/1.1", b"GET\t/v1/models HTTP/1.1",
              b"GET /v1/models  HTTP/1.1", b"GET /v1/models HTTP/1.1 x", b"GET /v1/models"}
    return [Case(f"line {line!r}", request(line, [b"host: x"])) for line in sorted(lines)]


def header_fields() -> list[Case]:
    names = [b"x-a", b"X_A", b"x.a", b"x a", b"x-a ", b"", b"x[a]", b"x\xc3\xa9", b"x\x00",
             b"x\x01", b"\tx", b" x", b"x(", b"1", b"!#$%&'*+-.^_`|~"]
    values = [b"1", b"", b" 1 ", b"\t1\t", b"a\x00b", b"a\x01b", b"a\x7fb", b"a\tb", b"a\xffb",
              b"a\rb", b"a\r\n b", b"a\r\n\tb", b"a\nb", b"a\x0bb", b"\xc3\xa9", b"a\x1fb"]
    cases = [Case(f"field {name + b':' + value!r}", request(
        b"GET /v1/models HTTP/1.1", [b"host: x", name + b":" + value, b"x-last: 1"]))
        for name, value in itertools.product(names, values)]
    hosts = [[], [b"host: x", b"host: x"], [b"host: x", b"Host: y"], [b"host:"], [b"host: a b"],
             [b"x: y", b"HOST: x"], [b"host: x:80"]]
    for version in (b"HTTP/1.1", b"HTTP/1.0"):
        cases += [Case(f"hosts {fields} {version}", request(b"GET /v1/models " + version, fields))
                  for fields in hosts]
    for end in (b"\n", b"\r", b"\r\r\n", b"\n\r", b"\r\n "):
        cases.append(Case(f"line ends {end!r}",
                          request(b"GET /v1/models HTTP/1.1", [b"host: x", b"a: b"], end=end)))
    for before in (b"\r\n", b"\r\n\r\n", b"\n", b" ", b"\x00", b"\r\n" * 9):
        cases.append(Case(f"before {before!r}",
                          before + request(b"GET /v1/models HTTP/1.1", [b"host: x"])))
    connections = [b"keep-alive", b"close", b"Close", b"close, x", b"x, close",
                   b"keep-alive, close", b"upgrade", b""]
    for version, value in itertools.product((b"HTTP/1.1", b"HTTP/1.0"), connections):
        cases.append(Case(f"connection {value!r} {version!r}", request(
            b"GET /v1/models " + version, [b"host: x", b"connection: " + value])))
    return cases


def lengths() -> list[Case]:
    size = len(body("len-000"))
    values = [b"%d", b"0%d", b"+%d", b"-%d", b" %d ", b"%d,%d", b"%d, %d", b"%d %d", b"0x%d",
              b"%d.0", b"%de0", b"", b"a", b"%d;a", b"'%d'", b"\t%d", b"%d\x00", b"1_%d",
              b"\xef\xbc\x91"]
    cases = []
    for number, value in enumerate(values):
        text = value.replace(b"%d", b"%d" % size)
        cases.append(Case(f"length {value!r}",
                          post(f"len-{number:03}", framing=b"content-length:" + text)))
    for other in (size, size - 1, size + 1, 0):
        for name in (b"Content-Length", b"content-length"):
            cases.append(Case(f"lengths {size} and {other} {name!r}", post(
                "len-two", name + b": %d" % other, framing=b"content-length: %d" % size)))
    for wrong in (size - 1, size - 5, 0, 1 << 40, 1 << 63, 1 << 64, 10**19, 10**30):
        cases.append(Case(f"length {wrong} of {size}", post(
            "len-off", framing=b"content-length: %d" % wrong)))
    cases.append(Case("no length", post("len-non", framing=b"")))
    return cases


def chunks() -> list[Case]:
    data = body("chunked")
    coded = b"transfer-encoding: chunked"
    good = b"%x\r\n%s\r\n0\r\n\r\n" % (len(data), data)
    half = [data[:4], data[4:]]
    two = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in half)
    size = b"%x" % len(data)
    bodies = {
        "one": good, "two": two + b"0\r\n\r\n", "each byte":
        b"".join(b"1\r\n%c\r\n" % byte for byte in data) + b"0\r\n\r\n",
        "leading zeros": b"000" + good, "upper case": good.replace(size, size.upper(), 1),
        "extension": good.replace(b"\r\n", b";a=b\r\n", 1),
        "quoted extension": good.replace(b"\r\n", b';a="b;c"\r\n', 1),
        "extension without name": good.replace(b"\r\n", b";\r\n", 1),
        "space before extension": good.replace(b"\r\n", b" ;a\r\n", 1),
        "space behind size": good.replace(b"\r\n", b" \r\n", 1),
        "tab behind size": good.replace(b"\r\n", b"\t\r\n", 1),
        "space before size": b" " + good, "sign": b"+" + good, "minus": b"-" + good,
        "hexadecimal mark": b"0x" + good, "no size": b"\r\n" + good, "letters": b"zz\r\n" + good,
        "size too small": b"%x\r\n%s\r\n0\r\n\r\n" % (len(data) - 1, data),
        "size too large": b"%x\r\n%s\r\n0\r\n\r\n" % (len(data) + 1, data),
        "bare LF": good.replace(b"\r\n", b"\n"),
        "bare LF behind size": good.replace(b"\r\n", b"\n", 1),
        "bare CR behind size": good.replace(b"\r\n", b"\r", 1),
        "no line end behind data": b"%s\r\n%s0\r\n\r\n" % (size, data),
        "huge size": b"f" * 16 + b"\r\n", "huger size": b"f" * 17 + b"\r\n",
        "hugest size": b"1" + b"0" * 40 + b"\r\n",
        "trailer": good[:-2] + b"x-t: 1\r\n\r\n",
        "folded trailer": good[:-2] + b"x-t: 1\r\n 2\r\n\r\n",
        "trailer that frames": good[:-2] + b"content-length: 3\r\n\r\n",
        "trailer without colon": good[:-2] + b"xt\r\n\r\n",
        "bare LF in trailer": good[:-2] + b"x-t: 1\n\n", "no end": good[:-5], "half end": good[:-2],
        "NUL in extension": good.replace(b"\r\n", b";a\x00b\r\n", 1),
    }
    cases = [Case(f"chunks: {name}", post("chunked", framing=coded, sent=sent))
             for name, sent in bodies.items()]
    codings = [b"Chunked", b"CHUNKED", b"chunked ", b"\tchunked", b"xchunked", b"chunkedx", b"gzip",
               b"gzip, chunked", b"chunked, gzip", b"chunked, chunked", b"chunked,", b",chunked",
               b"identity", b"identity, chunked", b"", b"chunked;a=b", b'"chunked"', b"chun\x00ked",
               b"\x0bchunked"]
    versions = (b"HTTP/1.1", b"HTTP/1.0")
    for coding, version in itertools.product(codings + [b"chunked"], versions):
        cases.append(Case(f"coding {coding!r} {version!r}", post(
            "chunked", framing=b"transfer-encoding:" + coding, sent=good,
            line=b"POST " + PATH + b" " + version)))
    twice = [[coded, coded], [coded, b"transfer-encoding: identity"],
             [b"transfer-encoding: identity", coded], [b"Transfer-Encoding : chunked"],
             [b"transfer-encoding\n: chunked"]]
    for fields in twice:
        cases.append(Case(f"codings {fields}", post("chunked", *fields, framing=b"", sent=good)))
    for length, version in itertools.product((0, 5, len(good)), versions):
        for order in (False, True):
            fields = [coded, b"content-length: %d" % length]
            cases.append(Case(f"coding and length {length} {order} {version!r}", post(
                "chunked", *(fields[::-1] if order else fields), framing=b"", sent=good,
                line=b"POST " + PATH + b" " + version)))
    for expectation in (b"100-continue", b"100-Continue", b"200-ok", b""):
        cases.append(Case(f"expect {expectation!r}", post("expects", b"expect: " + expectation)))
    return cases


def all_cases() -> list[Case]:
    cases = [*request_lines(), *header_fields(), *lengths(), *chunks()]
    assert len({case.data for case in cases}) > 500
    return cases
