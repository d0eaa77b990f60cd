"""The same input gives the same bytes, wherever and however it is compiled; `--check` knows."""

import os
import random
import shutil
import subprocess

import pytest
from test_sidegatec import CONFIGS, MINIMAL, SIDEGATEC, run, write

COMPILABLE = sorted(path.name for path in CONFIGS.glob("*.yaml") if path.name != "13-refused.yaml")
#: Whatever may leak into a program that is not careful.
ENVIRONMENTS = [
    {"LC_ALL": "C"}, {"LC_ALL": "C.UTF-8"}, {"LC_ALL": "tr_TR.UTF-8"}, {"LC_ALL": "de_DE.UTF-8"},
    {"LANG": "ar_EG.UTF-8", "LC_NUMERIC": "de_DE.UTF-8"}, {"TZ": "Pacific/Kiritimati"},
    {"TZ": "America/St_Johns", "LC_TIME": "ja_JP"}, {"HOME": "/nonexistent", "USER": "nobody"},
    {"SWIFT_DETERMINISTIC_HASHING": "1"}, {"OPENAI_API_KEY": "sk-x", "AWS_REGION": "eu-west-1"},
    {"LITELLM_MASTER_KEY": "sk-y", "COLUMNS": "20", "TERM": "dumb"}, {"SOURCE_DATE_EPOCH": "1"},
]


def compiled(*files, cwd=None, environment=None, umask=None, output="out.sgt"):
    result = subprocess.run(
        [os.path.abspath(SIDEGATEC), "compile", *map(str, files), "-o", str(output)],
        capture_output=True, text=True, timeout=60, cwd=cwd,
        env={"PATH": os.environ["PATH"], "SWIFT_BACKTRACE": "enable=no", **(environment or {})},
        preexec_fn=None if umask is None else lambda: os.umask(umask))
    assert result.returncode == 0, result.stderr
    path = (cwd / output) if cwd else output
    try:
        return path.read_bytes(), path.stat().st_mode
    finally:
        path.unlink()


@pytest.mark.parametrize("name", COMPILABLE)
def test_the_environment_decides_nothing(tmp_path, name):
    tables = {compiled(CONFIGS / name, output=tmp_path / "out.sgt")}
    for environment in ENVIRONMENTS:
        tables.add(compiled(CONFIGS / name, environment=environment, output=tmp_path / "out.sgt"))
    assert len(tables) == 1


def test_neither_run_nor_umask_decides(tmp_path):
    """Hashes of names differ from run to run, so that an order that hangs on them would show."""
    name = CONFIGS / "07-production-gateway.yaml"
    tables = {compiled(name, umask=umask, output=tmp_path / "out.sgt")
              for umask in [0o000, 0o022, 0o077, 0o777] * 4}
    assert len(tables) == 1


def test_neither_working_folder_nor_path_decides(tmp_path):
    elsewhere = tmp_path / "deep" / "er"
    elsewhere.mkdir(parents=True)
    shutil.copytree(CONFIGS, elsewhere / "configs")
    for name in COMPILABLE:
        tables = {
            compiled(CONFIGS / name, output=tmp_path / "out.sgt"),
            compiled(name, cwd=elsewhere / "configs"),
            compiled(f"configs/./{name}", cwd=elsewhere),
            compiled(f"../er/configs/{name}", cwd=elsewhere),
            compiled(elsewhere / "configs" / name, cwd=tmp_path),
        }
        assert len(tables) == 1, name


def model(name):
    return (f"model_list:\n- {{model_name: {name}, litellm_params: {{model: openai/{name}, "
            f"api_base: 'http://{name}:80'}}}}\n")


def test_the_order_of_included_files_does_not_decide(tmp_path):
    """Of files whose models differ; one model's deployments keep their order, as it counts."""
    names = [f"m{number}" for number in range(8)]
    for name in names:
        write(tmp_path, model(name) + "router_settings: {num_retries: 1}\n", f"{name}.yaml")
    tables = set()
    shuffled = random.Random(7)
    for _ in range(6):
        shuffled.shuffle(names)
        include = ", ".join(f"{name}.yaml" for name in names)
        tables.add(compiled(write(tmp_path, f"include: [{include}]\n"), output=tmp_path / "o.sgt"))
        tables.add(compiled(*[tmp_path / f"{name}.yaml" for name in names],
                            output=tmp_path / "o.sgt"))
    assert len(tables) == 1


def test_credentials_of_included_files_do_not_decide_either(tmp_path):
    for name in ("a", "b"):
        write(tmp_path, f"model_list:\n- {{model_name: {name}, litellm_params: {{model: openai/x, "
              f"api_key: os.environ/KEY_{name}}}}}\n", f"{name}.yaml")
    tables = {compiled(tmp_path / first, tmp_path / second, output=tmp_path / "o.sgt")
              for first, second in (("a.yaml", "b.yaml"), ("b.yaml", "a.yaml"))}
    assert len(tables) == 1


def test_check_says_whether_a_table_is_up_to_date(tmp_path):
    config, table = write(tmp_path, MINIMAL), tmp_path / "routes.sgt"
    assert run("compile", config, "-o", table).returncode == 0
    before = table.stat()
    good = run("compile", config, "--check", table)
    assert (good.returncode, good.stdout) == (0, "")
    assert "is up to date" in good.stderr
    write(tmp_path, MINIMAL.replace("openai/a", "openai/b"))
    stale = run("compile", config, "--check", table)
    assert (stale.returncode, stale.stdout) == (1, "")
    assert "is out of date" in stale.stderr
    after = table.stat()
    assert (before.st_mtime_ns, before.st_ino) == (after.st_mtime_ns, after.st_ino)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["gateway.yaml", "routes.sgt"]


def test_check_counts_the_generation_only_when_it_is_given(tmp_path):
    config, table = write(tmp_path, MINIMAL), tmp_path / "routes.sgt"
    run("compile", config, "-o", table, "--generation", "7")
    assert run("compile", config, "--check", table).returncode == 0
    assert run("compile", config, "--check", table, "--generation", "7").returncode == 0
    assert run("compile", config, "--check", table, "--generation", "8").returncode == 1


def test_check_is_status_1_for_errors_and_2_for_what_cannot_be_compared(tmp_path):
    config, table = write(tmp_path, MINIMAL), tmp_path / "routes.sgt"
    assert run("compile", config, "--check", table).returncode == 2
    assert not table.exists()
    run("compile", config, "-o", table)
    write(tmp_path, "router_settings: {routing_strategy: x}")
    broken = run("compile", config, "--check", table)
    assert (broken.returncode, "SG0050" in broken.stderr) == (1, True)
    assert run("compile", config, "--check", table, "-o", table).returncode == 2
    assert run("compile", config).returncode == 2


@pytest.mark.parametrize("name", COMPILABLE)
def test_inspect_writes_a_configuration_of_the_same_table(tmp_path, name):
    first, again = tmp_path / "a.sgt", tmp_path / "b.sgt"
    run("compile", CONFIGS / name, "-o", first, "--generation", "3")
    shown = run("inspect", first, "--yaml", "--reveal-secrets")
    assert shown.returncode == 0
    assert shown.stdout.startswith("# generation 3\n")
    config = write(tmp_path, shown.stdout)
    result = run("compile", config, "-o", again, "--generation", "3")
    assert result.returncode == 0, result.stderr
    assert again.read_bytes() == first.read_bytes()


@pytest.mark.parametrize("arguments", [["--json", "--yaml"], ["--reveal-secrets"],
                                       ["--json", "--reveal-secrets"]])
def test_inspect_prints_one_form(tmp_path, arguments):
    table = tmp_path / "routes.sgt"
    run("compile", write(tmp_path, MINIMAL), "-o", table)
    assert run("inspect", table, *arguments).returncode == 2
