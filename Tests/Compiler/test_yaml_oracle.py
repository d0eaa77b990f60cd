"""PyYAML's SafeLoader as oracle: the compiler reads scalars and documents as LiteLLM does.

The corpus is generated from a seed: SIDEGATE_TEST_SEED sets it, and every failure prints it.
"""

import datetime
import json
import math
import os
import random
import subprocess

import pytest
import yaml

SIDEGATEC = os.environ.get("SIDEGATEC", ".build/debug/sidegatec")
SEED = int(os.environ.get("SIDEGATE_TEST_SEED", "20261123"))
ENVIRONMENT = dict(os.environ, SWIFT_BACKTRACE="enable=no")


def read(tmp_path, text):
    """What sidegatec reads, as `debug-yaml` prints it."""
    path = tmp_path / "case.yaml"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    run = subprocess.run(
        [SIDEGATEC, "debug-yaml", str(path)], capture_output=True, timeout=60, env=ENVIRONMENT)
    assert run.returncode == 0, run.stderr
    return json.loads(run.stdout)


def expected(value):
    """A Python value in debug-yaml's form."""
    if value is None:
        return {"null": ""}
    if isinstance(value, bool):
        return {"bool": "true" if value else "false"}
    if isinstance(value, int):
        return {"int": str(value)}
    if isinstance(value, float):
        return {"float": "nan" if math.isnan(value) else repr(value)}
    if isinstance(value, str):
        return {"str": value}
    if isinstance(value, (datetime.date, datetime.datetime)):
        return "timestamp"
    if isinstance(value, list):
        return [expected(item) for item in value]
    if isinstance(value, dict):
        return {"map": [[expected(key), expected(item)] for key, item in value.items()]}
    raise AssertionError(f"no form for {value!r}")


def simplified(value):
    """debug-yaml's form with every timestamp alike: PyYAML parses them, we keep the text."""
    if isinstance(value, list):
        return [simplified(item) for item in value]
    if "timestamp" in value:
        return "timestamp"
    if "map" in value:
        return {"map": [simplified(pair) for pair in value["map"]]}
    return value


FIXED = """null Null NULL nUll ~ true True TRUE tRue false yes Yes YES yEs no No NO on On ON off Off OFF
y n Y N 0 00 -0 +0 1 -1 +1 12 1_2 1__2 _1 1_ 007 08 09 0o7 0x1F 0X1F 0xg 0b101 0b102 -0b11 +0x_f
1:30 1:60 01:30 1:2:3 -1:30 1:30.5 190:20:30.15 1e5 1E5 1e+5 1.0e5 1.0e+5 1.5e-7 3e-06 0.28e-6 .5
-.5 +.5 . .. 1. 1.. 1.2.3 -1.5 +1.5 1_0.5 .inf -.inf +.inf .Inf .INF .iNf .nan .NaN .NAN inf nan
2024-10-21 2024-1-2 2024-10-21T10:00:00Z 2024-10-21T10:00:00 2001-12-14t21:59:43.10-05:00 v1 gpt-4o
2001-12-14T21:59:43.10 2024-10-2 20241021 2024-10-21-preview 9223372036854775807
9223372036854775808 -9223372036854775809 0x7fffffffffffffff 0xffffffffffffffffff 1e400 1.0e+400
os.environ/NAME http://host:8000/v1 qwen3:8b ${NAME} <<x a:b 1a 0.1.0 1,000 12:30:45 +12 -x""".split()


def scalars():
    generator = random.Random(SEED)
    found = list(FIXED)
    alphabets = ["0123456789_", "0123456789.eE+-", "01:._-", "0xXabcdefABCDEF123_", "01b_+-",
                 "0123456789-:TZ ", "yesnoYESNOtrufalTRUFALonffONFF~", "+-.infaINFA0",
                 "abc/:.-_ 019"]
    while len(found) < 2400:
        text = "".join(
            generator.choice(alphabets[len(found) % len(alphabets)])
            for _ in range(generator.randint(1, 12)))
        found.append(text)
    return found


def oracle(text):
    """The value, or None where PyYAML fails: it raises on odd ones such as `0b_` or month 13."""
    try:
        return [yaml.safe_load(text)]
    except (yaml.YAMLError, ValueError, OverflowError):
        return None


def test_scalars_agree(tmp_path):
    cases = [(text, oracle("k: " + text)) for text in scalars()]
    cases = [(text, value[0]["k"]) for text, value in cases if value and isinstance(value[0], dict)]
    assert len(cases) >= 2000, f"only {len(cases)} scalars are valid"
    document = "".join(f"- k: {text}\n" for text, _ in cases)
    [ours] = simplified(read(tmp_path, document)["documents"])
    for (text, value), got in zip(cases, ours, strict=True):
        assert got == {"map": [[{"str": "k"}, expected(value)]]}, f"{text!r}, seed {SEED}"


def generated(generator, depth, anchors):
    """A random node in flow style, or an alias of one before it."""
    choice = generator.random()
    if anchors and choice < 0.12:
        return "*" + generator.choice(anchors)
    if depth == 0 or choice < 0.5:
        return generator.choice([
            "1", "0.5", "true", "no", "~", "plain text", "'it''s'", '"a\\u00e9\\n\\tb"', "漢字",
            "2024-10-21", "''", "1e5", "os.environ/X", "!!str 5", '"\\x41"', "a: b".replace(": ", ":")])
    if choice < 0.72:
        items = [generated(generator, depth - 1, anchors) for _ in range(generator.randint(0, 4))]
        return "[" + ", ".join(items) + "]"
    keys = generator.sample(["a", "b", "c", "'d e'", "1", "yes", "~", "1.5"], generator.randint(0, 4))
    members = [f"{key}: {generated(generator, depth - 1, anchors)}" for key in keys]
    return "{" + ", ".join(members) + "}"


def document(generator):
    """Block style on the outside, with anchors, merge keys and block scalars."""
    lines, anchors, maps = [], [], []
    for number in range(generator.randint(1, 6)):
        key = f"key{number}"
        kind = generator.random()
        if kind < 0.3:
            members = ", ".join(f"{name}: {generated(generator, 1, [])}"
                                for name in generator.sample("abcdef", generator.randint(1, 4)))
            lines.append(f"{key}: &m{number} {{{members}}}")
            maps.append(f"m{number}")
        elif kind < 0.5 and maps:
            sources = generator.sample(maps, generator.randint(1, len(maps)))
            merge = "*" + sources[0] if len(sources) == 1 else "[" + ", ".join(
                "*" + source for source in sources) + "]"
            rest = [f"  {name}: {generated(generator, 1, anchors)}"
                    for name in generator.sample("abcxyz", generator.randint(0, 3))]
            rest.insert(generator.randint(0, len(rest)), f"  <<: {merge}")
            lines += [f"{key}:", *rest]
        elif kind < 0.65:
            style = generator.choice(["|", ">", "|-", ">-", "|+"])
            lines += [f"{key}: {style}", "  first line", "", "    indented", "  last line"]
        elif kind < 0.8:
            lines.append(f"{key}:")
            count = generator.randint(1, 3)
            lines += [f"- {generated(generator, 2, anchors)}" for _ in range(count)]
        else:
            lines.append(f"{key}: &n{number} {generated(generator, 2, anchors)}".replace(
                f"&n{number} *", "*"))
            if "&n" in lines[-1]:
                anchors.append(f"n{number}")
    end = generator.choice(["\n", "\r\n"])
    return generator.choice(["", "\ufeff", "---" + end]) + end.join(lines) + end


def test_documents_agree(tmp_path):
    generator = random.Random(SEED)
    compared = 0
    for number in range(260):
        text = document(generator)
        try:
            value = yaml.safe_load(text)
        except (yaml.YAMLError, ValueError) as error:
            reason = f"PyYAML: {error}; case {number}, seed {SEED}:\n{text}"
            assert read(tmp_path, text)["error"], reason
            continue
        result = read(tmp_path, text)
        assert not result["error"], f"case {number}, seed {SEED}:\n{text}"
        [ours] = simplified(result["documents"])
        assert ours == expected(value), f"case {number}, seed {SEED}:\n{text}"
        compared += 1
    assert compared >= 200


@pytest.mark.parametrize("text", [
    "a: [1, 2", "a: {b: c", "a: b: c", "- a\nb: c", "a:\n\t- b", "a: *x", "'open", "a: &x",
    "? [a]: b",
    "key: @x", "a: %x", "{a: b, <<: 3}", "!!int x", "%YAML 9.9\n--- a", "a: |\n b\nc"])
def test_errors_agree(tmp_path, text):
    try:
        yaml.safe_load(text)
        fails = False
    except (yaml.YAMLError, ValueError):
        fails = True
    assert read(tmp_path, text)["error"] == fails


def test_random_bytes_never_crash(tmp_path):
    generator = random.Random(SEED)
    base = document(generator).encode()
    for number in range(120):
        data = bytearray(base)
        for _ in range(generator.randint(1, 8)):
            place = generator.randrange(len(data))
            if generator.random() < 0.5:
                data[place] = generator.randrange(256)
            else:
                pieces = [b"[", b"{", b"&a ", b"*a ", b"\t", b"\x00", b": "]
                data[place:place] = generator.choice(pieces)
        read(tmp_path, bytes(data))
