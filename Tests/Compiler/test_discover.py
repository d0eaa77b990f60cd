"""`sidegatec discover` against servers that answer as vLLM does, and against those that do not."""

import contextlib
import http.server
import json
import os
import socket
import ssl
import subprocess
import threading
import time

import pytest
import yaml

SIDEGATEC = os.path.abspath(os.environ.get("SIDEGATEC", ".build/debug/sidegatec"))
HERE = os.path.dirname(os.path.abspath(__file__))
#: A real vLLM 0.32.0's answers.
MODELS = open(os.path.join(HERE, "vllm", "models.json"), encoding="utf-8").read()
EMBEDDING_MODELS = open(os.path.join(HERE, "vllm", "embed-models.json"), encoding="utf-8").read()
VERSION = open(os.path.join(HERE, "vllm", "version.json"), encoding="utf-8").read()
UNAUTHORIZED = open(os.path.join(HERE, "vllm", "unauthorized.json"), encoding="utf-8").read()
LLAMA = "meta-llama/Llama-3.2-1B-Instruct"
KEY = "c4n4ry9f3e7a1d"


def card(name, **members):
    return dict(json.loads(MODELS)["data"][0], id=name, **members)


def models(*cards):
    return json.dumps({"object": "list", "data": list(cards)})


class Server:
    """Answers by path; a callable is handed the request and does what it wants."""

    def __init__(self, answers, context=None):
        self.requests = []
        self.running = self.most = 0
        self.lock = threading.Lock()
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                with outer.lock:
                    outer.requests.append((self.path, dict(self.headers)))
                    outer.running += 1
                    outer.most = max(outer.most, outer.running)
                try:
                    outer.answer(self, answers)
                except OSError:
                    self.close_connection = True
                finally:
                    with outer.lock:
                        outer.running -= 1

            def log_message(self, *_):
                pass

        self.http = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.http.daemon_threads = True
        if context:
            self.http.socket = context.wrap_socket(self.http.socket, server_side=True)
        self.port = self.http.server_address[1]
        scheme = "https" if context else "http"
        self.url = f"{scheme}://127.0.0.1:{self.port}"
        threading.Thread(target=self.http.serve_forever, daemon=True).start()

    def answer(self, handler, answers):
        found = answers.get(handler.path.split("127.0.0.1")[-1])
        if callable(found):
            return found(handler)
        status, body = found if isinstance(found, tuple) else (200 if found else 404, found)
        send(handler, status, body or '{"detail":"Not Found"}')

    def close(self):
        self.http.shutdown()
        self.http.server_close()


def send(handler, status, body):
    body = body if isinstance(body, bytes) else body.encode()
    handler.send_response(status)
    handler.send_header("content-type", "application/json")
    handler.send_header("content-length", str(len(body)))
    handler.end_headers()
    handler.wfile.write(body)


@pytest.fixture
def serve():
    with contextlib.ExitStack() as stack:
        def start(answers=None, **options):
            if not isinstance(answers, dict):
                answers = {"/v1/models": answers or MODELS, "/version": VERSION}
            server = Server(answers, **options)
            stack.callback(server.close)
            return server
        yield start


def discover(*arguments, env=None, cwd=None):
    clean = {name: value for name, value in os.environ.items()
             if "proxy" not in name.lower() and not name.startswith(("AWS_", "BEDROCK_"))}
    return subprocess.run(
        [SIDEGATEC, "discover", *map(str, arguments)], capture_output=True, text=True, timeout=120,
        cwd=cwd, env=dict(clean, SWIFT_BACKTRACE="enable=no", **(env or {})))


def entries(text):
    return yaml.safe_load(text)["model_list"]


def closed_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def test_a_servers_models_become_entries(serve):
    server = serve()
    result = discover("--vllm", server.url)
    assert result.returncode == 0, result.stderr
    assert entries(result.stdout) == [{
        "model_name": LLAMA,
        "litellm_params": {"model": f"hosted_vllm/{LLAMA}", "api_base": f"{server.url}/v1"},
        "model_info": {"id": f"discovered/127.0.0.1:{server.port}/v1/{LLAMA}",
                       "max_model_len": 512, "max_input_tokens": 512}}]
    assert "# vLLM 0.32.0\n" in result.stdout
    assert f"{server.url}/v1: 1 model, vLLM 0.32.0\n" in result.stderr
    assert [path for path, _ in server.requests] == ["/v1/models", "/version"]


@pytest.mark.parametrize("tail", ["", "/", "/v1", "/v1/"])
def test_addresses_may_end_in_v1(serve, tail):
    server = serve()
    result = discover("--vllm", server.url + tail, server.url)
    assert [entry["litellm_params"]["api_base"] for entry in entries(result.stdout)] == [
        f"{server.url}/v1"]


def test_a_path_before_v1_is_kept(serve):
    server = serve({"/team/v1/models": MODELS, "/team/version": VERSION})
    result = discover("--vllm", f"{server.url}/team")
    assert entries(result.stdout)[0]["litellm_params"]["api_base"] == f"{server.url}/team/v1"
    assert "vLLM 0.32.0" in result.stderr


def test_adapters_are_models_of_their_own(serve):
    adapter = card("sql-lora", root="/adapters/sql", parent=LLAMA, max_model_len=None)
    result = discover("--vllm", serve(models(card(LLAMA), adapter)).url)
    found = {entry["model_name"]: entry for entry in entries(result.stdout)}
    assert list(found) == [LLAMA, "sql-lora"]
    assert found["sql-lora"]["litellm_params"]["model"] == "hosted_vllm/sql-lora"
    assert found["sql-lora"]["model_info"]["base_model"] == LLAMA
    assert found["sql-lora"]["model_info"]["max_input_tokens"] == 512
    assert "base_model" not in found[LLAMA]["model_info"]


def test_one_model_of_several_servers_is_one_group(serve):
    servers = [serve() for _ in range(3)]
    result = discover("--vllm", *(server.url for server in servers))
    found = entries(result.stdout)
    assert {entry["model_name"] for entry in found} == {LLAMA}
    assert [entry["litellm_params"]["api_base"] for entry in found] == [
        server.url + "/v1" for server in servers]
    assert len({entry["model_info"]["id"] for entry in found}) == 3


def test_what_is_found_compiles_without_a_warning(serve, tmp_path):
    servers = [serve(), serve(EMBEDDING_MODELS), serve(models(card("yes"), card("a: b #c")))]
    result = discover("--vllm", *(server.url for server in servers), "-o", tmp_path / "found.yaml")
    assert result.returncode == 0 and result.stdout == ""
    checked = subprocess.run([SIDEGATEC, "check", "--strict", tmp_path / "found.yaml"],
                             capture_output=True, text=True, timeout=60, check=False)
    assert checked.returncode == 0, checked.stderr
    assert "4 models, 4 deployments" in checked.stderr
    assert [entry["model_name"] for entry in entries((tmp_path / "found.yaml").read_text())] == [
        LLAMA, "sentence-transformers/all-MiniLM-L6-v2", "yes", "a: b #c"]


# Keys and certificates.


def guarded(handler):
    is_known = handler.headers.get("Authorization") == f"Bearer {KEY}"
    send(handler, 200 if is_known else 401, MODELS if is_known else UNAUTHORIZED)


def test_keys_go_by_reference(serve, tmp_path):
    server = serve({"/v1/models": guarded, "/version": VERSION})
    refused = discover("--vllm", server.url)
    assert refused.returncode == 4
    assert "status 401; it wants --api-key" in refused.stderr
    (tmp_path / "key").write_text(KEY + "\n")
    references = [("os.environ/VLLM_KEY", {"VLLM_KEY": KEY}), (f"file:{tmp_path}/key", {})]
    for reference, env in references:
        result = discover("--vllm", server.url, "--api-key", reference, env=env)
        assert result.returncode == 0, result.stderr
        assert entries(result.stdout)[0]["litellm_params"]["api_key"] == reference
        assert KEY not in result.stdout + result.stderr
    # Only the list of models wants it.
    versions = [headers for path, headers in server.requests if path == "/version"]
    assert versions and all("Authorization" not in headers for headers in versions)


@pytest.mark.parametrize("reference, env", [
    (KEY, {}), ("os.environ/UNSET", {}), ("os.environ/BAD", {"BAD": f"{KEY}\r\nX-Other: 1"}),
    ("os.environ/EMPTY", {"EMPTY": ""}), ("file:/nowhere", {})])
def test_a_key_that_is_none_is_refused_and_not_shown(serve, reference, env):
    server = serve()
    result = discover("--vllm", server.url, "--api-key", reference, env=env)
    assert result.returncode == 2
    assert KEY not in result.stdout + result.stderr
    assert server.requests == []


def test_certificates_are_checked(serve, tmp_path):
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj",
         "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", tmp_path / "key.pem",
         "-out", tmp_path / "cert.pem"], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "cert.pem", tmp_path / "key.pem")
    server = serve(context=context)
    refused = discover("--vllm", server.url)
    assert refused.returncode == 4 and "certificate" in refused.stderr
    result = discover("--vllm", server.url, "--ca-file", tmp_path / "cert.pem")
    assert result.returncode == 0, result.stderr
    assert entries(result.stdout)[0]["litellm_params"]["api_base"] == f"{server.url}/v1"
    assert entries(result.stdout)[0]["model_info"]["id"].startswith("discovered/https://")


# Servers that do not do what they should.


def never(handler):
    time.sleep(60)


def trickle(handler):
    handler.send_response(200)
    handler.end_headers()
    for _ in range(600):
        handler.wfile.write(b" ")
        handler.wfile.flush()
        time.sleep(0.1)


def endless(handler):
    handler.send_response(200)
    handler.send_header("content-length", str(10 << 20))
    handler.end_headers()
    handler.wfile.write(b" " * (10 << 20))


def chunked_endless(handler):
    handler.send_response(200)
    handler.send_header("transfer-encoding", "chunked")
    handler.end_headers()
    while True:
        handler.wfile.write(b"10000\r\n" + b" " * 65536 + b"\r\n")


def cut_off(handler):
    handler.send_response(200)
    handler.send_header("content-length", "1000")
    handler.end_headers()
    handler.wfile.write(b"{")
    handler.close_connection = True


def redirected(handler):
    handler.send_response(302)
    handler.send_header("location", "http://127.0.0.1:1/")
    handler.send_header("content-length", "0")
    handler.end_headers()


@pytest.mark.parametrize("answer, words", [
    (never, "timed out"), (trickle, "timed out"), (endless, "larger than 4 MiB"),
    (chunked_endless, "larger than 4 MiB"), (cut_off, "transfer closed"),
    (redirected, "status 302"), ((500, "oops"), "status 500"), ((404, "{}"), "status 404"),
    ("<html>", "not JSON"), ("{", "not JSON"), ("[]", "no list of models"), ("{}", "no list"),
    ('{"data": {}}', "no list"), ("[" * 100 + "]" * 100, "not JSON"),
    (b"\xff\xfe".decode("latin-1").encode("latin-1"), "not JSON")])
def test_a_bad_answer_is_told_of(serve, answer, words):
    if isinstance(answer, bytes):
        answer = (200, answer)
    server = serve({"/v1/models": answer})
    result = discover("--vllm", server.url, "--timeout", "1.5")
    assert result.returncode == 4, result.stderr
    assert f"{server.url}/v1: " in result.stderr and words in result.stderr, result.stderr
    assert "0 models from 0 of 1 source; nothing is written" in result.stderr
    assert result.stdout == ""


def test_some_answers_are_better_than_none(serve, tmp_path):
    good, bad = serve(), serve({"/v1/models": never})
    refused = f"http://127.0.0.1:{closed_port()}"
    result = discover("--vllm", bad.url, good.url, refused, "--timeout", "1.5")
    assert result.returncode == 3
    assert [entry["model_name"] for entry in entries(result.stdout)] == [LLAMA]
    assert f"{bad.url}/v1: " in result.stderr and f"{refused}/v1: " in result.stderr
    assert "1 model from 1 of 3 sources" in result.stderr
    out = tmp_path / "out.yaml"
    out.write_text("before")
    assert discover("--vllm", refused, "-o", out).returncode == 4
    assert out.read_text() == "before"


def test_no_more_servers_are_asked_at_a_time_than_allowed(serve):
    def slow(handler):
        time.sleep(0.1)
        send(handler, 200, models(card(handler.path)))

    paths = [f"/{number}/v1" for number in range(12)]
    server = serve({path + "/models": slow for path in paths})
    urls = [server.url + path for path in paths]
    result = discover("--vllm", *urls, "--concurrency", "3")
    assert result.returncode == 0
    assert [entry["model_name"] for entry in entries(result.stdout)] == [
        path + "/models" for path in paths]
    assert 2 <= server.most <= 3


@pytest.mark.parametrize("name", [
    "os.environ/AWS_SECRET_ACCESS_KEY", "file:/etc/passwd", "*", "openai/*", "", "a\nb: c",
    "a\u0000", "x" * 300, 5, None])
def test_a_server_cannot_name_what_is_no_model(serve, name):
    result = discover("--vllm", serve(models(card(name), card("good"))).url)
    assert result.returncode == 3
    assert [entry["model_name"] for entry in entries(result.stdout)] == ["good"]
    assert "left out" in result.stderr
    assert all(ord(letter) >= 32 or letter == "\n" for letter in result.stderr)


@pytest.mark.parametrize("name", [
    "yes", "1.5", "a: b", "#a", "- a", "é", "{a}", "a'b\"c\\", "null", "!x", "x" * 256])
def test_odd_names_stay_what_they_are(serve, name):
    result = discover("--vllm", serve(models(card(name))).url)
    assert result.returncode == 0
    assert entries(result.stdout)[0]["model_name"] == name
    assert entries(result.stdout)[0]["litellm_params"]["model"] == "hosted_vllm/" + name


@pytest.mark.parametrize("version", [
    None, (404, "{}"), "x", '{"version": "a\\n- b"}', '{"version": 1}'])
def test_a_server_need_not_tell_its_version(serve, version):
    result = discover("--vllm", serve({"/v1/models": MODELS, "/version": version}).url)
    assert result.returncode == 0
    assert len(entries(result.stdout)) == 1 and "#" not in result.stdout


@pytest.mark.parametrize("length", [None, "512", -1, 0, 1.5, True])
def test_a_length_that_is_none_is_left_out(serve, length):
    result = discover("--vllm", serve(models(card("a", max_model_len=length))).url)
    assert set(entries(result.stdout)[0]["model_info"]) == {"id"}


@pytest.mark.parametrize("arguments", [
    [], ["--vllm"], ["--vllm", "ftp://a"], ["--vllm", "vllm:8000"], ["--vllm", "http://"],
    ["--vllm", "http://user:c4n4ry9f3e7a1d@a/"], ["--vllm", "http://a/v1?key=c4n4ry9f3e7a1d"],
    ["--vllm", "http://a b"], ["--vllm", "http://a#c4n4ry9f3e7a1d"],
    ["--vllm", "http://a", "--timeout", "0"], ["--vllm", "http://a", "--concurrency", "0"],
    ["--vllm", "http://a", "--merge", "missing.yaml"], ["--kubernetes-services", "missing.yaml"],
    ["--bedrock"]])
def test_wrong_usage_is_status_2(tmp_path, arguments):
    result = discover(*arguments, cwd=tmp_path)
    assert result.returncode == 2 and result.stdout == ""
    assert KEY not in result.stderr


# Kubernetes.


def service(name, ports, namespace="ai", **spec):
    return {"apiVersion": "v1", "kind": "Service",
            "metadata": {"name": name, "namespace": namespace},
            "spec": dict(spec, ports=[dict(port) for port in ports])}


@pytest.mark.parametrize("form", ["yaml", "json", "documents"])
def test_services_are_asked_by_their_names_in_the_cluster(serve, tmp_path, form):
    hosts = ["vllm-a.ai.svc:8000", "vllm-b.ai.svc", "vllm-c.other.svc:9000"]
    server = serve({f"http://{host}{path}": body for host in hosts
                    for path, body in (("/v1/models", models(card(host))), ("/version", VERSION))})
    services = [
        service("vllm-a", [{"port": 9}, {"port": 8000}]),
        service("vllm-b", [{"name": "metrics", "port": 9}, {"name": "http", "port": 80}]),
        service("vllm-c", [{"port": 9000}], namespace="other", clusterIP="None"),
    ]
    path = tmp_path / "services"
    listed = {"apiVersion": "v1", "kind": "List", "items": services}
    path.write_text({"yaml": lambda: yaml.safe_dump(listed), "json": lambda: json.dumps(listed),
                     "documents": lambda: yaml.safe_dump_all(services)}[form]())
    # libcurl's proxy stands for the cluster's names.
    result = discover("--kubernetes-services", path, env={"http_proxy": server.url})
    assert result.returncode == 0, result.stderr
    assert [entry["model_name"] for entry in entries(result.stdout)] == hosts
    assert [entry["litellm_params"]["api_base"] for entry in entries(result.stdout)] == [
        f"http://{host}/v1" for host in hosts]


def test_a_service_that_cannot_be_asked_is_told_of(serve, tmp_path):
    path = tmp_path / "services.yaml"
    path.write_text(yaml.safe_dump_all([
        service("odd", [{"port": 1}, {"port": 2}]), service("none", []),
        service("a b", [{"port": 1}]), {"kind": "Deployment"}]))
    result = discover("--kubernetes-services", path, "--vllm", serve().url)
    assert result.returncode == 3
    assert result.stderr.count("several ports") == 2 and "without a proper name" in result.stderr
    assert "1 model from 1 of 4 sources" in result.stderr
    for text in ("kind: Deployment\n", "a: [", ""):
        path.write_text(text)
        assert discover("--kubernetes-services", path).returncode == 2


# Bedrock.


def test_models_on_bedrock_come_from_the_environment():
    result = discover("--bedrock", env={
        "BEDROCK_MODELS": "claude=anthropic.claude-3-haiku-20240307-v1:0 amazon.nova-lite-v1:0",
        "BEDROCK_REGIONS": "us-west-2,eu-central-1"})
    assert result.returncode == 0
    found = [(entry["model_name"], entry["litellm_params"]["model"],
              entry["litellm_params"]["aws_region_name"]) for entry in entries(result.stdout)]
    haiku, nova = "bedrock/anthropic.claude-3-haiku-20240307-v1:0", "bedrock/amazon.nova-lite-v1:0"
    assert found == [("claude", haiku, "us-west-2"), ("claude", haiku, "eu-central-1"),
                     (nova, nova, "us-west-2"), (nova, nova, "eu-central-1")]


@pytest.mark.parametrize("variable", [
    "BEDROCK_REGIONS", "AWS_REGION_NAME", "AWS_REGION", "AWS_DEFAULT_REGION"])
def test_the_region_is_the_environments(variable):
    result = discover("--bedrock", env={"BEDROCK_MODELS": "a.b-v1:0", variable: "eu-west-1"})
    entry, = entries(result.stdout)
    assert entry["litellm_params"]["aws_region_name"] == "eu-west-1"
    assert entry["model_info"]["id"] == "discovered/bedrock/eu-west-1/a.b-v1:0"


@pytest.mark.parametrize("env", [
    {"BEDROCK_MODELS": "a"}, {"AWS_REGION": "a"}, {"BEDROCK_MODELS": "=a", "AWS_REGION": "a"},
    {"BEDROCK_MODELS": "a=", "AWS_REGION": "a"}, {"BEDROCK_MODELS": "*", "AWS_REGION": "a"}])
def test_an_environment_that_names_too_little_is_refused(env):
    assert discover("--bedrock", env=env).returncode == 2


# Merging.

HAND = """# Kept to the byte.
general_settings: {master_key: os.environ/KEY}   # odd   spacing
model_list:   # the models
  # first
  - model_name: hand   # mine
    litellm_params:
      model: openai/gpt-4o
      api_key: os.environ/OPENAI
      # rpm: 10
router_settings:
    num_retries: 3
"""


def merge(tmp_path, text, *arguments, env=None):
    path = tmp_path / "gateway.yaml"
    path.write_bytes(text.encode())
    result = discover(*arguments, "--merge", path, "-o", path, env=env)
    return result, path.read_bytes().decode()


def test_new_entries_go_behind_those_that_are_there(serve, tmp_path):
    server = serve()
    result, text = merge(tmp_path, HAND, "--vllm", server.url)
    assert result.returncode == 0, result.stderr
    assert "1 added, 0 updated, 0 removed" in result.stderr
    place = text.index("  - model_name: meta")
    end = text.index("router_settings")
    assert text[:place] + text[end:] == HAND
    assert [entry["model_name"] for entry in entries(text)] == ["hand", LLAMA]
    again, same = merge(tmp_path, text, "--vllm", server.url)
    assert same == text and "0 added, 0 updated, 0 removed" in again.stderr


def test_entries_of_ours_are_updated_in_place_and_removed(serve, tmp_path):
    answers = {"/v1/models": models(card("a"), card("b"), card("c")), "/version": VERSION}
    server = serve(answers)
    _, text = merge(tmp_path, HAND, "--vllm", server.url)
    tail = "  # between\n  - model_name: later\n    litellm_params: {model: openai/x}\n"
    text = text.replace("router_settings", tail + "router_settings")
    answers["/v1/models"] = models(card("d"), card("c"), card("a", max_model_len=1024))
    result, text = merge(tmp_path, text, "--vllm", server.url)
    assert "1 added, 1 updated, 1 removed" in result.stderr
    assert [entry["model_name"] for entry in entries(text)] == ["hand", "a", "c", "later", "d"]
    assert entries(text)[1]["model_info"]["max_input_tokens"] == 1024
    assert tail in text and text.startswith(HAND.split("router_settings")[0])


def test_entries_of_a_server_that_did_not_answer_stay(serve, tmp_path):
    first, second = (serve({"/v1/models": models(card(name))}) for name in "ab")
    _, text = merge(tmp_path, HAND, "--vllm", first.url, second.url)
    first.close()
    other = serve({"/v1/models": models(card("c"))})
    result, text = merge(tmp_path, text, "--vllm", first.url, other.url, "--timeout", "2")
    assert result.returncode == 3
    assert [entry["model_name"] for entry in entries(text)] == ["hand", "a", "b", "c"]
    result, same = merge(tmp_path, text, "--vllm", first.url, "--timeout", "2")
    assert result.returncode == 4 and same == text


def test_what_is_there_by_hand_is_not_added(serve, tmp_path):
    server = serve(models(card("a"), card("b")))
    base = f"model: openai/a\n      api_base: {server.url}/v1/"
    hand = HAND.replace("model: openai/gpt-4o", base)
    result, text = merge(tmp_path, hand, "--vllm", server.url)
    assert "1 added, 0 updated, 0 removed, 1 there by hand" in result.stderr
    assert [entry["litellm_params"]["model"] for entry in entries(text)] == [
        "openai/a", "hosted_vllm/b"]


def test_bedrocks_entries_are_ours_too(serve, tmp_path):
    env = {"BEDROCK_MODELS": "a.a-v1:0 a.b-v1:0", "AWS_REGION": "eu-west-1"}
    server = serve()
    _, text = merge(tmp_path, HAND, "--bedrock", "--vllm", server.url, env=env)
    env["BEDROCK_MODELS"] = "a.b-v1:0"
    result, text = merge(tmp_path, text, "--bedrock", env=env)
    assert "0 added, 0 updated, 1 removed" in result.stderr
    assert [entry["model_name"] for entry in entries(text)] == ["hand", "bedrock/a.b-v1:0", LLAMA]


@pytest.mark.parametrize("text", [
    "", "# nothing\n", "model_list:\n", "model_list: []\n", "model_list: [] # none\n",
    "model_list: ~\nrouter_settings: {num_retries: 1}\n", "router_settings: {num_retries: 1}",
    "---\nrouter_settings: {num_retries: 1}\n", "model_list:\n\n# end\nlitellm_settings: {}\n",
    "model_list:\n- model_name: a\n  litellm_params: &p\n    model: openai/a\n    rpm: 1\n",
    "model_list:\n- litellm_params: {model: openai/a}\n  model_name: a\n"
    "# end\nlitellm_settings: {}",
    "x-d: &d {model: openai/a}\nmodel_list:\n- model_name: a\n"
    "  litellm_params:\n    rpm: 1\n    <<: *d\n",
    "model_list:\n-\n  model_name: a\n  litellm_params: {model: openai/a}\n\n\n# end\n",
    "model_list:\n- {model_name: a, litellm_params: {model: openai/a}}\n",
    "model_list:\n- model_name: a\n  litellm_params: {model: openai/a}\n"
    "  note: |\n    text\n\n    # text\n\n",
    "model_list:\r\n- model_name: a\r\n  litellm_params: {model: openai/a}\r\n"
    "litellm_settings: {}\r\n",
    "\ufeffmodel_list:\n- model_name: a\n  litellm_params: {model: openai/a}\n",
])
def test_any_form_of_a_list_can_be_merged_into(serve, tmp_path, text):
    server = serve()
    before = yaml.safe_load(text) or {}
    result, merged = merge(tmp_path, text, "--vllm", server.url)
    assert result.returncode == 0, result.stderr
    after = yaml.safe_load(merged)
    ours = after["model_list"].pop()
    assert ours["model_name"] == LLAMA
    before.setdefault("model_list", [])
    assert after == dict(before, model_list=before["model_list"] or [])
    lines = merged.splitlines()
    place = next(index for index, line in enumerate(lines) if f"model_name: {LLAMA}" in line)
    del lines[place:place + 8]
    head = ("model_list:", "\ufeffmodel_list:")
    assert [line for line in lines if not line.startswith(head)] == [
        line for line in text.splitlines() if not line.startswith(head)]
    assert ("\r\n" in text) == ("\r\n" in merged) and merged.count("\r") in (0, merged.count("\n"))
    _, same = merge(tmp_path, merged, "--vllm", server.url)
    assert same == merged


@pytest.mark.parametrize("text", [
    "model_list: [{model_name: a, litellm_params: {model: openai/a}}]\n", "a: [", "- a\n", "text\n",
    "{model_list: []}\n", "a: 1\n---\nb: 1\n", "model_list: {a: 1}\n",
    "apiVersion: v1\nkind: ConfigMap\ndata: {config.yaml: 'model_list: []'}\n",
    "x: &x\n- model_name: a\n  litellm_params: {model: openai/a}\nmodel_list: *x\n"])
def test_a_file_that_cannot_be_merged_into_stays_as_it_is(serve, tmp_path, text):
    result, same = merge(tmp_path, text, "--vllm", serve().url)
    assert result.returncode == 2, result.stderr
    assert same == text
