"""Fixtures: an upstream, a table for it, and a sidecar that is checked when it ends."""

import itertools
import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from aws_keys import Keyring
from bedrock import Bedrock
from bedrock_models import chat_models, embedding_models, references
from behaviours import ordinary
from limit_redis import RedisServer
from sidecar import SIDEGATE, SIDEGATEC, Sidecar, compile_table
from upstream import Upstream

#: Secrets that go in and must never come out: not in a log line, a metric or an error body.
MASTER_KEY = "sk-canary-master-5f1c0b77"
UPSTREAM_KEY = "sk-canary-upstream-9a3e44d1"
CANARIES = (MASTER_KEY, UPSTREAM_KEY)
#: AWS's, which are handed out while a test runs.
KEYRINGS: list[Keyring] = []


#: Tests of what the other tests rest on.
WITHOUT_BINARIES = ("test_upstream.py", "test_names.py", "test_bedrock_fake.py",
                    "test_limit_scripts.py", "test_fleet_scripts.py", "test_fleet_load_scripts.py",
                    "test_fleet_health_scripts.py")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Without binaries only the tests of the tests' own parts can run."""
    if SIDEGATE and SIDEGATEC:
        return
    if os.environ.get("CI"):
        raise pytest.UsageError("SIDEGATE and SIDEGATEC must name the binaries")
    skip = pytest.mark.skip(reason="SIDEGATE and SIDEGATEC name no binaries")
    for item in items:
        if item.path.name not in WITHOUT_BINARIES:
            item.add_marker(skip)


def deployment(name: str, base: str, upstream_model: str | None = None, **params: object) -> dict:
    """A `model_list` entry for an OpenAI-compatible upstream."""
    model = "hosted_vllm/" + (upstream_model or f"up-{name}")
    own = {"model": model, "api_base": base, "api_key": UPSTREAM_KEY, **params}
    return {"model_name": name, "litellm_params": own}


def configuration(deployments: list[dict], **sections: object) -> str:
    """YAML of a table; JSON is YAML, and says exactly what is meant."""
    return json.dumps({"model_list": deployments, **sections}, indent=1, ensure_ascii=False)


@pytest.fixture
def server() -> Iterator[RedisServer]:
    """A Redis of the test's own."""
    server = RedisServer()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def session_upstream() -> Iterator[Upstream]:
    upstream = Upstream(ordinary)
    yield upstream
    upstream.stop()


@pytest.fixture
def upstream(session_upstream: Upstream) -> Upstream:
    session_upstream.forget()
    return session_upstream


@pytest.fixture
def second_upstream() -> Iterator[Upstream]:
    upstream = Upstream(ordinary)
    yield upstream
    upstream.stop()


def finish(sidecar: Sidecar) -> None:
    """Ends a sidecar; it must end well and must have kept its secrets."""
    if sidecar.process.poll() is None:
        assert sidecar.stop() == 0, sidecar.log()
    said = "".join(sidecar.stdout) + sidecar.log()
    for canary in (*CANARIES, *(secret for ring in KEYRINGS for secret in ring.secrets())):
        assert canary not in said, "a secret was logged"


@pytest.fixture
def table(tmp_path: Path) -> Callable[..., Path]:
    """Compiles a configuration and gives the table's path."""
    numbers = itertools.count()

    def make(source: str, *flags: str) -> Path:
        path = tmp_path / f"routes-{next(numbers)}.sgt"
        compile_table(source, path, *flags)
        return path

    return make


@pytest.fixture
def start(table: Callable[..., Path]) -> Iterator[Callable[..., Sidecar]]:
    """Starts a sidecar on a configuration of the test's own."""
    running: list[Sidecar] = []

    def begin(source: str, *flags: str, ready: bool = True, **options: object) -> Sidecar:
        sidecar = Sidecar(table(source), *flags, **options)
        running.append(sidecar)
        return sidecar.wait_ready() if ready else sidecar

    yield begin
    for sidecar in running:
        finish(sidecar)


@pytest.fixture(scope="session")
def session_gateway(
    session_upstream: Upstream, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Sidecar]:
    path = tmp_path_factory.mktemp("gateway") / "routes.sgt"
    base = session_upstream.base
    names = ["chat", "slow", "broken", "replayed", "other"]
    source = configuration(
        [*[deployment(name, base) for name in names],
         deployment("vllm", base, "meta-llama/Llama-3.2-1B-Instruct"),
         deployment("meta-llama/Llama-3.2-1B-Instruct", base, "meta-llama/Llama-3.2-1B-Instruct"),
         deployment("mini", base, "sentence-transformers/all-MiniLM-L6-v2"),
         deployment("sentence-transformers/all-MiniLM-L6-v2", base,
                    "sentence-transformers/all-MiniLM-L6-v2"),
         {"model_name": "mock",
          "litellm_params": {"model": "openai/mock", "mock_response": "Grüße vom Mock 🌍"}}],
        general_settings={"master_key": "os.environ/GATEWAY_KEY"},
        router_settings={"num_retries": 0})
    compile_table(source, path)
    sidecar = Sidecar(path, environment={"GATEWAY_KEY": MASTER_KEY}).wait_ready()
    yield sidecar
    for canary in CANARIES:
        assert canary not in sidecar.metrics({"authorization": f"Bearer {MASTER_KEY}"}).text
    finish(sidecar)


@pytest.fixture
def gateway(session_gateway: Sidecar, upstream: Upstream) -> Sidecar:
    """The shared sidecar, in front of `upstream`; its models are listed above."""
    assert session_gateway.process.poll() is None, session_gateway.log()
    return session_gateway


@pytest.fixture
def auth() -> dict[str, str]:
    return {"authorization": f"Bearer {MASTER_KEY}"}


@pytest.fixture(scope="session")
def session_bedrock() -> Iterator[Bedrock]:
    bedrock = Bedrock()
    KEYRINGS.append(bedrock.keys)
    yield bedrock
    bedrock.stop()


@pytest.fixture
def bedrock(session_bedrock: Bedrock) -> Iterator[Bedrock]:
    """AWS; it must have let everything in but what the test took with `take_refusals`."""
    session_bedrock.forget()
    yield session_bedrock
    assert session_bedrock.take_refusals() == []


@pytest.fixture(scope="session")
def session_bedrock_gateway(
    session_bedrock: Bedrock, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Sidecar]:
    path = tmp_path_factory.mktemp("bedrock") / "routes.sgt"
    key = session_bedrock.keys.issue()
    compile_table(configuration(
        [*chat_models(session_bedrock.base), *embedding_models(session_bedrock.base)],
        router_settings={"num_retries": 0}), path)
    sidecar = Sidecar(path, environment=references(key)).wait_ready()
    yield sidecar
    finish(sidecar)


@pytest.fixture
def bedrock_gateway(session_bedrock_gateway: Sidecar, bedrock: Bedrock) -> Sidecar:
    """The shared sidecar in front of `bedrock`; its models are those of `bedrock_models.py`."""
    assert session_bedrock_gateway.process.poll() is None, session_bedrock_gateway.log()
    return session_bedrock_gateway
