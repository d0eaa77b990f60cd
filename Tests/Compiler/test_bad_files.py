"""Files that are meant to do harm, or might as well be: each is told of, in little memory.

What they take is measured by hand; see docs/performance.md."""

import os
import subprocess

import pytest
from test_sidegatec import MINIMAL, SIDEGATEC, run

#: For any of them; the compiler itself takes some 20.
MEGABYTES_MAX = 200


def bomb(out, leaves=9, levels=12):
    out.write("a0: &a0 [" + ", ".join("x" * leaves) + "]\n")
    for level in range(1, levels):
        out.write(f"a{level}: &a{level} [{', '.join([f'*a{level - 1}'] * leaves)}]\n")


def merge_bomb(out):
    out.write("a0: &a0 {" + ", ".join(f"k{number}: 1" for number in range(1000)) + "}\n")
    out.write("list:\n" + "- {<<: *a0}\n" * 20_000)


def alias_chain(out):
    """Deep by its aliases alone."""
    out.write("a0: &a0 [x]\n")
    for level in range(1, 400):
        out.write(f"a{level}: &a{level} [*a{level - 1}]\n")


def block_levels(out):
    """Fifty megabytes, for the indentation."""
    for level in range(10_000):
        out.write(" " * level + "a:\n")


def embedded(out):
    """A manifest with a bomb inside of a text."""
    out.write("apiVersion: v1\nkind: ConfigMap\ndata:\n  a: |\n    model_list: *a1\n")
    out.write("    a: &a [" + "x, " * 100_000 + "]\n    b: [" + "*a, " * 100 + "]\n")


#: What is written, the words of its message, and the message's place.
FILES = {
    "alias bomb": (bomb, "more than 200", "6:"),
    "merge bomb": (merge_bomb, "more than", ""),
    "aliases in aliases": (alias_chain, "nested deeper than 128 levels", "127:"),
    "text that is too large": (
        lambda out: out.writelines("a: b\n" * 1024 for _ in range(20_480)), "too large", None),
    "nothing but line ends": (
        lambda out: out.writelines("\n" * 65_536 for _ in range(960)), "no configuration", "1:1:"),
    "brackets in brackets": (
        lambda out: out.write("[" * 10_000 + "]" * 10_000), "nested deeper than 128", "1:129:"),
    "braces in braces": (
        lambda out: out.write("{a: " * 10_000 + "}" * 10_000), "nested deeper than 128", "1:"),
    "dashes after dashes": (lambda out: out.write("- " * 10_000 + "x\n"), "nested deeper", "1:"),
    "mappings in mappings": (block_levels, "nested deeper than 128", "128:"),
    "a scalar of ten megabytes": (
        lambda out: out.write("model_list: " + "x" * 10_000_000), "must be a list", "1:13:"),
    "a name of ten megabytes": (
        lambda out: out.write(MINIMAL.replace(" a,", " " + "a" * 10_000_000 + ",")),
        "more than a table can hold", None),
    "an unknown key of a megabyte": (
        lambda out: out.write(MINIMAL + '? "' + "k" * 1_000_000 + '"\n: [x\n'), "[SG0001]", ""),
    "a list of ten megabytes": (
        lambda out: out.write("model_list: [" + "a, " * 3_400_000 + "]"), "more than", "1:"),
    "wrong entries on one line": (
        lambda out: out.write("model_list: [" + "entry-of-nothing, " * 550_000 + "]"),
        "must be a mapping", "1:"),
    "a million keys": (
        lambda out: out.writelines(f"key{number}: 1\n" for number in range(1_000_000)),
        "more than 100000 keys", "100001:1:"),
    "a million documents": (
        lambda out: out.writelines("--- {a: 1}\n" * 1000 for _ in range(1000)),
        "more than 10000 documents", "10001:5:"),
    "too many entries for their length": (
        lambda out: out.writelines(
            "- model_name: a\n  litellm_params: {model: 5}\n" if number else "model_list:\n"
            for number in range(200_000)),
        "more than", ""),
    "numbers of thousands of digits": (
        lambda out: out.write("a: [" + ("0x" + "f" * 4000 + ", ") * 2400 + "\n"), "[SG0001]", ""),
    "a bomb in a manifest": (embedded, "alias", "5:"),
}


def measured(path, *arguments):
    """Status, standard error, and the most memory that was used, in megabytes."""
    with open(f"{path}.log", "wb") as log:
        process = subprocess.Popen(
            [os.path.abspath(SIDEGATEC), *arguments], stdout=subprocess.DEVNULL, stderr=log,
            env=dict(os.environ, SWIFT_BACKTRACE="enable=no"))
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    with open(f"{path}.log", encoding="utf-8", errors="strict") as log:
        return process.returncode, log.read(), used.ru_maxrss / 1024


@pytest.mark.parametrize("name", FILES)
def test_a_file_that_does_harm_is_told_of(tmp_path, name):
    make, words, place = FILES[name]
    path = tmp_path / "gateway.yaml"
    with path.open("w") as out:
        make(out)
    status, shown, megabytes = measured(path, "check", str(path))
    path.unlink()
    assert status == (2 if words == "too large" else 1), shown[-2000:]
    assert words in shown, shown[-2000:]
    if place is not None:
        assert f"gateway.yaml:{place}" in shown
    # A thousand diagnostics at most, each of them readable.
    assert len(shown) < 2_000_000
    assert megabytes <= MEGABYTES_MAX, f"{megabytes:.0f} MB"


def test_what_is_left_out_is_counted(tmp_path):
    path = tmp_path / "gateway.yaml"
    path.write_text("model_list: [" + "1, " * 1500 + "]\n")
    result = run("check", path)
    assert result.returncode == 1
    assert result.stderr.count(": error: ") == 1000
    assert "sidegatec: 500 errors more are not printed\nsidegatec: 1500 errors\n" in result.stderr


def test_a_pipe_without_an_end_is_refused():
    with subprocess.Popen(["cat", "/dev/zero"], stdout=subprocess.PIPE) as endless:
        result = subprocess.run(
            [os.path.abspath(SIDEGATEC), "check", "/dev/stdin"], stdin=endless.stdout,
            capture_output=True, text=True, timeout=120, check=False)
        endless.kill()
    assert result.returncode == 2
    assert "too large" in result.stderr
