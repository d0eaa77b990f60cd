"""Shows for each rule of scripts/tidy that it can fail, and that a good tree passes it."""

MANIFEST = """
system("CLinux"),
shared("POSIX", ["CLinux"]),
shared("Routing", ["POSIX"]),
compiler("YAML", ["POSIX"]),
sidecar("Proxy", ["Routing"]),
.executableTarget(
    name: "sidegate",
    dependencies: ["Proxy", argumentParser],
    path: "sidecar/sidegate"),
tests("RoutingTests", ["Routing"]),
"""

SWIFT = '''import POSIX

/// A choice. `// let x = 1 {` in a comment and "print(" in a string are no code.
package struct Choice {
    package var weight: Int
    /// The name.
    package func name() -> String { "print(\\(weight)) try! {" }
}
'''

#: A tree that no rule has anything against.
GOOD = {
    "Package.swift": MANIFEST,
    "Sources/Routing/Choice.swift": SWIFT,
    "Sources/POSIX/File.swift": "import CLinux\nlet a = unsafe b()\n",
    "compiler/YAML/Node.swift": "import POSIX\n",
    "sidecar/Proxy/Proxy.swift": "package import Routing\n",
    "Tests/RoutingTests/ChoiceTests.swift": "// [F-1]\n@testable import Routing\n",
    "docs/table-format.md": "# Format\n\n## The header\n\n[F-1] A rule.\n",
    "README.md": "# Title\n\n```sh\n# no title\n```\n"
                 "[a](docs/table-format.md#the-header) [b](docs)\n",
    "scripts/run": "#!/usr/bin/env bash\nset -euo pipefail\n",
}


def long_function(keyword: str) -> str:
    return f"{keyword} {{\n" + "    a()\n" * 61 + "}\n"


#: Rule, file, what makes it wrong.
WRONG = [
    ("sizes", "Sources/Routing/Long.swift", "a()\n" * 501),
    ("sizes", "Tests/RoutingTests/Long.swift", "a()\n" * 701),
    ("columns", "Sources/Routing/Wide.swift", "a" * 101),
    ("columns", "scripts/wide", "#!/bin/bash\nset -euo pipefail\n" + "a" * 101),
    ("functions", "Sources/Routing/F.swift", long_function("func a(b: () -> Void = {}) async")),
    ("functions", "Sources/Routing/F.swift", long_function("init?(a: Int)")),
    ("functions", "Sources/Routing/F.swift", long_function("func a<T>(b: T) throws(E) -> [T]")),
    ("functions", "scripts/f.py", "def f():\n" + "    a()\n" * 61),
    ("leftovers", "Sources/Routing/L.swift", "// TO" + "DO: later\n"),
    ("leftovers", "scripts/later", "# FIX" + "ME\n"),
    ("leftovers", "Sources/Routing/L.swift", "// let a = b\n"),
    ("leftovers", "Sources/Routing/L.swift", "// if a {\n"),
    ("leftovers", "sidecar/Proxy/L.swift", 'print("a")\n'),
    ("leftovers", "Tests/RoutingTests/L.swift", "let a = try! b()\n"),
    ("leftovers", "Sources/Routing/L.swift", "struct TableManager {}\n"),
    ("unsafe", "sidecar/Telemetry/U.swift", "let a = unsafe b()\n"),
    ("unsafe", "sidecar/Telemetry/U.swift", "struct A: @unchecked Sendable {}\n"),
    ("imports", "sidecar/Proxy/I.swift", "import Foundation\n"),
    ("imports", "compiler/YAML/I.swift", "internal import FoundationEssentials\n"),
    ("imports", "Sources/Routing/I.swift", "import CLinux\n"),
    ("imports", "sidecar/Proxy/I.swift", "package import POSIX\n"),
    ("layers", "Package.swift", MANIFEST.replace('"YAML", ["POSIX"]', '"YAML", ["Proxy"]')),
    ("layers", "Package.swift", MANIFEST.replace('"Proxy", ["Routing"]', '"Proxy", ["YAML"]')),
    ("declarations", "Sources/Routing/D.swift", "package struct A {}\n"),
    ("declarations", "Sources/Routing/D.swift", "// No.\n@inlinable\npackage static func a()\n"),
    ("declarations", "Sources/Routing/D.swift", "    package mutating func a() {}\n"),
    ("format_rules", "docs/table-format.md", "# Format\n\n## The header\n\n[F-1] [F-2]\n"),
    ("format_rules", "Tests/RoutingTests/R.swift", "// [F-9]\n"),
    ("documents", "README.md", "no title\n"),
    ("documents", "README.md", "# One\n\n# Two\n"),
    ("documents", "README.md", "# One\n\n[a](nowhere.md)\n"),
    ("documents", "README.md", "# One\n\n[a](docs/table-format.md#nowhere)\n"),
    ("machine_paths", "README.md", "# One\n\nsee /wo" + "rk/main/x\n"),
    ("machine_paths", "scripts/path", "cd /home/" + "me/x\n"),
    ("scripts", "scripts/loose", "#!/bin/sh\necho a\n"),
    ("mirrors", "Tests/OtherTests/OtherTests.swift", "\n"),
]


def run(rules, _finding) -> int:
    problems = []
    for rule in rules:
        problems += [f"the good tree fails: {finding}" for finding in rule(GOOD)]
    names = {rule.__name__: rule for rule in rules}
    for name, path, text in WRONG:
        found = [finding for finding in names[name]({**GOOD, path: text}) if finding.path == path]
        if not found:
            problems.append(f"{name} found nothing in {path}: {text[:60]!r}")
    for name in names.keys() - {name for name, _, _ in WRONG}:
        problems.append(f"{name} has no failing example")
    print("\n".join(problems) or f"tidy: {len(WRONG)} wrong examples found")
    return 1 if problems else 0
