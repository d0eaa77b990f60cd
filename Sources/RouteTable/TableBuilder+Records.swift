internal import Cryptography

// One function for each kind of record, in the order in which they are added: that order decides
// the places in the pools, and so the table's bytes.
extension TableBuilder {
    mutating func addSettings(_ settings: ParameterSet) throws(TableWriterError) {
        let set = try parameters(settings)
        self[.settings].put(set)
        self[.settings].put(UInt32(0))
    }

    mutating func addCredentials(_ credentials: [Credential]) throws(TableWriterError) {
        try check(.credentials, credentials.count)
        for credential in credentials {
            let name = try string(credential.name)
            let set = try parameters(credential.parameters)
            self[.credentials].put(name)
            self[.credentials].put(set)
        }
    }

    mutating func addModels(
        _ models: [Model],
        credentialCount: Int
    ) throws(TableWriterError) {
        try check(.models, models.count)
        var patterns: [(name: [UInt8], index: UInt32)] = []
        var ids: [[UInt8]] = []
        for (index, model) in models.sorted(by: { isBefore($0.name, $1.name) }).enumerated() {
            let name = Array(model.name.utf8)
            if modelIndexes.updateValue(UInt32(index), forKey: name) != nil {
                throw .duplicateName(model.name)
            }
            names.append((name, UInt32(index)))
            if model.isPattern {
                let stars = name.count { $0 == UInt8(ascii: "*") }
                try check(.patternStars, stars)
                patterns.append((name, UInt32(index)))
            }
            let id = try self.name(model.name)
            let set = try parameters(model.parameters)
            self[.models].put(id)
            self[.models].put(UInt32(ids.count))
            self[.models].put(UInt32(model.deployments.count))
            self[.models].put(set)
            self[.models].put(model.isPattern ? TableLayout.Model.isPattern : 0)
            for deployment in model.deployments {
                try check(.deployments, ids.count + 1)
                if let credential = deployment.credential,
                    !(0..<credentialCount).contains(credential)
                {
                    throw .noSuchCredential(model: model.name)
                }
                if deployment.order == TableLayout.Deployment.noOrder {
                    throw .orderOutOfRange(model: model.name)
                }
                try addDeployment(deployment, model: UInt32(index))
                ids.append(deployment.id.text)
            }
        }
        try addPatterns(patterns)
        for index in ids.indices.sorted(by: { precedes((ids[$0], $0), (ids[$1], $1)) }) {
            self[.deploymentsByID].put(UInt32(index))
        }
    }

    private mutating func addDeployment(
        _ deployment: Deployment,
        model: UInt32
    ) throws(TableWriterError) {
        var flags: UInt16 = 0
        let id: UInt64
        switch deployment.id {
        case .derived(let value): id = value
        case .explicit(let text):
            id = UInt64(try name(text))
            flags |= TableLayout.Deployment.hasExplicitID
        }
        let upstreamModel = try text(deployment.upstreamModel)
        var apiBase = TableLayout.none
        if let base = deployment.apiBase { apiBase = try text(base) }
        let set = try parameters(deployment.parameters)
        self[.deployments].put(id)
        self[.deployments].put(model)
        self[.deployments].put(upstreamModel)
        self[.deployments].put(apiBase)
        self[.deployments].put(deployment.provider)
        self[.deployments].put(deployment.order ?? TableLayout.Deployment.noOrder)
        self[.deployments].put(deployment.credential.map { UInt32($0) } ?? TableLayout.none)
        self[.deployments].put(set)
        self[.deployments].put(deployment.weight)
        self[.deployments].put(flags)
        self[.deployments].put(UInt16(0))
    }

    private mutating func addPatterns(
        _ patterns: [(name: [UInt8], index: UInt32)]
    ) throws(TableWriterError) {
        try check(.patterns, patterns.count)
        let sorted = patterns.sorted { PatternSpecificity.precedes($0.name.span, $1.name.span) }
        for pattern in sorted { self[.patterns].put(pattern.index) }
    }

    mutating func addAliases(_ aliases: [Alias]) throws(TableWriterError) {
        try check(.aliases, aliases.count)
        var seen: Set<[UInt8]> = []
        for (index, alias) in aliases.sorted(by: { isBefore($0.name, $1.name) }).enumerated() {
            let name = Array(alias.name.utf8)
            if modelIndexes[name] != nil || !seen.insert(name).inserted {
                throw .duplicateName(alias.name)
            }
            names.append((name, TableLayout.Name.alias | UInt32(index)))
            let id = try self.name(alias.name)
            self[.aliases].put(id)
            self[.aliases].put(alias.isHidden ? TableLayout.Alias.isHidden : 0)
            self[.aliases].put(UInt32(count(.targets)))
            self[.aliases].put(UInt32(alias.targets.count))
            try addTargets(alias.targets, of: alias.name)
        }
    }

    private mutating func addTargets(
        _ targets: [String],
        of owner: String
    ) throws(TableWriterError) {
        if targets.isEmpty { throw .noTargets(owner) }
        try check(.targets, targets.count)
        for target in targets {
            let id = try name(target)
            self[.targets].put(id)
            self[.targets].put(modelIndexes[Array(target.utf8)] ?? TableLayout.none)
        }
    }

    mutating func addFallbacks(_ rules: [FallbackRule]) throws(TableWriterError) {
        try check(.fallbacks, rules.count)
        let sorted = rules.sorted {
            $0.trigger == $1.trigger
                ? isBefore($0.model, $1.model) : $0.trigger.rawValue < $1.trigger.rawValue
        }
        var last: FallbackRule?
        for rule in sorted {
            if let last, last.trigger == rule.trigger,
                last.model.utf8.elementsEqual(rule.model.utf8)
            {
                throw .duplicateFallback(rule.model)
            }
            last = rule
            let id = try name(rule.model)
            self[.fallbacks].put(id)
            self[.fallbacks] += [rule.trigger.rawValue, 0, 0, 0]
            self[.fallbacks].put(UInt32(count(.targets)))
            self[.fallbacks].put(UInt32(rule.targets.count))
            try addTargets(rule.targets, of: rule.model)
        }
    }

    mutating func addVirtualKeys(_ keys: [VirtualKey]) throws(TableWriterError) {
        try check(.virtualKeys, keys.count)
        var last: [UInt8]?
        for key in keys.sorted(by: { $0.digest.lexicographicallyPrecedes($1.digest) }) {
            if key.digest.count != SHA256.byteCount { throw .badDigest }
            if key.digest == last { throw .duplicateVirtualKey }
            last = key.digest
            let set = try parameters(key.parameters)
            self[.virtualKeys] += key.digest
            self[.virtualKeys].put(set)
            self[.virtualKeys].put(UInt32(0))
        }
    }

    mutating func addEnvironment(_ variables: [EnvironmentVariable]) throws(TableWriterError) {
        try check(.environmentVariables, variables.count)
        for variable in variables {
            let id = try name(variable.name)
            let value = try text(variable.value)
            self[.environment].put(id)
            self[.environment].put(value)
        }
    }
}

extension Deployment.ID {
    /// The bytes by which a deployment is found: a derived identifier's 16 digits.
    var text: [UInt8] {
        switch self {
        case .explicit(let text): Array(text.utf8)
        case .derived(let value): derivedIDText(value)
        }
    }
}

/// The 16 lower-case hexadecimal digits of a derived deployment identifier.
func derivedIDText(_ value: UInt64) -> [UInt8] {
    let digits = DerivedIDDigits(value)
    return (0..<DerivedIDDigits.count).map { digits[$0] }
}

/// Order of bytes, not of what the strings look like.
private func isBefore(_ left: String, _ right: String) -> Bool {
    left.utf8.lexicographicallyPrecedes(right.utf8)
}

/// Order of deployments by identifier; equal ones by place.
private func precedes(_ left: (id: [UInt8], Int), _ right: (id: [UInt8], Int)) -> Bool {
    left.id == right.id ? left.1 < right.1 : left.id.lexicographicallyPrecedes(right.id)
}
