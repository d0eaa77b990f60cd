"""A new table, a rotated credential, and what a missing one does."""

import os
import signal
import threading
import time
from pathlib import Path

import pytest
from behaviours import delta
from conftest import MASTER_KEY, configuration, deployment
from sidecar import Sidecar, compile_table
from upstream import Exchange, Upstream
from wire import Wire, message

CHAT = "/v1/chat/completions"


def ask(sidecar: Sidecar, model: str = "chat") -> int:
    body = {"model": model, "messages": [{"role": "user", "content": "Hi"}]}
    return sidecar.request("POST", CHAT, body).status


def wait_until(condition, seconds: float = 5.0) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.02)
    return False


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where a table is replaced, away from what the other fixtures write."""
    path = tmp_path / "tables"
    path.mkdir()
    return path


@pytest.fixture
def run(folder: Path):
    running: list[Sidecar] = []

    def begin(path: Path, *flags: str, **options) -> Sidecar:
        running.append(Sidecar(path, *flags, **options))
        return running[-1].wait_ready()

    yield begin
    for sidecar in running:
        assert sidecar.stop() == 0, sidecar.log()


def two_tables(upstream: Upstream) -> tuple[str, str]:
    return (configuration([deployment("chat", upstream.base)]),
            configuration([deployment("chat", upstream.base), deployment("new", upstream.base)]))


def write(source: str, output: Path) -> Path:
    compile_table(source, output)
    return output


@pytest.mark.parametrize("flags", [[], ["--map-direct"]])
def test_a_renamed_file_is_taken_up(run, folder: Path, upstream: Upstream, flags) -> None:
    old, new = two_tables(upstream)
    sidecar = run(write(old, folder / "routes.sgt"), *flags)
    assert ask(sidecar, "new") == 400
    write(new, folder / "next.sgt").rename(folder / "routes.sgt")
    assert wait_until(lambda: ask(sidecar, "new") == 200), sidecar.log()


def test_a_configmaps_swap_is_taken_up(run, folder: Path, upstream: Upstream) -> None:
    """The kubelet writes a new folder and swaps the link `..data`; the file's link stays."""
    old, new = two_tables(upstream)
    for name, source in (("..2026_01", old), ("..2026_02", new)):
        (folder / name).mkdir()
        write(source, folder / name / "routes.sgt")
    (folder / "..data").symlink_to("..2026_01")
    (folder / "routes.sgt").symlink_to("..data/routes.sgt")
    sidecar = run(folder / "routes.sgt")
    assert ask(sidecar, "new") == 400
    (folder / "..data_tmp").symlink_to("..2026_02")
    os.rename(folder / "..data_tmp", folder / "..data")
    assert wait_until(lambda: ask(sidecar, "new") == 200), sidecar.log()


def test_sighup_reloads(run, folder: Path, upstream: Upstream) -> None:
    old, new = two_tables(upstream)
    (folder / "a").mkdir()
    write(old, folder / "a" / "routes.sgt")
    (folder / "routes.sgt").symlink_to("a/routes.sgt")
    sidecar = run(folder / "routes.sgt")
    # Where the link leads is not watched, so that only the signal can tell.
    write(new, folder / "a" / "routes.sgt")
    sidecar.signal(signal.SIGHUP)
    assert wait_until(lambda: ask(sidecar, "new") == 200), sidecar.log()


def damaged(data: bytes) -> dict[str, bytes]:
    middle = len(data) // 2
    return {"empty": b"", "cut": data[:middle], "no table": b"model_list: []\n",
            "flipped": data[:middle] + bytes([data[middle] ^ 1]) + data[middle + 1 :],
            "text mode": data.replace(b"\n", b"\r\n")}


@pytest.mark.parametrize("kind", ["empty", "cut", "no table", "flipped", "text mode"])
def test_a_bad_table_is_kept_out(run, folder: Path, upstream: Upstream, kind: str) -> None:
    old, new = two_tables(upstream)
    sidecar = run(write(old, folder / "routes.sgt"))
    data = write(new, folder / "next.sgt").read_bytes()
    bad = damaged(data)[kind]
    if bad == data:
        pytest.skip("this table holds no line feed")
    before = sidecar.metrics()
    (folder / "bad").write_bytes(bad)
    (folder / "bad").rename(folder / "routes.sgt")
    sidecar.wait_log(r"table|routes\.sgt")
    assert wait_until(lambda: sidecar.metrics().total(
        "sidegate_reloads_total", result="failure") >= 1), sidecar.metrics().text
    assert ask(sidecar) == 200
    assert ask(sidecar, "new") == 400
    digest = {labels["digest"] for _, labels, _ in before.samples if "digest" in labels}
    assert digest == {l["digest"] for _, l, _ in sidecar.metrics().samples if "digest" in l}
    # The next good one is taken up all the same.
    (folder / "next.sgt").rename(folder / "routes.sgt")
    assert wait_until(lambda: ask(sidecar, "new") == 200), sidecar.log()


def test_a_table_overwritten_in_place_kills_nobody(
    run, folder: Path, upstream: Upstream
) -> None:
    path = write(two_tables(upstream)[0], folder / "routes.sgt")
    sidecar = run(path)
    os.truncate(path, 10)
    for _ in range(3):
        assert ask(sidecar) == 200
    path.unlink()
    assert ask(sidecar) == 200


def test_no_request_is_lost_while_tables_change(run, folder: Path, upstream: Upstream) -> None:
    old, new = two_tables(upstream)
    tables = [write(source, folder / f"{n}.sgt").read_bytes()
              for n, source in enumerate((old, new))]
    sidecar = run(write(old, folder / "routes.sgt"))
    over = threading.Event()
    statuses: list[int] = []

    def keep_asking() -> None:
        while not over.is_set():
            statuses.append(ask(sidecar))

    askers = [threading.Thread(target=keep_asking) for _ in range(4)]
    for asker in askers:
        asker.start()
    for number in range(10):
        (folder / "next").write_bytes(tables[number % 2])
        (folder / "next").rename(folder / "routes.sgt")
        time.sleep(0.05)
    over.set()
    for asker in askers:
        asker.join(10)
    assert len(statuses) > 10 and set(statuses) == {200}


def test_an_open_stream_ends_on_the_table_it_began_with(
    run, folder: Path, upstream: Upstream
) -> None:
    go_on = threading.Event()

    @upstream.behaviour("up-chat")
    def _(exchange: Exchange) -> None:
        exchange.start_stream()
        exchange.event(delta(exchange, {"content": "first"}))
        assert go_on.wait(10)
        exchange.event(delta(exchange, {"content": "last"}))
        exchange.end_stream()

    sidecar = run(write(configuration([deployment("chat", upstream.base)]), folder / "routes.sgt"))
    body = b'{"model":"chat","stream":true,"messages":[{"role":"user","content":"Hi"}]}'
    with Wire(sidecar.address) as wire:
        wire.send(message("POST", CHAT, body))
        wire.read_head()
        wire.read_chunk()
        without = configuration([deployment("other", upstream.base)])
        write(without, folder / "next.sgt").rename(folder / "routes.sgt")
        assert wait_until(lambda: ask(sidecar, "other") == 200), sidecar.log()
        assert ask(sidecar) == 400
        go_on.set()
        rest = b""
        while piece := wire.read_chunk():
            rest += piece
    assert b"last" in rest and rest.endswith(b"data: [DONE]\n\n")
    assert b'"model":"chat"' in rest


def test_a_rotated_file_credential_needs_no_restart(
    run, folder: Path, upstream: Upstream, tmp_path: Path
) -> None:
    secrets = tmp_path / "secrets"
    secrets.mkdir()
    (secrets / "key").write_text("sk-first\n")
    entry = deployment("chat", upstream.base, api_key=f"file:{secrets / 'key'}")
    sidecar = run(write(configuration([entry]), folder / "routes.sgt"))
    ask(sidecar)
    assert upstream.next_request().header("authorization") == "Bearer sk-first"
    (secrets / "key.new").write_text("sk-second\n")
    (secrets / "key.new").rename(secrets / "key")

    def rotated() -> bool:
        ask(sidecar)
        return upstream.next_request().header("authorization") == "Bearer sk-second"

    assert wait_until(rotated, 15), sidecar.log()
    assert "sk-second" not in sidecar.log()


def test_an_environment_reference_is_resolved_at_load(run, folder, upstream: Upstream) -> None:
    entry = deployment("chat", upstream.base, api_key="os.environ/UP_KEY")
    path = write(configuration([entry]), folder / "routes.sgt")
    sidecar = run(path, environment={"UP_KEY": "sk-from-environment"})
    assert ask(sidecar) == 200
    assert upstream.next_request().header("authorization") == "Bearer sk-from-environment"


def test_missing_references_disable_their_deployments_and_are_told_at_once(
    run, folder, upstream: Upstream
) -> None:
    entries = [deployment("chat", upstream.base),
               deployment("one", upstream.base, api_key="os.environ/MISSING_ONE"),
               deployment("two", upstream.base, api_key="file:/nonexistent/missing-two"),
               deployment("both", upstream.base, api_key="os.environ/MISSING_ONE"),
               deployment("both", upstream.base)]
    sidecar = run(write(configuration(entries), folder / "routes.sgt"))
    warning = sidecar.wait_log("MISSING_ONE")
    assert "missing-two" in warning, "one warning lists them all"
    ready = sidecar.request("GET", "/health/readiness")
    assert ready.status == 200
    assert b"MISSING_ONE" in ready.body and b"missing-two" in ready.body
    assert ask(sidecar) == 200
    assert ask(sidecar, "one") >= 400
    assert {ask(sidecar, "both") for _ in range(8)} == {200}


def test_a_master_key_that_went_missing_refuses_the_reload(
    run, folder, upstream: Upstream
) -> None:
    sidecar = run(write(configuration([deployment("chat", upstream.base)]), folder / "routes.sgt"))
    closed = configuration([deployment("chat", upstream.base)],
                           general_settings={"master_key": "os.environ/NOT_THERE"})
    write(closed, folder / "next.sgt").rename(folder / "routes.sgt")
    sidecar.wait_log("NOT_THERE")
    assert ask(sidecar) == 200


def test_environment_variables_of_the_table(run, folder, upstream: Upstream) -> None:
    entry = deployment("chat", upstream.base, api_key="os.environ/UP_KEY")
    source = configuration([entry], environment_variables={"UP_KEY": "sk-of-the-table"})
    path = write(source, folder / "routes.sgt")
    first = run(path)
    ask(first)
    assert upstream.next_request().header("authorization") == "Bearer sk-of-the-table"
    second = run(path, environment={"UP_KEY": "sk-of-the-process"})
    ask(second)
    assert upstream.next_request().header("authorization") == "Bearer sk-of-the-process"
    assert MASTER_KEY not in second.log()
