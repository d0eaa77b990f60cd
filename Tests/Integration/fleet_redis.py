"""The fleet's scripts as the sidecar has them, on a connection of a test's own."""

import re
import textwrap
from pathlib import Path

from limit_redis import FAKE_CLOCK, RedisClient

FOLDER = Path(__file__).parents[2] / "sidecar/Fleet"

#: `"""` begins and ends a text in Swift; one script may stand behind a text of the same file.
TEXT = r'"""\n(.*?)\n *"""'
SHARED = re.compile(r"static let (\w+) = " + TEXT, re.S)
SCRIPT = re.compile(r'FleetScript\(\s*"(\w+)",\s*(?:(\w+)\s*\+\s*)?' + TEXT, re.S)


def scripts() -> dict[str, str]:
    """The scripts by name."""
    found: dict[str, str] = {}
    clock = ""
    # The one that all begin with stands in the file that comes before the others.
    for file in sorted(FOLDER.rglob("FleetScript*.swift"), key=lambda file: len(file.name)):
        text = file.read_text(encoding="utf-8")
        shared = {name: textwrap.dedent(body) + "\n" for name, body in SHARED.findall(text)}
        clock = clock or shared["clock"]
        for name, before, body in SCRIPT.findall(text):
            assert name not in found
            found[name] = clock + shared.get(before, "") + textwrap.dedent(body)
        assert text.count('"""') == 2 * (len(shared) + len(SCRIPT.findall(text))), (
            f"{file.name} is laid out in another way")
    return found


class FleetScripts:
    """Runs scripts; with `clock`, on a clock that the test sets."""

    def __init__(self, port: int, *, clock: bool = False) -> None:
        self.client = RedisClient(port)
        prologue = FAKE_CLOCK if clock else ""
        self.sources = {name: prologue + source for name, source in scripts().items()}

    def set_clock(self, ms: int) -> None:
        self.client.call("SET", "clock", ms)

    def run(self, name: str, keys: list[str], *arguments: object) -> object:
        return self.client.call("EVAL", self.sources[name], len(keys), *keys, *arguments)
