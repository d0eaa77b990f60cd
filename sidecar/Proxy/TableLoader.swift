internal import POSIX
internal import Cryptography
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
    /// A file of trusted keys that cannot be read, and why: nothing can be trusted then.
    case trustedKeys(path: String, reason: String)

    /// Whether it is the signature, and nothing else, that keeps the table out.
    var isOfTrust: Bool {
        if case .table(let error) = self { error.isOfTrust } else { false }
    }

    package var description: String {
        switch self {
        case .table(let error): error.description
        case .trustedKeys(let path, let reason): "the trusted keys in \(path): \(reason)"
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
    /// In the order of `TableLoader.trustedKeyPaths`.
    var trustedKeys: [FileMark?] = []
}

/// Opens tables and looks their references up.
package struct TableLoader: Sendable {
    package let path: String
    package let mode: RouteTable.Mode
    /// Whether every reference must have a value (`--require-credentials`).
    package let requiresCredentials: Bool
    /// Files of public keys of which one must have signed the table (`--trusted-key`); anybody's
    /// table is taken where there are none.
    package let trustedKeyPaths: [String]

    /// A credential's file is small; more is a mistake.
    private static let fileBytesMax = 1 << 20

    package init(
        path: String,
        mode: RouteTable.Mode,
        requiresCredentials: Bool = false,
        trustedKeyPaths: [String] = []
    ) {
        self.path = path
        self.mode = mode
        self.requiresCredentials = requiresCredentials
        self.trustedKeyPaths = trustedKeyPaths
    }

    /// Opens and verifies the file, and resolves all references.
    package func load(serial: Int) throws(TableLoadError) -> TableSnapshot {
        // Before the file is read: a change after that must not be taken for known.
        let sources = marks()
        let trusted = try trustedKeys()
        let table: RouteTable
        do {
            table = try RouteTable.open(path: path, mode: mode, trusted: trusted)
        } catch {
            throw .table(error)
        }
        return try snapshot(of: table, sources: sources, serial: serial)
    }

    /// The same table with its references looked up again: a credential was rotated.
    ///
    /// - Parameter sources: the versions of the files that the table was read and trusted by; those
    ///   of credentials are looked up.
    func snapshot(
        of table: RouteTable,
        sources: SourceMarks,
        serial: Int
    ) throws(TableLoadError) -> TableSnapshot {
        var sources = sources
        sources.credentials = [:]
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

    /// The keys as their files have them now, so that a rotation needs no restart; nil where
    /// anybody's table is taken.
    private func trustedKeys() throws(TableLoadError) -> TrustedKeys? {
        if trustedKeyPaths.isEmpty { return nil }
        var keys: [Ed25519PublicKey] = []
        for path in trustedKeyPaths {
            let pem: [UInt8]
            do throws(FileError) {
                pem = try File.read(path, sizeMax: TableLoader.fileBytesMax)
            } catch {
                throw .trustedKeys(path: path, reason: error.description)
            }
            do throws(KeyFault) {
                keys += try Ed25519PublicKey.keys(pem: pem)
            } catch {
                throw .trustedKeys(path: path, reason: error.description)
            }
        }
        return TrustedKeys(keys)
    }

    /// The versions of the files whose change means to load again: the table, the trusted keys.
    func marks() -> SourceMarks {
        SourceMarks(table: FileMark(path), trustedKeys: trustedKeyPaths.map { FileMark($0) })
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
