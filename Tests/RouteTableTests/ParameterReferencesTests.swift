import Testing

@testable import RouteTable

@Suite("Parameters that are references")
struct ParameterReferencesTests {
    private func read<Value>(
        _ key: ParameterKey,
        _ value: String?,
        _ body: (Parameters, ReferenceValues) -> Value
    ) throws -> Value {
        let reference = Reference(kind: .environment, name: "NAME", isSecret: true)
        var contents = TableContents()
        contents.settings = [key: .text(.reference(reference))]
        let table = try RouteTable(bytes: TableWriter.encode(contents))
        return body(table.settings, ReferenceValues([value]))
    }

    @Test(
        "are numbers in the key's unit",
        arguments: [
            (.requestsPerMinute, "60", 60), (.requestsPerMinute, " 60\n", 60),
            (.requestsPerMinute, "1e3", 1000),
            (.requestsPerMinute, "9007199254740993", 9_007_199_254_740_993),
            (.timeoutMS, "1.5", 1500), (.timeoutMS, "0", 0), (.inputPrice, "0.0000025", 2_500_000),
            (.requestBytesMax, "0.5", 524_288),
        ] as [(ParameterKey, String, Int)]
    )
    func numbers(key: ParameterKey, text: String, expected: Int) throws {
        #expect(try read(key, text) { $0.integer(key, using: $1) } == expected)
        #expect(try read(key, text) { $0.unreadable(using: $1) }.isEmpty)
    }

    @Test(
        "are nothing, and said to be, where the value is no such number",
        arguments: [
            (.requestsPerMinute, "60.5"), (.requestsPerMinute, "-1"), (.requestsPerMinute, "many"),
            (.requestsPerMinute, "1e300"), (.timeoutMS, "-1"), (.timeoutMS, "nan"),
            (.timeoutMS, "inf"), (.timeoutMS, "1 second"), (.timeoutMS, "9e18"), (.timeoutMS, ""),
            (.maxBudget, "$5"), (.dropParams, "perhaps"), (.dropParams, "2"),
        ] as [(ParameterKey, String)]
    )
    func unreadable(key: ParameterKey, text: String) throws {
        #expect(try read(key, text) { $0.integer(key, using: $1) } == nil)
        #expect(try read(key, text) { $0.bool(key, using: $1) } == nil)
        let found = try read(key, text) { $0.unreadable(using: $1) }
        #expect(found == [UnreadableParameter(key: key, reference: "os.environ/NAME")])
        #expect(found.first?.description.hasPrefix("os.environ/NAME is not ") == true)
    }

    @Test(
        "are yes or no in the configuration's words",
        arguments: [
            ("true", true), ("Yes", true), ("ON", true), ("1", true), ("false", false),
            ("no", false), ("off\n", false), ("0", false),
        ]
    )
    func flags(text: String, expected: Bool) throws {
        #expect(try read(.dropParams, text) { $0.bool(.dropParams, using: $1) } == expected)
        #expect(try read(.dropParams, text) { $0.unreadable(using: $1) }.isEmpty)
    }

    @Test("without a value are missing, not unreadable")
    func missing() throws {
        #expect(try read(.timeoutMS, nil) { $0.integer(.timeoutMS, using: $1) } == nil)
        #expect(try read(.timeoutMS, nil) { $0.unreadable(using: $1) }.isEmpty)
    }

    @Test("leave stored values as they are")
    func stored() throws {
        var contents = TableContents()
        contents.settings = [.timeoutMS: .integer(1500), .dropParams: .bool(true)]
        let settings = try RouteTable(bytes: TableWriter.encode(contents)).settings
        let values = ReferenceValues([])
        #expect(settings.integer(.timeoutMS, using: values) == 1500)
        #expect(settings.bool(.dropParams, using: values) == true)
        #expect(settings.integer(.cooldownMS, using: values) == nil)
    }
}
