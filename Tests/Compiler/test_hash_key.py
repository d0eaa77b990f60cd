"""Keys of clients and their hashes."""

import hashlib
import os
import re
import subprocess

import pytest
from test_sidegatec import MINIMAL, SIDEGATEC, inspect, run, write


def hashed(given):
    return subprocess.run(
        [os.path.abspath(SIDEGATEC), "hash-key", "--stdin"], input=given, capture_output=True,
        timeout=60, check=False)


def test_a_new_key_has_its_hash():
    shown = [run("hash-key") for _ in range(3)]
    keys = set()
    for result in shown:
        assert (result.returncode, result.stderr) == (0, "")
        key, digest = re.fullmatch(
            r"key: (sk-[A-Za-z0-9_-]{43})\nhash: ([0-9a-f]{64})\n", result.stdout).groups()
        assert hashlib.sha256(key.encode()).hexdigest() == digest
        keys.add(key)
    assert len(keys) == 3


@pytest.mark.parametrize("given, key", [
    (b"sk-1234", b"sk-1234"), (b"sk-1234\n", b"sk-1234"), (b"sk-1234\r\n", b"sk-1234"),
    (b"~!x", b"~!x"), (b"k" * 4096, b"k" * 4096)])
def test_a_given_key_is_hashed(given, key):
    result = hashed(given)
    assert (result.returncode, result.stderr) == (0, b"")
    assert result.stdout.decode() == f"hash: {hashlib.sha256(key).hexdigest()}\n"


@pytest.mark.parametrize("given, status", [
    (b"", 1), (b"\n", 1), (b"two words", 1), (b"a\nb\n", 1), ("schlüssel".encode(), 1),
    (b"a\0", 1), (b"k" * 4097, 2)])
def test_what_is_no_key_is_refused(given, status):
    result = hashed(given)
    assert (result.returncode, result.stdout) == (status, b"")
    assert b"two" not in result.stderr


def test_a_key_is_not_taken_from_the_command_line():
    assert run("hash-key", "sk-1234").returncode == 2


def test_the_hash_is_what_the_configuration_takes(tmp_path):
    digest = run("hash-key").stdout.split()[-1]
    out = tmp_path / "out.sgt"
    text = MINIMAL + f"sidegate: {{keys: [{{hash: {digest}}}]}}\n"
    assert run("compile", write(tmp_path, text), "-o", out, "--strict").returncode == 0
    assert [key["sha256"] for key in inspect(out)["virtual_keys"]] == [digest]
