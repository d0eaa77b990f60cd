"""The upstream itself: the other tests rest on what is shown here."""

import time

import pytest
import transcript
from behaviours import ordinary
from failures import FAILURES, Failure
from openai import OpenAI
from upstream import Exchange, Upstream
from wire import Response, Wire, message


@pytest.fixture
def wire(upstream: Upstream):
    with Wire(("127.0.0.1", upstream.port)) as connection:
        yield connection


def test_answers_the_official_sdk(upstream: Upstream) -> None:
    client = OpenAI(base_url=upstream.base, api_key="none", max_retries=0)
    answer = client.chat.completions.create(
        model="any", messages=[{"role": "user", "content": "Hi"}])
    assert answer.choices[0].message.content == "Grüße aus Oslo 🌍"
    stream = client.chat.completions.create(
        model="any", messages=[{"role": "user", "content": "Hi"}], stream=True)
    words = [event.choices[0].delta.content or "" for event in stream]
    assert "".join(words) == "Grüße aus Oslo 🌍"


def test_keeps_the_request_as_it_came(upstream: Upstream, wire: Wire) -> None:
    body = b'{"model":"any", "odd" : 1.0}'
    sent = message("POST", "/v1/anything", body, {"X-Odd": "Value"})
    wire.send(sent)
    wire.response()
    exchange = upstream.next_request()
    assert exchange.head + b"\r\n\r\n" + exchange.body == sent


def test_reads_chunked_requests_and_says_continue(upstream: Upstream, wire: Wire) -> None:
    head = message("POST", "/v1/x", b"", {"transfer-encoding": "chunked",
                                          "expect": "100-continue"})
    wire.send(head)
    assert wire.response().status == 100
    wire.send(b'9\r\n{"model":\r\n4\r\n"a"}\r\n0\r\n\r\n')
    assert wire.response().json["model"] == "a"


def test_keeps_connections_and_takes_pipelined_requests(upstream: Upstream, wire: Wire) -> None:
    wire.send(message("GET", "/v1/models") * 3)
    assert [wire.response().status for _ in range(3)] == [200, 200, 200]
    assert [(e.connection_number, e.request_number) for e in upstream.requests] == [
        (upstream.connections, 1), (upstream.connections, 2), (upstream.connections, 3)]


def test_resets_when_told_to(upstream: Upstream, wire: Wire) -> None:
    upstream.behaviour("reset")(lambda exchange: exchange.reset())
    wire.send(message("POST", "/v1/x", b'{"model":"reset"}'))
    with pytest.raises((ConnectionResetError, EOFError)):
        wire.response()


def test_sees_when_the_client_goes_away(upstream: Upstream, wire: Wire) -> None:
    @upstream.behaviour("wait")
    def _(exchange: Exchange) -> None:
        exchange.start_stream()
        assert exchange.wait_closed(5)

    wire.send(message("POST", "/v1/x", b'{"model":"wait"}'))
    wire.read_head()
    left = time.monotonic()
    wire.close()
    exchange = upstream.next_request()
    assert exchange.finished.wait(5)
    assert exchange.closed_at and 0 <= exchange.closed_at - left < 0.5


def test_reads_the_model_of_a_multipart_form(upstream: Upstream, wire: Wire) -> None:
    part = b"--x\r\nContent-Disposition: form-data; name="
    body = (part + b'"model"\r\n\r\nwhisper\r\n'
            + part + b'"file"; filename="a"\r\n\r\n\x00\r\n--x--')
    wire.send(message("POST", "/v1/audio/transcriptions", body,
                      {"content-type": "multipart/form-data; boundary=x"}))
    wire.response()
    assert upstream.next_request().model == "whisper"


@pytest.mark.parametrize("name", transcript.names())
def test_replays_transcripts_byte_by_byte(upstream: Upstream, wire: Wire, name: str) -> None:
    recorded = transcript.load(name)
    upstream.fallback, ordinary = recorded.replay, upstream.fallback
    try:
        wire.send(message(recorded.method, recorded.path, recorded.request))
        response = wire.response()
    finally:
        upstream.fallback = ordinary
    assert (response.status, response.body) == (recorded.status, recorded.body)


@pytest.mark.parametrize("stream", ["false", "true"])
@pytest.mark.parametrize("failure", [f for f in FAILURES if not f.refuses], ids=str)
def test_fails_as_it_says(upstream: Upstream, failure: Failure, stream: str) -> None:
    upstream.behaviour("fails")(failure.act)
    body = b'{"model":"fails","stream":%s}' % stream.encode()
    with Wire(("127.0.0.1", upstream.port), timeout=0.4) as wire:
        wire.send(message("POST", "/v1/chat/completions", body))
        if failure.body is not None:
            response = wire.response()
            assert (response.status, response.body) == (failure.status, failure.body)
            assert response.header("connection") == "close"
        elif failure.seconds:
            with pytest.raises(TimeoutError):
                wire.response()
        else:
            assert not is_good(wire)
    exchange = upstream.next_request()
    assert exchange.finished.wait(2), "it does not notice that the client has gone"


def is_good(wire: Wire) -> bool:
    try:
        response: Response = wire.response()
        return response.status != 200 or "choices" in response.json
    except (ConnectionError, EOFError, ValueError):
        return False


def test_refuses_until_it_listens() -> None:
    upstream = Upstream(ordinary, refuses=True)
    with pytest.raises(ConnectionRefusedError):
        Wire(("127.0.0.1", upstream.port))
    upstream.listen()
    with Wire(("127.0.0.1", upstream.port)) as wire:
        assert wire.request("GET", "/v1/models").status == 200
    upstream.stop()
