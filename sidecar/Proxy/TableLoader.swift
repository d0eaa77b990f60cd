package import POSIX
internal import ProviderData
internal import Providers
package import RouteTable

/// Why a table cannot be taken into service. The one in service, if any, stays.
package enum TableLoadError: Error, Hashable, Sendable, CustomStringConvertible {
    case table(TableError)
    /// References that must have a value and have none, and the secrets nobody can do without.
    case missing([String])
    /// Settings of the whole table whose references have values that cannot be read.
    case unreadable([UnreadableParameter])

    package var description: String {
        switch self {
        case .table(let error): error.description
        case .missing(let names):
            "no value for \(names.joined(separator: ", ")): set the variables, mount the files, "
                + "or take the references out of the configuration"
        case .unreadable(let parameters):
            parameters.map(\.description).joined(separator: "; ")
        }
    }
}

/// The process' environment and what a table adds to it.
struct LoadedEnvironment: Sendable {
    /// `environment_variables`.
    var added: [String: String] = [:]

    subscript(name: String) -> String? { ProcessEnvironment.value(name) ?? added[name] }
}

/// The versions of the files that a snapshot was made from.
struct SourceMarks: Hashable, Sendable {
    var table: FileMark?
    /// By path; nil for a file that is not there.
    var credentials: [String: FileMark?] = [:]
}

/// Opens tables and looks their references up.
package struct TableLoader: Sendable {
    package let path: String
    package let mode: RouteTable.Mode
    /// Whether every reference must have a value (`--require-credentials`).
    package let requiresCredentials: Bool

    /// A credential's file is small; more is a mistake.
    private static let fileBytesMax = 1 << 20

    package init(path: String, mode: RouteTable.Mode, requiresCredentials: Bool = false) {
        self.path = path
        self.mode = mode
        self.requiresCredentials = requiresCredentials
    }

    /// Opens and verifies the file, and resolves all references.
    package func load(serial: Int) throws(TableLoadError) -> TableSnapshot {
        // Before the file is read: a change after that must not be taken for known.
        let mark = FileMark(path)
        let table: RouteTable
        do {
            table = try RouteTable.open(path: path, mode: mode)
        } catch {
            throw .table(error)
        }
        return try snapshot(of: table, mark: mark, serial: serial)
    }

    /// The same table with its references looked up again: a credential was rotated.
    ///
    /// - Parameter mark: the version of the file that the table was read from.
    package func snapshot(
        of table: RouteTable,
        mark: FileMark?,
        serial: Int
    ) throws(TableLoadError) -> TableSnapshot {
        var sources = SourceMarks(table: mark)
        for path in TableLoader.referencedFiles(table) {
            sources.credentials[path] = FileMark(path)
        }
        let environment = environment(of: table)
        let resolved = table.references.map { TableLoader.value($0, environment) }
        let values = ReferenceValues(resolved)
        var missing: [String] = []
        var fatal: [String] = []
        for (reference, value) in zip(table.references, resolved) where value == nil {
            missing.append(reference.description)
            if reference.isRequired || requiresCredentials {
                fatal.append(reference.description)
            }
        }
        var masterKey = table.settings.string(.masterKey, using: values)
        if let text = table.settings.text(.masterKey), masterKey?.isEmpty ?? true {
            if case .reference(let index) = text.kind {
                fatal.append(table.references[index].description + " (the master key)")
            }
        } else if masterKey == nil, table.settings.digest(.masterKeyDigest) == nil {
            masterKey = environment["LITELLM_MASTER_KEY"]
        }
        guard fatal.isEmpty else { throw .missing(fatal) }
        let unreadable = unreadableSettings(table, values)
        guard unreadable.isEmpty else { throw .unreadable(unreadable) }
        missing += missingProviderKeys(table, environment)
        return TableSnapshot(
            table: table,
            values: values,
            serial: serial,
            sources: sources,
            environment: environment,
            masterKey: masterKey,
            missing: missing,
            disabledDeployments: disabledDeployments(table, values)
        )
    }

    /// Paths of the files that references name, whose change is a rotation.
    package static func referencedFiles(_ table: RouteTable) -> [String] {
        table.references.filter { $0.kind == .file }.map(\.name)
    }

    /// `environment_variables`, which other references may build on; what the process has already
    /// stays. The process' own environment is left alone: other threads read it, and the next table
    /// may say something else.
    private func environment(of table: RouteTable) -> LoadedEnvironment {
        var environment = LoadedEnvironment()
        for index in 0..<table.counts.environment {
            let variable = table.environment(at: index)
            let value: String?
            switch variable.value.kind {
            case .literal(let id), .secret(let id): value = table.string(id)
            case .reference(let index):
                value = TableLoader.value(table.references[index], environment)
            }
            if let value { environment.added[table.string(variable.name)] = value }
        }
        return environment
    }

    /// Of the table as a whole and of its models: no single deployment could be left out for them.
    private func unreadableSettings(
        _ table: RouteTable,
        _ values: ReferenceValues
    ) -> [UnreadableParameter] {
        (0..<table.counts.models).reduce(into: table.settings.unreadable(using: values)) {
            $0 += table.model(at: $1).parameters.unreadable(using: values)
        }
    }

    /// How many deployments miss a value that they need.
    private func disabledDeployments(_ table: RouteTable, _ values: ReferenceValues) -> Int {
        if table.references.isEmpty { return 0 }
        return (0..<table.counts.deployments).count { index in
            DeploymentReferences(table: table, values: values).disable(index)
        }
    }

    /// Deployments without a key whose provider wants one in a variable that is not set.
    private func missingProviderKeys(
        _ table: RouteTable,
        _ environment: LoadedEnvironment
    ) -> [String] {
        var seen: Set<UInt16> = []
        var names: [String] = []
        for index in 0..<table.counts.deployments {
            let deployment = table.deployment(at: index)
            guard deployment.credential == nil, !deployment.parameters.contains(.mockResponse),
                deployment.apiBase == nil, seen.insert(deployment.provider).inserted,
                let provider = Provider.coded(deployment.provider),
                let first = provider.keyVariables.first, provider.keyHeader != .none
            else { continue }
            if provider.key(environment: { environment[$0] }) == nil { names.append(first) }
        }
        return names
    }

    private static func value(
        _ reference: Reference,
        _ environment: LoadedEnvironment
    ) -> String? {
        switch reference.kind {
        case .environment:
            let value = environment[reference.name]
            return value?.isEmpty == true ? nil : value
        case .file:
            guard let bytes = try? File.read(reference.name, sizeMax: fileBytesMax) else {
                return nil
            }
            var text = Substring(String(decoding: bytes, as: UTF8.self))
            // The line feed that editors and `echo` leave is not part of a credential.
            while let last = text.utf8.last, last == 0x0A || last == 0x0D { text = text.dropLast() }
            return text.isEmpty ? nil : String(text)
        }
    }
}
