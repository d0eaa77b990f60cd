internal import ProviderData
internal import RouteConfig
internal import RouteTable

/// Models and their deployments.
extension TableDifference {
    mutating func models() {
        let (before, after) = (old.contents.models, new.contents.models)
        for pair in Self.pairs(before, after, by: \.name) {
            switch (pair.old, pair.new) {
            case (nil, let place?): tell(.modelAdded, new.shown.models[place])
            case (let place?, nil): tell(.modelRemoved, old.shown.models[place])
            case (let first?, let second?):
                compare(
                    "model \(new.shown.models[second].name)",
                    fields(old, first),
                    fields(new, second),
                    kind: .modelChanged
                )
            case (nil, nil): break
            }
        }
    }

    private mutating func tell(_ kind: ChangeKind, _ model: Model) {
        let count = model.deployments.count
        let word = kind == .modelAdded ? "added" : "removed"
        tell(
            [kind],
            "model \(model.name)",
            "\(word), \(count) deployment\(count == 1 ? "" : "s")"
        )
    }

    private func fields(_ side: Side, _ place: Int) -> [SettingField] {
        SettingField.fields(
            side.contents.models[place].parameters,
            masked: side.shown.models[place].parameters,
            in: [.routerSettings]
        )
    }

    // MARK: Deployments

    mutating func deployments() {
        let matching = DeploymentMatching(old.contents.models, new.contents.models)
        for place in matching.removed {
            tell([.deploymentRemoved], subject(old, place), "removed, was \(target(old, place))")
        }
        for place in matching.added {
            tell([.deploymentAdded], subject(new, place), "added, is \(target(new, place))")
        }
        for (first, second) in matching.pairs {
            let (from, to) = (old.contents.models[first.model], new.contents.models[second.model])
            if from.name != to.name {
                tell(
                    [.deploymentMoved],
                    subject(new, second),
                    "moved here from model \(old.shown.models[first.model].name)"
                )
            }
            compare(first, second)
        }
        for name in matching.reordered {
            guard let place = new.contents.models.firstIndex(where: { $0.name == name }) else {
                continue
            }
            tell(
                [.deploymentMoved],
                "model \(new.shown.models[place].name)",
                "its deployments stand in another order"
            )
        }
    }

    private mutating func compare(_ first: DeploymentPlace, _ second: DeploymentPlace) {
        let before = old.contents.models[first.model].deployments[first.place]
        let after = new.contents.models[second.model].deployments[second.place]
        let subject = subject(new, second)
        let kinds: [ChangeKind] = [.deploymentChanged]
        if before.id != after.id {
            compare(subject, "id", shownID(old, first), shownID(new, second), kinds: kinds)
        }
        if before.provider != after.provider || before.upstreamModel != after.upstreamModel {
            let (from, to) = (upstream(old, first), upstream(new, second))
            compare(subject, "model", from, from == to ? to + " (changed)" : to, kinds: kinds)
        }
        if before.apiBase != after.apiBase {
            let (from, to) = (base(old, first), base(new, second))
            let isHidden = from == to
            compare(subject, "api_base", from, isHidden ? "another" : to, kinds: kinds)
        }
        if before.weight != after.weight {
            func share(_ weight: UInt32) -> String { YAMLTree.number(Double(weight) / 1000).inline }
            compare(subject, "weight", share(before.weight), share(after.weight), kinds: kinds)
        }
        compare(
            subject,
            "order",
            before.order.map { String($0) },
            after.order.map { String($0) },
            kinds: kinds
        )
        compare(
            subject,
            "credential",
            credentialName(old, first),
            credentialName(new, second),
            kinds: kinds + [.credentialChanged]
        )
        compare(
            subject,
            parameters(old, first) + ownCredential(old, first),
            parameters(new, second) + ownCredential(new, second),
            kind: .deploymentChanged
        )
    }

    private func parameters(_ side: Side, _ at: DeploymentPlace) -> [SettingField] {
        SettingField.fields(
            side.contents.models[at.model].deployments[at.place].parameters,
            masked: side.shown.models[at.model].deployments[at.place].parameters,
            in: [.litellmParams, .modelInfo]
        )
    }

    private func credential(_ side: Side, _ at: DeploymentPlace) -> Int? {
        side.contents.models[at.model].deployments[at.place].credential.flatMap {
            side.contents.credentials.indices.contains($0) ? $0 : nil
        }
    }

    private func credentialName(_ side: Side, _ at: DeploymentPlace) -> String? {
        credential(side, at).flatMap { index in
            let name = side.shown.credentials[index].name
            return name.isEmpty ? nil : name
        }
    }

    /// What stands at the deployment itself and not in `credential_list`.
    private func ownCredential(_ side: Side, _ at: DeploymentPlace) -> [SettingField] {
        guard let index = credential(side, at), side.contents.credentials[index].name.isEmpty else {
            return []
        }
        return SettingField.fields(
            side.contents.credentials[index].parameters,
            masked: side.shown.credentials[index].parameters,
            in: [.litellmParams]
        )
    }

    // MARK: Names

    private func shownID(_ side: Side, _ at: DeploymentPlace) -> String {
        side.shown.models[at.model].deployments[at.place].id.text
    }

    /// A derived identifier says nothing to people, and changes with every setting.
    private func subject(_ side: Side, _ at: DeploymentPlace) -> String {
        let model = side.shown.models[at.model]
        let isNamed = if case .explicit = model.deployments[at.place].id { true } else { false }
        let name = isNamed ? shownID(side, at) : target(side, at)
        return "deployment \(name) of model \(model.name)"
    }

    private func upstream(_ side: Side, _ at: DeploymentPlace) -> String {
        let deployment = side.shown.models[at.model].deployments[at.place]
        let provider = Provider.coded(deployment.provider).map { $0.prefix + "/" } ?? ""
        return provider + MaskedText.of(deployment.upstreamModel)
    }

    private func base(_ side: Side, _ at: DeploymentPlace) -> String? {
        side.shown.models[at.model].deployments[at.place].apiBase.map(MaskedText.of)
    }

    private func target(_ side: Side, _ at: DeploymentPlace) -> String {
        upstream(side, at) + (base(side, at).map { " at \($0)" } ?? "")
    }
}
