import RouteConfig
import RouteTable
import TestSupport
import Testing

@testable import TableCompiler

@Suite("The difference of two tables")
struct TableDifferenceTests {
    /// Of `cache_params` the JSON is told, which these are read from.
    private static let derived = Set(KnownKey.parameters(of: .cacheParams).map(\.key))

    /// A value of the same kind that is another one.
    private func other(_ value: ParameterValue) -> ParameterValue {
        switch value {
        case .bool(let bool): .bool(!bool)
        case .integer(let number): .integer(number == .max ? 1 : number + 1)
        case .number(let number): .number(number + 1)
        case .text(.secret): .text(.secret("another-secret-than-before"))
        case .text: .text(.literal("another"))
        case .list(let list): .list(list + [.literal("x-another"), .literal("1")])
        case .json: .json([.literal("{\"another\":1}")])
        case .digest(let bytes): .digest(bytes.map { ~$0 })
        }
    }

    /// Each set of parameters, to read and to change.
    private func paths(
        _ contents: TableContents
    ) -> [WritableKeyPath<TableContents, ParameterSet>] {
        var paths: [WritableKeyPath<TableContents, ParameterSet>] = [\.settings]
        paths += contents.credentials.indices.map { \.credentials[$0].parameters }
        paths += contents.virtualKeys.indices.map { \.virtualKeys[$0].parameters }
        for model in contents.models.indices {
            paths.append(\.models[model].parameters)
            for place in contents.models[model].deployments.indices {
                paths.append(\.models[model].deployments[place].parameters)
            }
        }
        return paths
    }

    private func isTold(_ old: TableContents, _ new: TableContents) -> Bool {
        let differences = TableDifference.between(old, new)
        let back = TableDifference.between(new, old)
        return !differences.isEmpty && !back.isEmpty
            && differences.changes.allSatisfy { !$0.kinds.isEmpty && !$0.line.contains("\n") }
    }

    @Test("is nothing for equal ones, and tells of every parameter that changes or goes")
    func parameters() {
        var config = RandomConfig(SeededRandom.make())
        for _ in 0..<4 {
            let contents = Compiled(config.text()).contents
            #expect(TableDifference.between(contents, contents).isEmpty)
            for path in paths(contents) {
                let isSettings = path == \TableContents.settings
                for (key, value) in contents[keyPath: path]
                where !isSettings || !Self.derived.contains(key) {
                    // Of an unused credential nobody would notice.
                    var changed = contents
                    changed[keyPath: path][key] = other(value)
                    #expect(isTold(contents, changed), "\(key) changed from \(value)")
                    changed[keyPath: path][key] = nil
                    #expect(isTold(contents, changed), "\(key) gone, which was \(value)")
                }
            }
        }
    }

    @Test("tells of everything else that a table holds")
    func rest() {
        let contents = Compiled(
            """
            model_list:
            - {model_name: a, litellm_params: {model: openai/a, api_base: "http://x/v1"}}
            - {model_name: a, litellm_params: {model: openai/b, order: 1}}
            - {model_name: b, litellm_params: {model: openai/c, litellm_credential_name: c}}
            credential_list: [{credential_name: c, credential_values: {}}]
            environment_variables: {ONE: "1", TWO: "2"}
            router_settings:
              fallbacks: [{a: [b]}]
              model_group_alias: {x: a}
            sidegate: {keys: [{hash: os.environ/H}]}
            """
        ).contents
        let changes: [(inout TableContents) -> Void] = [
            { $0.models[0].name = "z" }, { $0.models.removeLast() },
            { $0.models[0].deployments.swapAt(0, 1) }, { $0.models[0].deployments.removeLast() },
            { $0.models[0].deployments[0].id = .explicit("i") },
            { $0.models[0].deployments[0].provider = 3 },
            { $0.models[0].deployments[0].upstreamModel = .literal("z") },
            { $0.models[0].deployments[0].apiBase = nil },
            { $0.models[0].deployments[0].apiBase = .literal("http://y/v1") },
            { $0.models[0].deployments[0].weight = 7 },
            { $0.models[0].deployments[0].order = 7 },
            { $0.models[0].deployments[1].order = nil },
            { $0.models[1].deployments[0].credential = nil },
            { $0.aliases[0].name = "y" }, { $0.aliases[0].targets.append("b") },
            { $0.aliases[0].isHidden = true }, { $0.aliases = [] },
            { $0.credentials[0].name = "d" }, { $0.virtualKeys = [] },
            { $0.virtualKeys[0].digest[0] ^= 1 }, { $0.fallbacks = [] },
            { $0.fallbacks[0].targets = ["a"] }, { $0.fallbacks[0].trigger = .contentPolicy },
            { $0.fallbacks[0].model = "b" }, { $0.environment.removeLast() },
            { $0.environment[0].value = .literal("9") }, { $0.environment.swapAt(0, 1) },
        ]
        for (number, change) in changes.enumerated() {
            var changed = contents
            change(&changed)
            #expect(isTold(contents, changed), "change \(number)")
        }
        var rolledOut = contents
        rolledOut.generation = 99
        #expect(TableDifference.between(contents, rolledOut).isEmpty)
    }
}
