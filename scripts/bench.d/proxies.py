"""The proxies that are measured: sidegates of a configuration, and nginx as a raw one."""

import json
import os
import subprocess
from pathlib import Path

from tools import HERE, KEY, PEER_CORE, Peer, free_port

BEDROCK_MODEL = "mock-claude"
#: As long as those of roles are, which most requests to AWS are signed for.
BEDROCK_TOKEN = "FwoGZXIvYXdzE" + "x" * 1000
#: How nginx talks to an upstream with a certificate of the run's own; it checks it, as we do.
NGINX_TLS = """proxy_ssl_verify on; proxy_ssl_trusted_certificate @WORK@/server.pem;
            proxy_ssl_name localhost; proxy_ssl_server_name on; proxy_ssl_session_reuse on;"""


def deployment(base: str, name: str = "mock-model") -> dict:
    return {"model_name": name, "litellm_params": {
        "model": "hosted_vllm/mock-model", "api_key": "os.environ/BENCH_KEY", "api_base": base}}


def bedrock_deployment(upstream: int) -> dict:
    """A model that takes every parameter that the load sends."""
    return {"model_name": BEDROCK_MODEL, "litellm_params": {
        "model": "bedrock/anthropic.claude-3-haiku-20240307-v1:0", "aws_region_name": "us-east-1",
        "aws_bedrock_runtime_endpoint": f"http://127.0.0.1:{upstream}",
        "aws_access_key_id": "os.environ/BENCH_KEY",
        "aws_secret_access_key": "os.environ/BENCH_KEY", "aws_session_token": "os.environ/BENCH_TOKEN"}}


def sidegate(work: Path, upstream: int, name: str = "sidegate", **options: object) -> Peer:
    """With all that it does in earnest: a key to check, metrics, an access log."""
    gateway = {"general_settings": {"master_key": "os.environ/BENCH_KEY"}, "model_list": [
        deployment(f"http://127.0.0.1:{upstream}/v1"), bedrock_deployment(upstream)]}
    return sidegate_of(work, name, gateway, **options)


def compiled(work: Path, name: str, gateway: dict) -> Path:
    """The table of a configuration."""
    source, table = work / f"{name}.yaml", work / f"{name}.sgt"
    source.write_text(json.dumps(gateway))
    subprocess.run([os.environ["SIDEGATEC"], "compile", str(source), "-o", str(table)], check=True,
                   stderr=subprocess.DEVNULL)
    return table


def sidegate_of(work: Path, name: str, gateway: dict, *, flags: tuple[str, ...] = (),
                environment: dict[str, str] | None = None, cores: str = PEER_CORE) -> Peer:
    """One of a configuration."""
    port = free_port()
    command = [os.environ["SIDEGATE"], "--table", str(compiled(work, name, gateway)),
               "--listen", f"127.0.0.1:{port}", "--access-log", str(work / f"{name}.access"),
               *flags]
    secrets = {"BENCH_KEY": KEY, "BENCH_TOKEN": BEDROCK_TOKEN}
    return Peer(name, command, port, work / f"{name}.log", {**secrets, **(environment or {})},
                cores)


def nginx(work: Path, upstream: int, *, is_secure: bool = False) -> Peer:
    """Before a plain upstream, or one that speaks TLS."""
    port = free_port()
    settings = configured(work, "nginx.conf", {
        "PORT": port, "UPSTREAM": upstream, "SCHEME": "https" if is_secure else "http",
        "TLS": NGINX_TLS if is_secure else ""})
    return Peer("nginx", ["nginx", "-c", str(settings)], port, work / "nginx.log")


def configured(work: Path, name: str, values: dict[str, object]) -> Path:
    """A configuration of this folder with its marks filled in."""
    text = (HERE / name).read_text()
    for mark, value in {**values, "WORK": work}.items():
        text = text.replace(f"@{mark}@", str(value))
    file = work / name
    file.write_text(text)
    return file
