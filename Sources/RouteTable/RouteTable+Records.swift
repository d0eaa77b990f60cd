extension RouteTable {
    /// A model group; `index` below `counts.models`. Models are sorted by name.
    package func model(at index: Int) -> ModelRecord {
        let record = sections[.models].record(index)
        let first = Int(bytes.u32(at: record + TableLayout.Model.firstDeployment))
        let count = Int(bytes.u32(at: record + TableLayout.Model.deploymentCount))
        let flags = bytes.u32(at: record + TableLayout.Model.flags)
        return ModelRecord(
            name: StringID(raw: bytes.u32(at: record + TableLayout.Model.name)),
            deployments: first..<first + count,
            isPattern: flags & TableLayout.Model.isPattern != 0,
            parameters: parameters(bytes.u32(at: record + TableLayout.Model.parameters))
        )
    }

    /// A deployment; `index` below `counts.deployments`.
    package func deployment(at index: Int) -> DeploymentRecord {
        typealias Layout = TableLayout.Deployment
        let record = sections[.deployments].record(index)
        let id = bytes.u64(at: record + Layout.id)
        let isExplicit = bytes.u16(at: record + Layout.flags) & Layout.hasExplicitID != 0
        let apiBase = bytes.u32(at: record + Layout.apiBase)
        let credential = bytes.u32(at: record + Layout.credential)
        return DeploymentRecord(
            id: isExplicit
                ? .explicit(StringID(raw: UInt32(truncatingIfNeeded: id))) : .derived(id),
            model: Int(bytes.u32(at: record + Layout.model)),
            upstreamModel: TextRef(raw: bytes.u32(at: record + Layout.upstreamModel)),
            apiBase: apiBase == TableLayout.none ? nil : TextRef(raw: apiBase),
            provider: bytes.u16(at: record + Layout.provider),
            order: order(ofDeployment: index),
            credential: credential == TableLayout.none ? nil : Int(credential),
            weight: weight(ofDeployment: index),
            parameters: parameters(bytes.u32(at: record + Layout.parameters))
        )
    }

    /// `DeploymentRecord.weight` alone, for selection.
    package func weight(ofDeployment index: Int) -> UInt32 {
        bytes.u32(at: sections[.deployments].record(index) + TableLayout.Deployment.weight)
    }

    /// `DeploymentRecord.order` alone, for selection.
    package func order(ofDeployment index: Int) -> Int16? {
        let record = sections[.deployments].record(index)
        let order = bytes.load(Int16.self, at: record + TableLayout.Deployment.order)
        return order == TableLayout.Deployment.noOrder ? nil : order
    }

    /// A deployment's identifier as people see it.
    package func deploymentID(at index: Int) -> String {
        switch deployment(at: index).id {
        case .explicit(let id): string(id)
        case .derived(let value): String(decoding: derivedIDText(value), as: UTF8.self)
        }
    }

    /// An alias; `index` below `counts.aliases`. Aliases are sorted by name.
    package func alias(at index: Int) -> AliasRecord {
        let record = sections[.aliases].record(index)
        let flags = bytes.u32(at: record + TableLayout.Alias.flags)
        return AliasRecord(
            name: StringID(raw: bytes.u32(at: record + TableLayout.Alias.name)),
            isHidden: flags & TableLayout.Alias.isHidden != 0,
            targets: TargetList(
                table: self,
                first: Int(bytes.u32(at: record + TableLayout.Alias.firstTarget)),
                count: Int(bytes.u32(at: record + TableLayout.Alias.targetCount))
            )
        )
    }

    func target(_ index: Int) -> TargetList.Element {
        let record = sections[.targets].record(index)
        let model = bytes.u32(at: record + TableLayout.Target.model)
        return TargetList.Element(
            name: StringID(raw: bytes.u32(at: record + TableLayout.Target.name)),
            model: model == TableLayout.none ? nil : Int(model)
        )
    }

    /// The model index of a pattern; `index` below `counts.patterns`, the most specific first.
    package func pattern(at index: Int) -> Int {
        Int(bytes.u32(at: sections[.patterns].record(index)))
    }

    /// A credential; `index` below `counts.credentials`.
    package func credential(at index: Int) -> CredentialRecord {
        let record = sections[.credentials].record(index)
        return CredentialRecord(
            name: StringID(raw: bytes.u32(at: record + TableLayout.Credential.name)),
            parameters: parameters(bytes.u32(at: record + TableLayout.Credential.parameters))
        )
    }

    /// A fallback rule; `index` below `counts.fallbacks`.
    package func fallback(at index: Int) -> FallbackRecord {
        let record = sections[.fallbacks].record(index)
        let trigger = bytes.u8(at: record + TableLayout.Fallback.trigger)
        return FallbackRecord(
            trigger: FallbackRule.Trigger(rawValue: trigger) ?? .anyFailure,
            model: StringID(raw: bytes.u32(at: record + TableLayout.Fallback.model)),
            targets: TargetList(
                table: self,
                first: Int(bytes.u32(at: record + TableLayout.Fallback.firstTarget)),
                count: Int(bytes.u32(at: record + TableLayout.Fallback.targetCount))
            )
        )
    }

    /// An environment variable; `index` below `counts.environment`, in the configuration's order.
    package func environment(at index: Int) -> EnvironmentRecord {
        let record = sections[.environment].record(index)
        return EnvironmentRecord(
            name: StringID(raw: bytes.u32(at: record + TableLayout.Environment.name)),
            value: TextRef(raw: bytes.u32(at: record + TableLayout.Environment.value))
        )
    }

    /// The digest of a virtual key; `index` below `counts.virtualKeys`.
    package func virtualKeyDigest(at index: Int) -> [UInt8] {
        bytes.array(sections[.virtualKeys].record(index), count: 32)
    }

    /// The parameters of a virtual key; `index` below `counts.virtualKeys`.
    package func virtualKeyParameters(at index: Int) -> Parameters {
        let record = sections[.virtualKeys].record(index)
        return parameters(bytes.u32(at: record + TableLayout.VirtualKey.parameters))
    }

    func parameters(_ set: UInt32) -> Parameters {
        let sets = sections[.parameterSets]
        let start = Int(bytes.u32(at: sets.record(Int(set))))
        let end = Int(bytes.u32(at: sets.record(Int(set) + 1)))
        return Parameters(table: self, first: start, count: end - start)
    }
}
