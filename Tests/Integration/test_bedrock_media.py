"""Images and files that messages name by URL, on their way to Bedrock."""

import base64
import json
import ssl
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from bedrock import Bedrock, fails
from bedrock_models import BY_REFERENCE, HAIKU, model, references
from conftest import configuration
from sidecar import Sidecar
from upstream import Exchange, Upstream
from wire import Response, Wire

PNG = b"\x89PNG\r\n\x1a\n" + bytes(40)
PDF = b"%PDF-1.4 small"
SECRET = "X-Amz-Signature=0123456789abcdef"


class Files:
    """A server of images and of what is none."""

    def __init__(self) -> None:
        self.server = Upstream(self._answer)
        self.asked: list[Exchange] = []
        self.answers: dict[str, Callable[[Exchange], None]] = {
            "/a.png": lambda it: it.answer(PNG, headers=[("content-type", "image/png")]),
            "/b": lambda it: it.answer(PNG, headers=[("content-type", "text/plain")]),
            "/c.pdf": lambda it: it.answer(PDF, headers=[("content-type", "application/pdf")]),
            "/page": lambda it: it.answer(b"<p>", headers=[("content-type", "image/png")]),
            "/gone": lambda it: it.answer(b"", status=404),
            "/moved": lambda it: it.answer(
                b"", status=302, headers=[("location", "http://169.254.169.254/latest/")]),
            "/heavy": lambda it: it.answer(PNG + bytes(3_932_160)),
            "/large": lambda it: it.answer(PNG + bytes(4_718_592)),
            "/endless": self._endless,
            "/cut": self._cut,
        }

    @staticmethod
    def _endless(it: Exchange) -> None:
        it.start(200, [("transfer-encoding", "chunked")])
        try:
            for _ in range(200):
                it.send(b"10000\r\n" + PNG[:8] + bytes(65_528) + b"\r\n")
        except OSError:
            pass

    @staticmethod
    def _cut(it: Exchange) -> None:
        it.start(200, [("content-length", "100")])
        it.send(PNG)
        it.hang_up()

    def _answer(self, exchange: Exchange) -> None:
        self.asked.append(exchange)
        self.answers[exchange.path](exchange)

    @property
    def base(self) -> str:
        return f"http://{self.server.host}:{self.server.port}"


@pytest.fixture
def files() -> Iterator[Files]:
    files = Files()
    yield files
    files.server.stop()


@pytest.fixture
def begin(start, bedrock: Bedrock, files: Files) -> Callable[..., Sidecar]:
    def make(hosts: list[str] | None = None, **sections: object) -> Sidecar:
        source = configuration(
            [model("claude", HAIKU, bedrock.base, **BY_REFERENCE)],
            router_settings={"num_retries": 0},
            sidegate={"media_hosts": [files.base] if hosts is None else hosts}, **sections)
        return start(source, environment=references(bedrock.keys.issue()))

    return make


def ask(sidecar: Sidecar, *parts: dict) -> Response:
    content = [{"type": "text", "text": "What is this?"}, *parts]
    return sidecar.request("POST", "/v1/chat/completions", {
        "model": "claude", "messages": [{"role": "user", "content": content}]})


def image(url: str) -> dict:
    return {"type": "image_url", "image_url": {"url": url}}


def refusal(response: Response) -> str:
    assert response.status == 400, response.body
    error = json.loads(response.body)["error"]
    assert error["type"] == "invalid_request_error" and error["param"] == "messages"
    return error["message"]


def test_what_a_listed_host_has_is_sent(begin, bedrock: Bedrock, files: Files) -> None:
    sidecar = begin()
    response = ask(
        sidecar, image(files.base + "/a.png?" + SECRET), image(files.base + "/b"),
        {"type": "file", "file": {"file_data": files.base + "/c.pdf", "filename": "c.pdf"}},
        {"type": "file", "file": {"file_id": files.base + "/c.pdf"}},
        image(files.base + "/b"))
    assert response.status == 200, response.body
    blocks = bedrock.calls[-1].body["messages"][0]["content"]
    png = {"format": "png", "source": {"bytes": base64.b64encode(PNG).decode()}}
    assert [block for block in blocks if "image" in block] == [{"image": png}] * 3
    documents = [block["document"] for block in blocks if "document" in block]
    assert [document["format"] for document in documents] == ["pdf", "pdf"]
    assert documents[0]["source"] == {"bytes": base64.b64encode(PDF).decode()}
    assert [exchange.target for exchange in files.asked] == ["/a.png?" + SECRET, "/b", "/c.pdf"]
    for exchange in files.asked:
        assert exchange.header("authorization") is None and exchange.header("cookie") is None


@pytest.mark.parametrize(("path", "reason"), [
    ("/page", "neither an image nor a document"), ("/gone", "answered 404"),
    ("/moved", "redirects are not followed"), ("/large", "more than 4718592 bytes"),
    ("/heavy", "an image of more than 3932160 bytes"), ("/endless", "more than 4718592 bytes"), ("/cut", "the connection broke"),
])
def test_what_cannot_be_had(
    begin, bedrock: Bedrock, files: Files, path: str, reason: str
) -> None:
    sidecar = begin()
    text = refusal(ask(sidecar, image(f"{files.base}{path}?{SECRET}")))
    assert reason in text and SECRET not in text + sidecar.log() and path not in text
    assert bedrock.calls == [], "nothing was sent"


@pytest.mark.parametrize("url", [
    "https://elsewhere.example/a.png", "http://127.0.0.1:1/a.png", "http://2130706433/a.png",
    "http://[::ffff:127.0.0.1]/a.png", "http://127.1/a.png", "http://localhost/a.png",
    "http://169.254.169.254/latest/meta-data/",
])
def test_hosts_that_are_not_listed(begin, bedrock: Bedrock, url: str) -> None:
    assert "is not among the hosts that may be asked" in refusal(ask(begin(), image(url)))
    assert bedrock.calls == []


def test_one_image_cannot_be_multiplied(begin, bedrock: Bedrock, files: Files) -> None:
    """A small body that named one image often enough was a request larger than the memory."""
    sidecar = begin()
    again = [image(files.base + "/a.png")] * 26
    assert "26 are more than 25" in refusal(ask(sidecar, *again))
    assert (files.asked, bedrock.calls) == ([], [])
    many = [image(f"{files.base}/{number}") for number in range(10_000)]
    assert "10000 are more than 25" in refusal(ask(sidecar, *many))


def test_a_url_with_a_user_is_none(begin, files: Files) -> None:
    url = files.base.replace("http://", "http://user:word@") + "/a.png"
    assert "is none" in refusal(ask(begin(), image(url)))
    assert files.asked == []


def test_a_listed_name_does_not_lead_to_this_machine(begin, bedrock: Bedrock, files: Files) -> None:
    """`ip6-localhost` is of the hosts file; a name that an attacker owns can resolve so, too."""
    port = files.server.port
    sidecar = begin([f"http://ip6-localhost:{port}", f"http://localhost:{port}"])
    answer = ask(sidecar, image(f"http://ip6-localhost:{port}/a.png"))
    text = refusal(answer)
    assert "leads to a private address" in text or "has no address" in text
    assert ask(sidecar, image(f"http://localhost:{port}/a.png")).status == 200
    assert len(files.asked) == 1


@pytest.mark.parametrize("key", ["media_hosts", "private_media_hosts"])
def test_metadata_services_are_never_asked(start, bedrock: Bedrock, key: str) -> None:
    hosts = ["http://169.254.169.254", "http://[fd00:ec2::254]", "http://[::ffff:169.254.169.254]"]
    source = configuration([model("claude", HAIKU, bedrock.base, **BY_REFERENCE)],
                           sidegate={key: hosts})
    sidecar = start(source, environment=references(bedrock.keys.issue()))
    for host in hosts:
        text = refusal(ask(sidecar, image(host + "/latest/meta-data/")))
        assert "leads to a private address" in text, text
    assert bedrock.calls == []


def test_a_private_host_may_be_listed_as_one(start, bedrock: Bedrock, files: Files) -> None:
    source = configuration([model("claude", HAIKU, bedrock.base, **BY_REFERENCE)],
                           sidegate={"private_media_hosts": [files.base]})
    sidecar = start(source, environment=references(bedrock.keys.issue()))
    assert ask(sidecar, image(files.base + "/a.png")).status == 200


def test_a_redirect_is_not_followed(begin, files: Files) -> None:
    files.answers["/there"] = lambda it: it.answer(
        b"", status=301, headers=[("location", files.base + "/a.png")])
    assert "answered 301" in refusal(ask(begin(), image(files.base + "/there")))
    assert [exchange.path for exchange in files.asked] == ["/there"]


def test_limits_of_the_table(start, bedrock: Bedrock, files: Files) -> None:
    files.answers["/slow"] = lambda it: it.wait_closed(10)
    source = configuration(
        [model("claude", HAIKU, bedrock.base, **BY_REFERENCE)],
        sidegate={"media_hosts": [files.base],
                  "limits": {"media_bytes": len(PNG) - 1, "media_timeout_ms": 300}})
    sidecar = start(source, environment=references(bedrock.keys.issue()))
    assert "more than 47 bytes" in refusal(ask(sidecar, image(files.base + "/a.png")))
    assert ask(sidecar, {"type": "file", "file": {"file_data": files.base + "/c.pdf"}}).status == 200
    assert "no answer in time" in refusal(ask(sidecar, image(files.base + "/slow")))


@pytest.fixture
def secure_files(tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """A server with TLS, and the certificate that it is to be trusted by."""
    certificate, key = tmp_path / "certificate.pem", tmp_path / "key.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
         "-nodes", "-days", "2", "-subj", "/CN=localhost", "-addext",
         "subjectAltName=DNS:localhost", "-keyout", key, "-out", certificate],
        check=True, capture_output=True)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("content-length", str(len(PNG)))
            self.end_headers()
            self.wfile.write(PNG)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"localhost:{server.server_port}", certificate
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.mark.parametrize("trusted", [True, False])
def test_https(
    start, bedrock: Bedrock, secure_files: tuple[str, Path], trusted: bool
) -> None:
    host, certificate = secure_files
    source = configuration([model("claude", HAIKU, bedrock.base, **BY_REFERENCE)],
                           sidegate={"media_hosts": [host]})
    environment = references(bedrock.keys.issue())
    if trusted:
        environment["SSL_CERT_FILE"] = str(certificate)
    response = ask(start(source, environment=environment), image(f"https://{host}/a.png"))
    if trusted:
        assert response.status == 200, response.body
        png = base64.b64encode(PNG).decode()
        assert {"image": {"format": "png", "source": {"bytes": png}}} in (
            bedrock.calls[-1].body["messages"][0]["content"])
    else:
        assert "certificate" in refusal(response)


def test_nothing_is_fetched_unless_the_table_allows_it(
    begin, bedrock: Bedrock, files: Files
) -> None:
    response = ask(begin([]), image(files.base + "/a.png"))
    assert response.status == 400 and b"data URL" in response.body
    assert files.asked == [] and bedrock.calls == []


def test_too_many(begin, files: Files) -> None:
    text = refusal(ask(begin(), *(image(f"{files.base}/{n}.png") for n in range(26))))
    assert "26 are more than 25" in text and files.asked == []


def test_a_retry_does_not_fetch_again(start, bedrock: Bedrock, files: Files) -> None:
    source = configuration(
        [model("claude", HAIKU, bedrock.base, **BY_REFERENCE)],
        router_settings={"num_retries": 2, "retry_after": 0},
        sidegate={"media_hosts": [files.base]})
    sidecar = start(source, environment=references(bedrock.keys.issue()))
    bedrock.behaviour(HAIKU)(fails("ThrottlingException", times=1))
    assert ask(sidecar, image(files.base + "/a.png")).status == 200
    assert len(files.asked) == 1


def test_a_client_that_leaves_ends_the_fetch(begin, files: Files) -> None:
    def slow(exchange: Exchange) -> None:
        exchange.start(200, [("content-length", "1000000")])
        exchange.send(PNG)
        exchange.wait_closed(10)

    files.answers["/slow"] = slow
    sidecar = begin()
    connection = Wire(sidecar.address)
    body = json.dumps({"model": "claude", "messages": [
        {"role": "user", "content": [image(files.base + "/slow")]}]}).encode()
    connection.send(b"POST /v1/chat/completions HTTP/1.1\r\nhost: a\r\ncontent-length: "
                    + str(len(body)).encode() + b"\r\n\r\n" + body)
    end = time.monotonic() + 10
    while not files.asked and time.monotonic() < end:
        time.sleep(0.02)
    connection.close()
    assert files.asked[0].finished.wait(10)
    assert files.asked[0].closed_at is not None
