import Testing
import YAML

@Suite("Scalars as PyYAML reads them")
struct YAMLScalarTests {
    private func value(_ text: String) -> YAMLValue? {
        YAMLStream(Array("k: \(text)".utf8)).documents.first?["k"]?.scalar?.value
    }

    @Test(
        "reads null, booleans and strings",
        arguments: [
            ("", .null), ("~", .null), ("null", .null), ("Null", .null), ("NULL", .null),
            ("nULL", .string("nULL")),
            ("true", .bool(true)), ("True", .bool(true)), ("yes", .bool(true)), ("On", .bool(true)),
            ("OFF", .bool(false)), ("no", .bool(false)), ("y", .string("y")),
            ("tRue", .string("tRue")), ("\"yes\"", .string("yes")), ("'1'", .string("1")),
            ("gpt-4o", .string("gpt-4o")), ("os.environ/X", .string("os.environ/X")),
            ("http://h:8000/v1", .string("http://h:8000/v1")), ("qwen3:8b", .string("qwen3:8b")),
            ("!!str 12", .string("12")), ("! 12", .string("12")), ("!!int \"12\"", .integer(12)),
        ] as [(String, YAMLValue)]
    )
    func words(text: String, expected: YAMLValue) {
        #expect(value(text) == expected)
    }

    @Test(
        "reads whole numbers",
        arguments: [
            ("0", .integer(0)), ("-1", .integer(-1)), ("+7", .integer(7)),
            ("1_000", .integer(1000)), ("010", .integer(8)), ("0o10", .string("0o10")),
            ("08", .string("08")), ("0x1F", .integer(31)), ("-0b101", .integer(-5)),
            ("1:30", .integer(90)), ("1:60", .string("1:60")), ("190:20:30", .integer(685_230)),
            ("0:30", .string("0:30")), ("0_", .integer(0)),
            ("9223372036854775807", .integer(.max)), ("-9223372036854775808", .integer(.min)),
            ("9223372036854775808", .bigInteger("9223372036854775808")),
            ("0xFFFFFFFFFFFFFFFFFF", .bigInteger("4722366482869645213695")),
            ("1000000000000000000000", .bigInteger("1000000000000000000000")),
        ] as [(String, YAMLValue)]
    )
    func integers(text: String, expected: YAMLValue) {
        #expect(value(text) == expected)
    }

    @Test(
        "reads a float only where there is a dot",
        arguments: [
            ("1.5", .float(1.5)), ("-0.0", .float(-0.0)), ("1.", .float(1)), (".5", .float(0.5)),
            ("+.5", .string("+.5")), ("1e5", .string("1e5")), ("3e-06", .string("3e-06")),
            ("1.0e5", .string("1.0e5")), ("1.0e+5", .float(100_000)),
            ("0.28e-6", .float(0.28e-6)), ("1_0.5_0", .float(10.5)), ("1:30.5", .float(90.5)),
            (".inf", .float(.infinity)), ("-.INF", .float(-.infinity)), (".", .string(".")),
            ("1.2.3", .string("1.2.3")), ("inf", .string("inf")),
        ] as [(String, YAMLValue)]
    )
    func floats(text: String, expected: YAMLValue) {
        #expect(value(text) == expected)
    }

    @Test(
        "recognises dates and times",
        arguments: [
            ("2024-10-21", true), ("2024-1-2", false), ("2024-10-21-preview", false),
            ("2024-10-21T10:00:00Z", true), ("2024-1-2 3:04:05.6 +02:00", true),
            ("2024-10-21 10:00", false), ("2024-10-21t10:00:00-5", true),
        ]
    )
    func timestamps(text: String, isTimestamp: Bool) {
        let expected: YAMLValue = isTimestamp ? .timestamp(text) : .string(text)
        #expect(value(text) == expected)
    }

    @Test("does not choke on absurdly long numbers")
    func longNumbers() {
        let digits = String(repeating: "9", count: 100_000)
        #expect(value(digits) == .string(digits))
        #expect(value("1:\(String(repeating: "1", count: 50))") != nil)
        #expect(value("99999999999999999999:30") == .string("99999999999999999999:30"))
    }
}
