"""Start, check, probe, drain: the sidecar as a process."""

import re
import signal
import subprocess
import threading
import time

import pytest
from behaviours import delta
from conftest import configuration, deployment
from sidecar import SIDEGATE, Sidecar, clean_environment, free_port
from upstream import Exchange, Upstream
from wire import Wire, message

CHAT = "/v1/chat/completions"
HI = {"model": "chat", "messages": [{"role": "user", "content": "Hi"}]}
STREAM = b'{"model":"chat","stream":true,"messages":[{"role":"user","content":"Hi"}]}'


@pytest.fixture
def sidegate():
    """Runs the binary to its end."""

    def run(*arguments: str, environment: dict[str, str] | None = None):
        return subprocess.run([SIDEGATE, *map(str, arguments)], capture_output=True, text=True,
                              timeout=20, env=clean_environment(environment))

    return run


def test_version(sidegate) -> None:
    result = sidegate("--version")
    assert result.returncode == 0
    assert re.match(r"sidegate \d+\.\d+", result.stdout)


@pytest.mark.parametrize("arguments", [
    ["--nonsense"], ["--table"], [], ["--table", "x", "--listen", "nowhere"],
    ["--table", "x", "--workers", "0"], ["--table", "x", "--workers", "many"],
    ["--table", "x", "--grace", "-1"], ["--table", "x", "--log-level", "loud"],
    ["--table", "x", "surplus"]])
def test_a_wrong_command_line_is_told(sidegate, arguments: list[str]) -> None:
    result = sidegate(*arguments)
    assert result.returncode == 2
    assert result.stderr and not result.stdout


def test_a_table_that_is_not_there(sidegate, tmp_path) -> None:
    result = sidegate("--table", tmp_path / "none.sgt")
    assert result.returncode not in (0, -11, -6)
    assert "none.sgt" in result.stderr


def test_test_says_that_all_is_well(sidegate, table, upstream: Upstream) -> None:
    path = table(configuration([deployment("chat", upstream.base)]))
    result = sidegate("--table", path, "--listen", f"127.0.0.1:{free_port()}", "--test")
    assert result.returncode == 0, result.stderr


def test_test_says_what_is_wrong(sidegate, table, upstream: Upstream, tmp_path) -> None:
    path = table(configuration([deployment("chat", upstream.base)]))
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 0x40
    (tmp_path / "bad.sgt").write_bytes(data)
    result = sidegate("--table", tmp_path / "bad.sgt", "--test")
    assert result.returncode not in (0, -11, -6)
    assert "bad.sgt" in result.stderr

    entry = deployment("chat", upstream.base, api_key="os.environ/MISSING_ONE")
    result = sidegate("--table", table(configuration([entry])), "--test")
    assert "MISSING_ONE" in result.stderr + result.stdout


def test_every_flag_is_a_variable_too(start, upstream: Upstream, table) -> None:
    port, admin = free_port(), free_port()
    path = table(configuration([deployment("chat", upstream.base)]))
    process = subprocess.Popen([SIDEGATE], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                               env=clean_environment({
                                   "SIDEGATE_TABLE": str(path),
                                   "SIDEGATE_LISTEN": f"127.0.0.1:{port},127.0.0.1:{free_port()}",
                                   "SIDEGATE_ADMIN_LISTEN": f"127.0.0.1:{admin}",
                                   "SIDEGATE_GRACE": "1", "SIDEGATE_LOG_LEVEL": "warning",
                                   "SIDEGATE_WORKERS": "2"}))
    try:
        end = time.monotonic() + 5
        status = 0
        while time.monotonic() < end and status != 200:
            try:
                with Wire(("127.0.0.1", admin)) as wire:
                    status = wire.request("GET", "/health/readiness").status
                with Wire(("127.0.0.1", port)) as wire:
                    assert wire.request("GET", "/v1/models").status == 200
            except OSError:
                time.sleep(0.02)
        assert status == 200
    finally:
        process.terminate()
        assert process.wait(10) == 0
        process.stderr.close()


def test_several_workers_share_the_port(start, upstream: Upstream) -> None:
    sidecar = start(configuration([deployment("chat", upstream.base)]), "--workers", "2")
    assert {sidecar.request("POST", CHAT, HI).status for _ in range(40)} == {200}
    total = sidecar.metrics().total("litellm_proxy_total_requests_metric_total",
                                    requested_model="chat", status_code="200")
    assert total == 40, "metrics are of all workers, whichever answers"


def test_probe_asks_the_running_sidecar(start, sidegate, table, upstream: Upstream) -> None:
    source = configuration([deployment("chat", upstream.base)])
    sidecar = start(source, admin=True)
    path = table(source)
    for flags in (["--listen", f"127.0.0.1:{sidecar.port}"],
                  ["--admin-listen", f"127.0.0.1:{sidecar.admin_port}"]):
        assert sidegate("--table", path, *flags, "--probe").returncode == 0
    nobody = f"127.0.0.1:{free_port()}"
    assert sidegate("--table", path, "--listen", nobody, "--probe").returncode == 1


def test_a_port_in_use_is_told(sidegate, start, table, upstream: Upstream) -> None:
    source = configuration([deployment("chat", upstream.base)])
    sidecar = start(source)
    result = sidegate("--table", table(source), "--listen", f"127.0.0.1:{sidecar.port}")
    assert result.returncode not in (0, -11, -6)
    assert str(sidecar.port) in result.stderr


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_an_idle_sidecar_ends_at_once(start, upstream: Upstream, number: int) -> None:
    sidecar = start(configuration([deployment("chat", upstream.base)]))
    with Wire(sidecar.address) as wire:
        wire.request("GET", "/health/liveliness")  # An idle connection must not hold it up.
        began = time.monotonic()
        sidecar.signal(number)
        assert sidecar.process.wait(5) == 0
        assert time.monotonic() - began < 2


def slow_stream(upstream: Upstream, seconds: float) -> threading.Event:
    begun = threading.Event()

    @upstream.behaviour("up-chat")
    def _(exchange: Exchange) -> None:
        exchange.start_stream()
        exchange.event(delta(exchange, {"content": "first"}))
        begun.set()
        if exchange.wait_closed(seconds):
            return
        exchange.event(delta(exchange, {"content": "last"}))
        exchange.end_stream()

    return begun


def test_an_open_stream_is_finished_before_the_end(start, upstream: Upstream) -> None:
    begun = slow_stream(upstream, 1.0)
    sidecar: Sidecar = start(configuration([deployment("chat", upstream.base)]), "--grace", "10",
                             admin=True)
    with Wire(sidecar.address) as wire:
        wire.send(message("POST", CHAT, STREAM))
        wire.read_head()
        assert begun.wait(5)
        sidecar.signal(signal.SIGTERM)
        time.sleep(0.2)
        assert sidecar.admin("/health/readiness").status == 503
        assert sidecar.admin("/health/liveliness").status == 200
        body = b""
        while piece := wire.read_chunk():
            body += piece
    assert b"last" in body and body.endswith(b"data: [DONE]\n\n")
    assert sidecar.process.wait(5) == 0


def test_a_stream_longer_than_the_grace_period_is_cut_with_an_error(
    start, upstream: Upstream
) -> None:
    begun = slow_stream(upstream, 20)
    sidecar = start(configuration([deployment("chat", upstream.base)]), "--grace", "1")
    with Wire(sidecar.address) as wire:
        wire.send(message("POST", CHAT, STREAM))
        wire.read_head()
        assert begun.wait(5)
        began = time.monotonic()
        sidecar.signal(signal.SIGTERM)
        body = b""
        try:
            while piece := wire.read_chunk():
                body += piece
        except (EOFError, ConnectionError):
            pass
        assert 0.8 < time.monotonic() - began < 4
    assert b"[DONE]" not in body
    assert sidecar.process.wait(5) == 0
    assert upstream.next_request().finished.wait(2)


def test_a_draining_sidecar_takes_no_new_request(start, upstream: Upstream) -> None:
    begun = slow_stream(upstream, 1.0)
    sidecar = start(configuration([deployment("chat", upstream.base)]), "--grace", "10")
    with Wire(sidecar.address) as idle, Wire(sidecar.address) as wire:
        idle.request("GET", "/health/liveliness")
        wire.send(message("POST", CHAT, STREAM))
        wire.read_head()
        assert begun.wait(5)
        sidecar.signal(signal.SIGTERM)
        assert idle.at_end(2), "an idle connection is closed"
        with pytest.raises((OSError, EOFError)), Wire(sidecar.address) as late:
            late.request("GET", "/health/liveliness")
