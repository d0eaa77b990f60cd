"""Keys, signatures and their verification, with OpenSSL's own program as the other side."""

import os
import pathlib
import shutil
import stat
import subprocess

import pytest
from test_sidegatec import CONFIGS, MINIMAL, run, write

OPENSSL = shutil.which("openssl")
needs_openssl = pytest.mark.skipif(OPENSSL is None, reason="openssl is not installed")
SIGNATURE = 80


def openssl(*arguments, text=True):
    return subprocess.run([OPENSSL, *map(str, arguments)], capture_output=True, text=text, timeout=60)


@pytest.fixture
def key(tmp_path):
    path = tmp_path / "signer"
    result = run("keygen", "-o", path)
    assert result.returncode == 0, result.stderr
    return path


@pytest.fixture
def table(tmp_path):
    path = tmp_path / "routes.sgt"
    assert run("compile", write(tmp_path, MINIMAL), "-o", path).returncode == 0
    return path


def public(key):
    return key.with_name(key.name + ".pub")


def verify(table, *keys):
    flags = [flag for key in keys for flag in ("--trusted-key", key)]
    return run("verify", table, *flags)


def test_a_private_key_is_for_its_owner_only_whatever_the_umask(tmp_path):
    for umask in (0o000, 0o022, 0o777):
        path = tmp_path / f"key-{umask:o}"
        before = os.umask(umask)
        try:
            assert run("keygen", "-o", path).returncode == 0
        finally:
            os.umask(before)
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert stat.S_IMODE(public(path).stat().st_mode) == 0o644
        assert path.read_text().startswith("-----BEGIN PRIVATE KEY-----\n")
        assert public(path).read_text().startswith("-----BEGIN PUBLIC KEY-----\n")


@pytest.mark.parametrize("taken", ["signer", "signer.pub"])
def test_keys_are_never_overwritten(tmp_path, taken):
    (tmp_path / taken).write_text("precious")
    result = run("keygen", "-o", tmp_path / "signer")
    assert result.returncode == 2
    assert "File exists" in result.stderr
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [(taken, "precious")]


def test_no_link_leads_a_key_elsewhere(tmp_path):
    (tmp_path / "signer").symlink_to(tmp_path / "elsewhere")
    assert run("keygen", "-o", tmp_path / "signer").returncode == 2
    assert [path.name for path in tmp_path.iterdir()] == ["signer"]


def test_keys_differ(tmp_path):
    texts = set()
    for number in range(5):
        run("keygen", "-o", tmp_path / f"key{number}")
        texts.add((tmp_path / f"key{number}").read_text())
    assert len(texts) == 5


@needs_openssl
def test_openssl_reads_the_keys_and_checks_the_signature(tmp_path, key, table):
    assert openssl("pkey", "-in", key, "-pubout").stdout == public(key).read_text()
    assert run("sign", table, "--key", key).returncode == 0
    signed = table.read_bytes()
    header, signature = tmp_path / "header", tmp_path / "signature"
    size = int.from_bytes(signed[12:16], "little")
    header.write_bytes(signed[:size])
    signature.write_bytes(signed[-64:])
    check = ["pkeyutl", "-verify", "-rawin", "-pubin", "-inkey", public(key), "-in", header,
             "-sigfile", signature]
    assert openssl(*check).returncode == 0
    header.write_bytes(bytes([signed[0], signed[1] ^ 1]) + signed[2:size])
    assert openssl(*check).returncode != 0


@needs_openssl
def test_a_signature_that_openssl_made_is_taken(tmp_path, table):
    """A key of another tool, and a signature by a signing service, in the table's envelope."""
    key, pub = tmp_path / "other", tmp_path / "other.pub"
    assert openssl("genpkey", "-algorithm", "ed25519", "-out", key).returncode == 0
    assert openssl("pkey", "-in", key, "-pubout", "-out", pub).returncode == 0
    plain = table.read_bytes()
    (tmp_path / "header").write_bytes(plain[:128])
    made = openssl("pkeyutl", "-sign", "-rawin", "-inkey", key, "-in", tmp_path / "header",
                   text=False).stdout
    raw = openssl("pkey", "-pubin", "-in", pub, "-outform", "DER", text=False).stdout[-32:]
    identifier = subprocess.run([OPENSSL, "dgst", "-sha256", "-binary"], input=raw,
                                capture_output=True, timeout=60).stdout[:8]
    table.write_bytes(plain + b"\x89SGS\r\n\x1a\n" + identifier + made)
    assert verify(table, pub).returncode == 0
    by_openssl = table.read_bytes()
    # Ed25519 has no chance in it: ours is the same.
    assert run("sign", table, "--key", key).returncode == 0
    assert table.read_bytes() == by_openssl


def test_verify_tells_who_signed(tmp_path, key, table):
    other = tmp_path / "other"
    run("keygen", "-o", other)
    unsigned = verify(table, public(key))
    assert (unsigned.returncode, "not signed" in unsigned.stderr) == (1, True)
    assert run("sign", table, "--key", key).returncode == 0
    good = verify(table, public(key))
    assert good.returncode == 0
    assert "signed by" in good.stdout
    untrusted = verify(table, public(other))
    assert (untrusted.returncode, "no trusted key" in untrusted.stderr) == (1, True)
    # While keys are rotated both are trusted, in two files or one.
    assert verify(table, public(other), public(key)).returncode == 0
    both = tmp_path / "both.pub"
    both.write_text(public(other).read_text() + public(key).read_text())
    assert verify(table, both).returncode == 0
    # Or both sign.
    assert run("sign", table, "--key", other).returncode == 0
    assert verify(table, public(key)).returncode == 0
    assert verify(table, public(other)).returncode == 0


def test_signing_changes_no_other_byte_and_signing_again_changes_nothing(key, table):
    plain = table.read_bytes()
    run("sign", table, "--key", key)
    signed = table.read_bytes()
    assert signed[:-SIGNATURE] == plain
    run("sign", table, "--key", key)
    assert table.read_bytes() == signed
    for command in (["inspect", table], ["inspect", table, "--json"],
                    ["explain", "a", "--table", table]):
        assert run(*command).returncode == 0
    assert "signed by" in run("inspect", table).stdout


def test_every_changed_byte_is_noticed(key, table):
    """The unit tests go through every bit; here the program does, a byte in sixteen."""
    run("sign", table, "--key", key)
    signed = table.read_bytes()
    for place in [*range(0, 128, 16), *range(128, len(signed) - SIGNATURE, 97),
                  *range(len(signed) - SIGNATURE, len(signed), 5)]:
        table.write_bytes(signed[:place] + bytes([signed[place] ^ 0x01]) + signed[place + 1:])
        assert verify(table, public(key)).returncode == 1, place
    for cut in (0, 1, 64, 79, SIGNATURE, SIGNATURE + 1):
        table.write_bytes(signed[:len(signed) - cut] if cut else signed + b"\0")
        assert verify(table, public(key)).returncode == 1, cut


@pytest.mark.parametrize("content, says", [
    ("", "no key"), ("nonsense", "no key"),
    ("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", "is no key"),
    ("-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n", "encrypted")])
def test_a_bad_private_key_is_status_2_and_the_table_stays(tmp_path, table, content, says):
    (tmp_path / "key").write_text(content)
    before = table.read_bytes()
    result = run("sign", table, "--key", tmp_path / "key")
    assert result.returncode == 2
    assert says in result.stderr
    assert table.read_bytes() == before


@needs_openssl
@pytest.mark.parametrize("algorithm", [["-algorithm", "ed448"], ["-algorithm", "x25519"],
                                       ["-algorithm", "rsa"]])
def test_other_kinds_of_keys_are_refused(tmp_path, table, algorithm):
    key = tmp_path / "key"
    assert openssl("genpkey", *algorithm, "-out", key).returncode == 0
    openssl("pkey", "-in", key, "-pubout", "-out", public(key))
    for result in (run("sign", table, "--key", key), verify(table, public(key))):
        assert result.returncode == 2
        assert "not an Ed25519 key" in result.stderr


@needs_openssl
def test_an_encrypted_key_never_asks_at_the_terminal(tmp_path, table, key):
    encrypted = tmp_path / "encrypted"
    openssl("pkey", "-in", key, "-aes256", "-passout", "pass:secret", "-out", encrypted)
    result = run("sign", table, "--key", encrypted)
    assert (result.returncode, "encrypted" in result.stderr) == (2, True)


def test_a_private_key_is_no_trusted_key(key, table):
    run("sign", table, "--key", key)
    result = verify(table, key)
    assert result.returncode == 2
    assert "private key" in result.stderr


def test_what_is_no_table_is_not_signed(tmp_path, key):
    path = write(tmp_path, MINIMAL)
    result = run("sign", path, "--key", key)
    assert result.returncode == 1
    assert path.read_text() == MINIMAL


@pytest.mark.parametrize("arguments", [
    ["verify", "x"], ["sign", "x"], ["keygen"], ["verify", "missing", "--trusted-key", "missing"],
    ["sign", "missing", "--key", "missing"]])
def test_wrong_usage_is_status_2(tmp_path, arguments):
    assert run(*arguments, cwd=tmp_path).returncode == 2
    assert list(tmp_path.iterdir()) == []


def test_configurations_sign_and_verify(tmp_path, key):
    for config in sorted(pathlib.Path(CONFIGS).glob("0*.yaml")):
        table = tmp_path / "routes.sgt"
        assert run("compile", config, "-o", table).returncode == 0
        assert run("sign", table, "--key", key).returncode == 0
        assert verify(table, public(key)).returncode == 0
        assert run("compile", config, "--check", table).returncode == 0
