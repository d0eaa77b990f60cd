"""Templates: compared with pybars3 where both say the same, and with PyYAML for what values become."""

import json
import os
import random
import subprocess

import pybars
import pytest
import yaml

SIDEGATEC = os.path.abspath(os.environ.get("SIDEGATEC", ".build/debug/sidegatec"))
SEED = 20261124


def run(*arguments, cwd=None):
    return subprocess.run(
        [SIDEGATEC, *map(str, arguments)], capture_output=True, timeout=120, cwd=cwd,
        env=dict(os.environ, SWIFT_BACKTRACE="enable=no"))


def render(folder, template, values, *options):
    (folder / "t.hbs").write_bytes(template.encode())
    (folder / "values.json").write_text(json.dumps(values))
    return run("render", "t.hbs", "--values", "values.json", *options, cwd=folder)


def rendered(folder, template, values):
    result = render(folder, template, values)
    assert result.returncode == 0, result.stderr.decode()
    return result.stdout.decode()


DATA = {
    "name": "ada", "n": 7, "zero": 0, "half": 1.5, "yes": True, "no": False, "empty": "",
    "none": [], "xs": ["a", "b", "c"], "one": ["z"], "grid": [["p", "q"], ["r"]],
    "m": {"k1": "v1", "k2": "v2"}, "deep": {"er": {"est": "bottom"}, "list": [1, 2]},
    "people": [{"name": "bob", "tags": ["t1", "t2"]}, {"name": "cyd", "tags": []}],
    "odd": {"b c": "spaced", "a-b": "dashed"}, "nothing": None,
}

#: Only what pybars3 has too: no `else if`, no escaped tags, no comments with braces in them.
TEMPLATES = [
    "plain text", "a {{name}} b", "{{name}}{{n}}", "{{n}} {{half}} {{zero}}", "{{yes}} {{no}}",
    "x{{empty}}y", "x{{nothing}}y", "{{{name}}} {{&name}}", "{{ name }} {{  n  }}", "{{this.name}}",
    "{{./name}}", "{{deep.er.est}}", "{{deep/er/est}}", "{{deep.list.[1]}}", "{{xs.[0]}}{{xs.[2]}}",
    "{{odd.[b c]}}", "{{odd.a-b}}", "{{xs.length}} of them",
    # Conditions.
    "{{#if yes}}a{{/if}}b", "{{#if no}}a{{/if}}b", "{{#if name}}a{{else}}b{{/if}}",
    "{{#if empty}}a{{else}}b{{/if}}", "{{#if zero}}a{{else}}b{{/if}}",
    "{{#if none}}a{{else}}b{{/if}}", "{{#if xs}}a{{else}}b{{/if}}",
    "{{#if nothing}}a{{else}}b{{/if}}", "{{#if missing}}a{{else}}b{{/if}}",
    "{{#if deep.missing}}a{{else}}b{{/if}}", "{{#unless no}}a{{else}}b{{/unless}}",
    "{{#unless missing}}a{{/unless}}b",
    "{{#if yes}}{{#if no}}a{{else}}b{{/if}}{{else}}c{{/if}}", "{{#if xs.length}}some{{/if}}",
    "{{#if yes}}a{{^}}b{{/if}}", "{{#if no}}a{{^}}b{{/if}}",
    # Loops.
    "{{#each xs}}{{this}};{{/each}}", "{{#each xs}}{{.}};{{/each}}",
    "{{#each xs}}{{@index}}{{this}};{{/each}}",
    "{{#each xs}}{{#if @first}}f{{/if}}{{this}}{{#if @last}}l{{/if}};{{/each}}",
    "{{#each xs}}{{this}}{{#unless @last}}, {{/unless}}{{/each}}",
    "{{#each none}}a{{else}}nobody{{/each}}", "{{#each one}}{{@first}}{{@last}}{{/each}}",
    "{{#each m}}{{@key}}={{this}};{{/each}}", "{{#each people}}{{name}};{{/each}}",
    "{{#each people}}{{this.name}};{{/each}}", "{{#each people}}{{../name}}-{{name}};{{/each}}",
    "{{#each people}}{{name}}{{#each tags}}<{{this}}{{../name}}>{{/each}};{{/each}}",
    "{{#each people}}{{#each tags}}{{../../n}}{{/each}}{{else}}x{{/each}}",
    "{{#each grid}}{{#each this}}{{this}}{{@index}}{{@../index}};{{/each}}{{/each}}",
    "{{#each xs}}{{#if @index}}{{this}}{{else}}first{{/if}}{{/each}}",
    "{{#each people}}{{#if tags}}{{name}}{{else}}none{{/if}};{{/each}}",
    "{{#each deep.list}}{{this}};{{/each}}", "{{#each xs}}{{@root.name}}{{/each}}",
    # Other blocks.
    "{{#with deep}}{{er.est}}{{/with}}", "{{#with deep.er}}{{est}}{{/with}}",
    "{{#with deep}}{{#with er}}{{est}}{{/with}}{{/with}}",
    "{{#with m}}{{k1}}{{#each @root.xs}}{{this}}{{/each}}{{/with}}",
    # White space.
    "a {{~name~}} b", "a {{~name}} b", "a {{name~}} b", "a\n{{~name~}}\nb",
    "a {{~#if yes~}} b {{~/if~}} c", "a {{#if yes~}} b {{~/if}} c",
    "a {{~#if no}}b{{~else~}} c {{/if~}} d",
    "a\n{{#if yes}}\nb\n{{/if}}\nc", "a\n  {{#if yes}}\n  b\n  {{/if}}\nc",
    "a\n{{#if no}}\nb\n{{else}}\nc\n{{/if}}\nd",     "k:\n{{#each xs}}\n  - {{this}}\n{{/each}}\nend: 1",
    "k:\n{{#each xs}}\n  - {{this}}!\n{{/each}}\nend: 1",
    "{{#each people}}\n{{#if tags}}\n{{name}}: tagged\n{{else}}\n{{name}}: bare\n{{/if}}\n{{/each}}\n",
    "a\n{{! a comment }}\nb", "a {{! a comment }} b", "  {{! a comment }}  \nb",
    "a\n{{!-- a longer comment --}}\nb", "a {{!-- a comment --}} b",
    "{{#if yes}}\n\n  a\n\n{{/if}}\n", "x{{#if yes}}\ny\n{{/if}}z",
]


@pytest.mark.parametrize("template", TEMPLATES)
def test_a_template_is_rendered_as_pybars_does(tmp_path, template):
    expected = str(pybars.Compiler().compile(template)(DATA))
    assert rendered(tmp_path, template, DATA) == expected


#: Where pybars3 differs from Handlebars, or has nothing.
HANDLEBARS = [
    ("{{#unless yes}}a{{else}}b{{/unless}}", "b"),
    ("{{#with deep.er}}{{est}}{{../n}}{{/with}}", "bottom7"),
    ("{{#each xs}}\n- {{this}}\n{{/each}}\n", "- a\n- b\n- c\n"),
    ("k:\n  {{#each xs}}\n  - {{this}}\n  {{/each}}", "k:\n  - a\n  - b\n  - c\n"),
    ("k:\r\n{{#each xs}}\r\n  - {{this}}\r\n{{/each}}\r\nend: 1",
     "k:\r\n  - a\r\n  - b\r\n  - c\r\nend: 1"),
    ("{{#if no}}a{{else if zero}}b{{else if yes}}c{{else}}d{{/if}}", "c"),
    ("{{#if no}}a{{else if no}}b{{else}}d{{/if}}", "d"),
    ("{{#each none}}a{{else if yes}}b{{/each}}", "b"),
    ("k\n{{#if no}}\na\n  {{else if yes}}\nb\n{{else}}\nc\n{{/if}}\nd", "k\nb\nd"),
    ("{{^if no}}a{{else}}b{{/if}}", "a"), ("{{^unless no}}a{{else}}b{{/unless}}", "b"),
    ("x\\{{name}} {{name}}", "x{{name}} ada"), ("x\\\\{{name}}", "x\\ada"),
    ("{{!-- {{name}} }} --}}a", "a"), ("{{!-- a --~}}  b", "b"), ("a  {{~! a ~}}  b", "ab"),
    ("{{#each xs as |x i|}}{{i}}{{x}};{{/each}}", "0a;1b;2c;"),
    ("{{#each m as |v k|}}{{k}}{{v}};{{/each}}", "k1v1;k2v2;"),
    ("{{#with deep.er as |d|}}{{d.est}}{{/with}}", "bottom"),
    ("{{#each people as |p|}}{{#each p.tags}}{{p.name}}{{this}};{{/each}}{{/each}}",
     "bobt1;bobt2;"),
    ("{{#with deep}}{{@root.name}}{{/with}}", "ada"), ("{{~{name}~}}", "ada"),
    ("{{#if m}}a{{else}}b{{/if}}", "a"), ("{{#with nothing}}a{{else}}b{{/with}}", "b"),
    ("{{#with zero}}z{{this}}{{/with}}", "z0"), ("{{#if true}}a{{/if}}", "a"),
    ("{{#each people}}{{#if tags}}{{../n}}{{/if}}{{/each}}", "7"), ("{{[name]}}", "ada"),
    ("a }} b { c }", "a }} b { c }"),
]


@pytest.mark.parametrize("template, expected", HANDLEBARS)
def test_a_template_is_rendered_as_handlebars_does(tmp_path, template, expected):
    assert rendered(tmp_path, template, DATA) == expected


def test_the_templates_compared_are_many_and_differ():
    assert len(set(TEMPLATES)) == len(TEMPLATES) >= 60


# What values become.

#: Each puts a value into a place; `None` stands for what the value itself must be there.
PLACES = {
    "plain": ("v: {{x}}\n", "{}"),
    "plain before a comment": ("v: {{x}} # a note\n", "{}"),
    "plain with text": ("v: pre-{{x}}-post\n", "pre-{}-post"),
    "plain with spaces": ("v: one {{x}} two\n", "one {} two"),
    "plain with a quote": ("v: it's {{x}}\n", "it's {}"),
    "plain with a colon": ("v: http://{{x}}:80/v1\n", "http://{}:80/v1"),
    "two values": ("v: {{x}}{{x}}\n", "{}{}"),
    "two values with a slash": ("v: {{x}}/{{x}}\n", "{}/{}"),
    "double quotes": ('v: "{{x}}"\n', "{}"),
    "double quotes with text": ('v: "a\\t{{x}}\\"b"\n', 'a\t{}"b'),
    "double quotes over lines": ('v: "a {{x}}\n  {{x}} b"\n', "a {} {} b"),
    "single quotes": ("v: '{{x}}'\n", "{}"),
    "single quotes with text": ("v: 'it''s \\ \"{{x}}\"'\n", "it's \\ \"{}\""),
    "single quotes over lines": ("v: 'a {{x}}\n  {{x}} b'\n", "a {} {} b"),
    "plain over lines": ("v: a {{x}}\n  {{x}} b\n", "a {} {} b"),
    "in brackets": ("v: [{{x}}, b]\n", None),
    "in braces": ("v: {k: {{x}} , l: 1}\n", None),
    "in braces with quotes": ("v: {k: '{{x}}', l: \"{{x}}\"}\n", None),
    "item": ("v:\n- {{x}}\n- b\n", None),
    "item of a deeper list": ("v:\n  -   {{x}}\n  -   b: {{x}}\n", None),
    "key in quotes": ('v: {"{{x}}": 1}\n', None),
    "key": ("v:\n  {{x}}: 1\n  zz: 2\n", None),
    "beside an anchor": ("v: &a {{x}}\nw: *a\n", "{}"),
    "in a comment": ("# {{x}}\nv: 1 # {{x}} : [\nw: 2\n", None),
}
SHAPES = {
    "in brackets": lambda x: {"v": [x, "b"]}, "in braces": lambda x: {"v": {"k": x, "l": 1}},
    "in braces with quotes": lambda x: {"v": {"k": x, "l": x}},
    "item": lambda x: {"v": [x, "b"]}, "item of a deeper list": lambda x: {"v": [x, {"b": x}]},
    "key in quotes": lambda x: {"v": {x: 1}}, "key": lambda x: {"v": {x: 1, "zz": 2}},
    "in a comment": lambda x: {"v": 1, "w": 2},
    "beside an anchor": lambda x: {"v": x, "w": x},
}

NASTY = [
    "", " ", "  ", "\t", "\n", "\n\n", "a\n", "a\n\n", "\na", " a", "a ", "\ta", "a\t", "a b",
    "a: b", "a:", ":a", ": ", ":", "a#b", "a #b", "# a", "#", "*", "*a", "&a", "&", "!", "!a",
    "!!str a", "%", "%a", "@a", "`a", "|", "|\n a", ">", "- a", "-", "--- a", "---", "...", "?",
    "? a", "[", "]", "{", "}", "[a]", "{a: b}", "a, b", ",", "'", "''", "'a'", '"', '"a"', "\\",
    "\\n", "a\\", "\\\"", "it's", "a\"b'c", "true", "True", "yes", "no", "on", "off", "y", "n",
    "null", "Null", "~", "none", "1", "010", "0x10", "0o17", "1e5", "1.5", "1.", ".5", ".inf",
    ".nan", "1_000", "12:30", "190:20:30", "2024-10-21", "2024-10-21 10:00:00", "+1", "-1", "-.5",
    "=", "<<", "a\r\nb", "a\rb", "\r", "\0", "\x07", "\x1b[31m", "\x7f", "\x85", "\xa0",
    "\u2028", "\u2029", "\ufeff", "\ufffe", "\ufffd", "é", "日本語", "😀", "a\u0301", "{{x}}",
    "{{#if}}", "}}", "os.environ/KEY", "http://h:1/v1?a=b#c", "-----BEGIN KEY-----\nabc\n---\n",
    "a\nb\n  c\n", "a\n\n b", "  a\nb", "a\n- b\n", "x" * 300, "a  b", "a \nb", "a\n b",
]


def random_texts(count):
    choose = random.Random(SEED)
    alphabet = list(" \t\n\r:#-?!&*|>'\"%@`,[]{}\\=~<.0123456789aex_+é😀\x00\x85\u2028\ufeff") + [
        ": ", " #", "\n\n", "---", "true", "null", "1e5"]
    return ["".join(choose.choice(alphabet) for _ in range(choose.randint(1, 12)))
            for _ in range(count)]


TEXTS = list(dict.fromkeys(NASTY + random_texts(400)))


def documents(text):
    return list(yaml.safe_load_all(text))


@pytest.mark.parametrize("place", PLACES)
def test_a_text_is_read_back_as_it_was(tmp_path, place):
    template, shape = PLACES[place]
    whole = "".join("---\n" + template.replace("{{x}}", "{{xs.[%d]}}" % index)
                    for index in range(len(TEXTS)))
    found = documents(rendered(tmp_path, whole, {"xs": TEXTS}))
    for text, document in zip(TEXTS, found, strict=True):
        if place in SHAPES:
            assert document == SHAPES[place](text), repr(text)
        elif text or "over lines" not in place:
            assert document["v"] == shape.replace("{}", text), repr(text)
        else:
            # Nothing is between two blanks and a line's end, which are one blank.
            assert document["v"] == "a b"


@pytest.mark.parametrize("place", ["plain", "in brackets", "single quotes", "double quotes over lines"])
def test_our_reader_reads_the_same(tmp_path, place):
    template, _ = PLACES[place]
    whole = "".join("---\n" + template.replace("{{x}}", "{{xs.[%d]}}" % index)
                    for index in range(len(TEXTS)))
    text = rendered(tmp_path, whole, {"xs": TEXTS})
    (tmp_path / "out.yaml").write_bytes(text.encode())
    shown = run("debug-yaml", "out.yaml", cwd=tmp_path)
    found = json.loads(shown.stdout)
    assert not found["error"]
    expected = documents(text)
    assert len(found["documents"]) == len(expected)
    for ours, theirs in zip(found["documents"], expected):
        value = ours["map"][0][1]
        if isinstance(value, list):
            value = value[0]
            theirs = theirs["v"][0]
        else:
            theirs = theirs["v"]
        assert value == {"str": theirs}


@pytest.mark.parametrize("template, expected", [
    ("v:\n  k: |\n    {{x}}\n    end\nw: 1\n", lambda x: x.removesuffix("\n") + "\nend\n"),
    ("v:\n  k: |\n    start\n    {{x}}\n    end\nw: 1\n",
     lambda x: "start\n" + x.removesuffix("\n") + "\nend\n"),
    ("v:\n  k: |\n    a {{x}} b\nw: 1\n", lambda x: "a " + x + " b\n"),
    ("v:\n  k: >\n    start {{x}} end\nw: 1\n", lambda x: "start " + x + " end\n"),
    ("v:\n- k: |2-\n     a\n    {{x}}.\nw: 1\n", lambda x: " a\n" + x + "."),
])
def test_a_block_holds_the_text_or_it_is_refused(tmp_path, template, expected):
    fits = 0
    for text in TEXTS[:160]:
        result = render(tmp_path, template, {"x": text})
        if result.returncode == 0:
            fits += 1
            found = yaml.safe_load(result.stdout)["v"]
            found = found[0]["k"] if isinstance(found, list) else found["k"]
            assert found == expected(text), repr(text)
        else:
            assert result.returncode == 1
            assert b"[SG0093]" in result.stderr, repr(text)
            assert result.stdout == b""
    # Most of what is left can be put between quotes only.
    assert fits > 60


@pytest.mark.parametrize("value", [0, 1, -5, 1.5, 1e100, 1e-7, 123456789012345, True, False, None])
def test_numbers_and_truth_values_stay_what_they_are(tmp_path, value):
    text = rendered(tmp_path, "v: {{x}}\nw: [{{x}}]\nq: '{{x}}'\n", {"x": value})
    found = yaml.safe_load(text)
    assert found["v"] == value and type(found["v"]) is type(value)
    assert found["w"] == [value] and isinstance(found["q"], str)


def test_a_number_in_a_text_value_stays_a_text(tmp_path):
    text = rendered(tmp_path, "v: {{x}}\nw: 1{{x}}\nn: 1{{n}}\n", {"x": "80", "n": 5})
    assert yaml.safe_load(text) == {"v": "80", "w": "180", "n": 15}


# The command.


def test_values_are_merged_and_later_ones_win(tmp_path):
    (tmp_path / "t.hbs").write_text("{{#each m}}{{@key}}: {{this}}\n{{/each}}l: [{{l.[0]}}]\n")
    (tmp_path / "a.yaml").write_text("m: {one: 1, two: yes, three: 010}\nl: [a, b]\n")
    (tmp_path / "b.json").write_text('{"m": {"two": "2", "four": "\\ud83d\\ude00"}, "l": ["c"]}')
    for files in (["--values", "a.yaml", "b.json"], ["--values", "a.yaml", "--values", "b.json"]):
        result = run("render", "t.hbs", *files, "--set", "m.one=x: y", "--set", "m.five=[1]",
                     cwd=tmp_path)
        assert result.returncode == 1 and b"--set m.one is not YAML" not in result.stderr
        result = run("render", "t.hbs", *files, "--set", 'm.one="x: y"', cwd=tmp_path)
        assert yaml.safe_load(result.stdout) == {
            "one": "x: y", "two": "2", "three": 8, "four": "😀", "l": ["c"]}


def test_the_output_is_written_whole_or_not_at_all(tmp_path):
    (tmp_path / "out.yaml").write_text("before")
    assert render(tmp_path, "a: {{y}}", {"x": 1}, "-o", "out.yaml").returncode == 1
    assert (tmp_path / "out.yaml").read_text() == "before"
    assert render(tmp_path, "a: {{x}}", {"x": 1}, "-o", "out.yaml").returncode == 0
    assert (tmp_path / "out.yaml").read_text() == "a: 1"
    assert render(tmp_path, "a: {{x}}", {"x": 1}, "-o", "no/out").returncode == 2
    assert run("render", "missing.hbs", cwd=tmp_path).returncode == 2
    assert run("render", "t.hbs", "--values", "missing", cwd=tmp_path).returncode == 2


#: By code: a template, the place of its mistake, and words of the message.
MISTAKES = {
    "SG0001": [
        ("a: {{x}}\nb: [\n", "3:1", ""),
        ("{{#each xs}}\na: {{this}}: 1\n{{/each}}\n", "2:12", "mapping values"),
    ],
    "SG0090": [
        ("a: {{#if x}}b", "1:4", "no end"), ("a: {{x", "1:4", "no end"),
        ("a: {{}}", "1:4", "names nothing"), ("a: {{/if}}", "1:4", "closes no block"),
        ("a: {{else}}", "1:4", "no block"), ("a: {{#if x}}{{/each}}", "1:13", "does not close"),
        ("a: {{x..y}}", "1:6", "not a path"),
    ],
    "SG0091": [
        ("a: {{upper x}}", "1:4", "no helper upper"),
        ("a: {{#upper x}}{{/upper}}", "1:4", "no block helper upper"),
        ("a: {{> part}}", "1:4", "partials"),
        ("a: {{#if (eq x 1)}}{{/if}}", "1:10", "parentheses"),
        ("a: {{{{raw}}}}x{{{{/raw}}}}", "1:4", "raw blocks"),
    ],
    "SG0092": [
        ("a: 1\nb: {{missng}}\n", "2:6", "did you mean missing?"),
        ("a: {{#each xs}}{{this.y}}{{/each}}", "1:18", "there is no value this.y"),
        ("a: {{../x}}", "1:6", "../x"), ("a: {{@index}}", "1:6", "@index"),
        ("é: {{#each missing2}}{{/each}}", "1:12", "missing2"),
    ],
    "SG0093": [
        ("a: {{xs}}", "1:6", "xs is a list"), ("a: {{m}}", "1:6", "m is a mapping"),
        ("a: &{{odd}} b", "1:5", "no name"),
        ("a: {{#each x}}{{/each}}", "1:4", "#each takes a list"),
        ("a: \"\\\\{{odd}}\"", "1:7", "backslash"),
    ],
}


@pytest.mark.parametrize("code, mistake", [
    (code, mistake) for code, mistakes in MISTAKES.items() for mistake in mistakes])
def test_a_mistake_is_shown_where_it_is(tmp_path, code, mistake):
    template, place, words = mistake
    values = {"x": "1", "xs": ["p", "q"], "m": {"k": "v"}, "missing": 1, "odd": "a b"}
    result = render(tmp_path, template, values)
    assert result.returncode == 1
    assert result.stdout == b""
    shown = result.stderr.decode()
    assert f"t.hbs:{place}: error: " in shown and f"[{code}]" in shown and words in shown, shown


def test_all_missing_values_are_told_once_each(tmp_path):
    template = "{{#each xs}}\n- {{a}}{{b}}\n{{/each}}\nc: {{c}}\n"
    result = render(tmp_path, template, {"xs": [{}, {}, {}]}, "--diagnostics", "json")
    found = json.loads(result.stderr.decode().rsplit("]\n", 1)[0] + "]")
    assert [(item["line"], item["column"]) for item in found] == [(2, 5), (2, 10), (4, 6)]


@pytest.mark.parametrize("template, values, words", [
    ("{{#each xs}}{{#each ../xs}}{{#each ../../xs}}a{{/each}}{{/each}}{{/each}}",
     {"xs": list(range(200))}, "1000000 times"),
    ("{{#if x}}" * 65 + "{{/if}}" * 65, {"x": 1}, "deeper than 64"),
    ("{{#if x}}" + "{{else if x}}" * 70 + "{{/if}}", {"x": 1}, "64"),
    ("{{#each xs}}" + "x" * 1000 + "{{/each}}", {"xs": list(range(70000))}, "64 MiB"),
])
def test_a_template_without_bounds_is_ended(tmp_path, template, values, words):
    result = render(tmp_path, template, values)
    assert result.returncode == 1
    assert words in result.stderr.decode() and "[SG0094]" in result.stderr.decode()


TEMPLATE = """model_list:
{{#each models}}
- model_name: {{name}}
  litellm_params:
    model: {{model}}
    {{#if base}}
    api_base: {{base}}
    {{/if}}
    {{#if key}}
    api_key: {{key}}
    {{/if}}
{{/each}}
"""
MODELS = {"models": [
    {"name": "a: b", "model": "openai/a", "base": "http://a:1/v1", "key": "os.environ/KEY"},
    {"name": "c", "model": "bedrock/anthropic.claude-v2"}]}


def test_a_template_compiles_to_the_table_of_its_text(tmp_path):
    (tmp_path / "text.yaml").write_text(rendered(tmp_path, TEMPLATE, MODELS))
    first = run("compile", "t.hbs", "--values", "values.json", "-o", "a.sgt", cwd=tmp_path)
    second = run("compile", "text.yaml", "-o", "b.sgt", cwd=tmp_path)
    assert first.returncode == second.returncode == 0, first.stderr
    assert (tmp_path / "a.sgt").read_bytes() == (tmp_path / "b.sgt").read_bytes()


def test_diagnostics_of_the_compiler_point_into_the_template(tmp_path):
    (tmp_path / "t.hbs").write_text(TEMPLATE + "router_settings:\n  routing_strategy: {{s}}\n")
    (tmp_path / "v.json").write_text(json.dumps(dict(MODELS, s="x")))
    result = run("check", "t.hbs", "--values", "v.json", "--diagnostics", "json", cwd=tmp_path)
    found = {item["code"]: (item["file"], item["line"], item["column"])
             for item in json.loads(result.stdout)}
    assert result.returncode == 1
    assert found["SG0050"] == ("t.hbs", 14, 21)
    # The deployment without a region is the second run of the loop; the tag is the template's.
    assert found["SG0046"][:2] == ("t.hbs", 5)


def test_included_files_are_templates_too(tmp_path):
    (tmp_path / "t.hbs").write_text("include: [part.yaml]\n")
    (tmp_path / "part.yaml").write_text(TEMPLATE + "modle: {{m}}\n")
    (tmp_path / "v.json").write_text(json.dumps(dict(MODELS, m=1)))
    result = run("check", "t.hbs", "--values", "v.json", cwd=tmp_path)
    assert result.returncode == 0, result.stderr
    assert b"part.yaml:13:1: warning: unknown key modle" in result.stderr


@pytest.mark.parametrize("break_it", [
    "", "{{nope}}\n", "bad: [\n", "router_settings: {routing_strategy: x}\n",
    "note: {{models.[0].key}} [\n"])
def test_no_secret_of_the_values_is_shown(tmp_path, break_it):
    secret = "c4n4ry9f3e7a1d"
    values = {"models": [{"name": secret, "model": "openai/x", "key": secret + "-key"}],
              "password": secret}
    (tmp_path / "t.hbs").write_text(TEMPLATE + break_it)
    (tmp_path / "v.yaml").write_text(yaml.safe_dump(values) + "api_key: " + secret + "\n")
    for arguments in (["check"], ["check", "--diagnostics", "json"], ["compile", "-o", "out.sgt"]):
        result = run(arguments[0], "t.hbs", "--values", "v.yaml", *arguments[1:], cwd=tmp_path)
        assert secret.encode() not in result.stdout + result.stderr
    broken = (tmp_path / "v.yaml").read_text() + "api_key: *" + secret + "\n"
    (tmp_path / "v.yaml").write_text(broken)
    result = run("check", "t.hbs", "--values", "v.yaml", cwd=tmp_path)
    assert result.returncode == 1
    assert secret.encode() not in result.stdout + result.stderr


def test_without_values_a_template_says_what_it_wants(tmp_path):
    (tmp_path / "t.hbs").write_text(TEMPLATE)
    result = run("check", "t.hbs", cwd=tmp_path)
    assert result.returncode == 1 and b"--values" in result.stderr


@pytest.mark.parametrize("text, words", [
    ("- a\n", "values must be a mapping"), ("a: [", "SG0001"), ("", ""), ("{", "")])
def test_a_values_file_that_is_none_is_told_of(tmp_path, text, words):
    (tmp_path / "t.hbs").write_text("a: 1\n")
    (tmp_path / "v.yaml").write_text(text)
    result = run("render", "t.hbs", "--values", "v.yaml", cwd=tmp_path)
    assert result.returncode == (0 if text == "" else 1)
    assert words in result.stderr.decode()
    if text:
        assert "v.yaml:" in result.stderr.decode()


@pytest.mark.parametrize("command", ["render", "check"])
def test_broken_values_are_told_of_alone(tmp_path, command):
    (tmp_path / "t.hbs").write_text("a: {{b}}\n")
    (tmp_path / "v.json").write_text('{"api_key": "c4n4ry9f3e7a1d",\n "b": [1,}')
    result = run(command, "t.hbs", "--values", "v.json", cwd=tmp_path)
    shown = result.stderr.decode()
    assert result.returncode == 1 and "1 error\n" in shown
    assert "v.json:2:10: error: this is not JSON [SG0095]" in shown
    assert "c4n4ry9f3e7a1d" not in shown


@pytest.mark.parametrize("setting, words", [
    ("x", "path"), ("=1", "path"), ("a..b=1", "path"), ("x.y=1", "scalar"),
    ("xs.5=1", "end of a list"), ("x=[", "not YAML")])
def test_a_setting_that_is_none_is_told_of(tmp_path, setting, words):
    (tmp_path / "t.hbs").write_text("a: 1\n")
    (tmp_path / "v.yaml").write_text("x: 1\nxs: [1]\n")
    result = run("render", "t.hbs", "--values", "v.yaml", "--set", setting, cwd=tmp_path)
    assert result.returncode == 1 and words in result.stderr.decode()
