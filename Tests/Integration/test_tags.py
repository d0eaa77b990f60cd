"""Which deployments a request may go to by its tags."""

import hashlib

import pytest
from conftest import MASTER_KEY, configuration, finish
from herd import answered_by, ask, group
from sidecar import Sidecar, compile_table
from upstream import Upstream

TAGS = {"a": ["free"], "b": ["paid", "eu"], "c": ["default"], "d": []}
KEY = {"authorization": f"Bearer {MASTER_KEY}"}
#: A draw of one in three is missed so often in a row once in ten million times.
DRAWS = 40


def tagged(upstream: Upstream, tags: dict[str, list[str]]) -> list[dict]:
    entries = group("chat", upstream, len(tags))
    for entry, own in zip(entries, tags.values()):
        if own:
            entry["litellm_params"]["tags"] = own
    return entries


def serving(start, upstream: Upstream, tags: dict[str, list[str]], **router: object) -> Sidecar:
    keys = [{"hash": hashlib.sha256(b"sk-eu").hexdigest(), "metadata": {"tags": ["eu"]}}]
    return start(configuration(
        tagged(upstream, tags), sidegate={"keys": keys},
        general_settings={"master_key": "os.environ/GATEWAY_KEY"},
        router_settings={"num_retries": 0, **router}), environment={"GATEWAY_KEY": MASTER_KEY})


def reached(sidecar: Sidecar, headers: dict[str, str] | None = None, **body: object) -> str:
    """The letters of the deployments that answer, or the status."""
    letters = set()
    for _ in range(DRAWS):
        response = ask(sidecar, "chat", {**KEY, **(headers or {})}, **body)
        if response.status != 200:
            return str(response.status)
        letters.add(answered_by(response).removeprefix("chat."))
    return "".join(sorted(letters))


#: What the request says, and who may answer it: where one tag in common is enough, where all of
#: the request's must be there, and where nothing is tagged `default`.
REQUESTS = {
    "none": ({}, {}, "c", "c", "abcd"),
    "one": ({"tags": ["free"]}, {}, "a", "a", "a"),
    "one of several": ({"tags": ["eu"]}, {}, "b", "b", "b"),
    "two of one": ({"tags": ["eu", "paid"]}, {}, "b", "b", "b"),
    "two of two": ({"tags": ["free", "paid"]}, {}, "ab", "c", "ab"),
    "in the metadata": ({"metadata": {"tags": ["free"]}}, {}, "a", "a", "a"),
    "in both": ({"tags": ["free"], "metadata": {"tags": ["paid"]}}, {}, "ab", "c", "ab"),
    "in the header": ({}, {"x-litellm-tags": "paid, free"}, "ab", "c", "ab"),
    "header and body": ({"tags": ["eu"]}, {"x-litellm-tags": "paid"}, "b", "b", "b"),
    "unknown": ({"tags": ["nothing"]}, {}, "c", "c", "401"),
    "not this one": ({"tags": ["free", "paid", "!eu"]}, {}, "a", "c", "a"),
    "this one too": ({"tags": ["free", "paid", "&eu"]}, {}, "b", "c", "b"),
    "by the key": ({}, {"authorization": "Bearer sk-eu"}, "b", "b", "b"),
    "by the key and the request": (
        {"tags": ["free"]}, {"authorization": "Bearer sk-eu"}, "ab", "c", "ab"),
}


@pytest.fixture(scope="module")
def sidecars(session_upstream: Upstream, tmp_path_factory: pytest.TempPathFactory):
    """The three tables of which `REQUESTS` speaks."""
    begun: list[Sidecar] = []

    def begin(source: str, **options: object) -> Sidecar:
        path = tmp_path_factory.mktemp("tags") / "routes.sgt"
        compile_table(source, path)
        begun.append(Sidecar(path, **options).wait_ready())
        return begun[-1]

    yield [
        serving(begin, session_upstream, TAGS, enable_tag_filtering=True),
        serving(begin, session_upstream, TAGS, enable_tag_filtering=True,
                tag_filtering_match_any=False),
        serving(begin, session_upstream, {**TAGS, "c": ["special"]}, enable_tag_filtering=True)]
    for sidecar in begun:
        finish(sidecar)


@pytest.mark.parametrize("case", REQUESTS)
def test_requests(sidecars: list[Sidecar], upstream: Upstream, case: str) -> None:
    body, headers, any_of, all_of, no_default = REQUESTS[case]
    shared, whole, bare = sidecars
    assert reached(shared, headers, **body) == any_of
    assert reached(whole, headers, **body) == all_of
    assert reached(bare, headers, **body) == no_default


def test_an_error_says_that_it_is_the_tags(sidecars: list[Sidecar], upstream: Upstream) -> None:
    response = ask(sidecars[2], "chat", KEY, tags=["nothing"])
    assert response.status == 401 and upstream.requests == []
    assert response.json["error"]["code"] == "401"
    assert "tags" in response.json["error"]["message"]


def test_tags_stay_here(sidecars: list[Sidecar], upstream: Upstream) -> None:
    ask(sidecars[0], "chat", {**KEY, "x-litellm-tags": "paid"}, tags=["free"])
    sent = upstream.next_request()
    assert "tags" not in sent.json and sent.header("x-litellm-tags") is None


def test_without_the_setting_tags_say_nothing(start, upstream: Upstream) -> None:
    sidecar = serving(start, upstream, TAGS)
    assert reached(sidecar, tags=["free"]) == "abcd"
