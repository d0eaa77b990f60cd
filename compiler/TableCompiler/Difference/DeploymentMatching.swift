internal import RouteTable

/// Where a deployment stands in a table's contents.
struct DeploymentPlace: Hashable {
    let model: Int
    let place: Int
}

/// Which deployment of a table is which of another one. Identifiers that were derived change with
/// every setting, so that what they leave over is matched by what it calls.
struct DeploymentMatching {
    /// In the order of the new table.
    private(set) var pairs: [(DeploymentPlace, DeploymentPlace)] = []
    private(set) var removed: [DeploymentPlace] = []
    private(set) var added: [DeploymentPlace] = []
    /// Models whose deployments are in another order, by name.
    private(set) var reordered: [String] = []

    /// The upstream, as far as a kind of match looks at it.
    private struct Signature: Hashable {
        var id: String?
        var model: String?
        var provider: UInt16?
        var upstream: Text?
        var base: Text?
    }

    init(_ old: [Model], _ new: [Model]) {
        removed = Self.places(old)
        added = Self.places(new)
        // The surest first.
        match(old, new) { _, deployment in Signature(id: deployment.id.text) }
        match(old, new) { model, deployment in
            var signature = Self.target(deployment)
            signature.model = model
            return signature
        }
        match(old, new) { model, deployment in
            var signature = Self.target(deployment)
            (signature.model, signature.base) = (model, nil)
            return signature
        }
        match(old, new) { _, deployment in Self.target(deployment) }
        pairs.sort { left, right in
            (left.1.model, left.1.place) < (right.1.model, right.1.place)
        }
        findReordered(old, new)
    }

    private static func places(_ models: [Model]) -> [DeploymentPlace] {
        models.indices.flatMap { model in
            models[model].deployments.indices.map { DeploymentPlace(model: model, place: $0) }
        }
    }

    private static func target(_ deployment: Deployment) -> Signature {
        Signature(
            provider: deployment.provider,
            upstream: deployment.upstreamModel,
            base: deployment.apiBase
        )
    }

    /// Pairs those left with equal signatures, in their order.
    private mutating func match(
        _ old: [Model],
        _ new: [Model],
        _ signature: (String, Deployment) -> Signature
    ) {
        func sign(_ models: [Model], _ at: DeploymentPlace) -> Signature {
            signature(models[at.model].name, models[at.model].deployments[at.place])
        }
        var waiting: [Signature: [DeploymentPlace]] = [:]
        for place in removed.reversed() { waiting[sign(old, place), default: []].append(place) }
        var matched: Set<DeploymentPlace> = []
        added = added.filter { place in
            guard let before = waiting[sign(new, place)]?.popLast() else { return true }
            matched.insert(before)
            pairs.append((before, place))
            return false
        }
        removed = removed.filter { !matched.contains($0) }
    }

    private mutating func findReordered(_ old: [Model], _ new: [Model]) {
        var last: [Int: Int] = [:]
        var found: Set<Int> = []
        for (before, after) in pairs where old[before.model].name == new[after.model].name {
            if let place = last[after.model], before.place < place { found.insert(after.model) }
            last[after.model] = before.place
        }
        reordered = found.sorted().map { new[$0].name }
    }
}
