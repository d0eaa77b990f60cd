internal import Cryptography
internal import RouteConfig
internal import RouteTable

/// Who may call, and what authenticates upstream.
extension TableDifference {
    /// Keys are the same by their digest, and then by their alias: that one was rotated.
    mutating func virtualKeys() {
        let (before, after) = (old.contents.virtualKeys, new.contents.virtualKeys)
        var removed: [Int] = []
        var added: [Int] = []
        for pair in Self.pairs(before, after, by: { Hex.encode($0.digest) }) {
            switch (pair.old, pair.new) {
            case (let first?, let second?): compareKeys(first, second)
            case (let place?, nil): removed.append(place)
            case (nil, let place?): added.append(place)
            case (nil, nil): break
            }
        }
        for place in removed {
            let alias = before[place].parameters[.keyAlias]
            guard alias != nil,
                let other = added.firstIndex(where: { after[$0].parameters[.keyAlias] == alias })
            else {
                tell([.keyRemoved, .accessNarrowed], keyName(old, place), "removed")
                continue
            }
            let second = added.remove(at: other)
            tell([.keyChanged], keyName(new, second), "another key has this alias now")
            compareKeys(place, second)
        }
        for place in added { tell([.keyAdded, .accessWidened], keyName(new, place), "added") }
    }

    private mutating func compareKeys(_ first: Int, _ second: Int) {
        compare(
            keyName(new, second),
            keyFields(old, first),
            keyFields(new, second),
            kind: .keyChanged
        )
    }

    private func keyFields(_ side: Side, _ place: Int) -> [SettingField] {
        SettingField.fields(
            side.contents.virtualKeys[place].parameters,
            masked: side.shown.virtualKeys[place].parameters,
            in: [.virtualKey]
        )
    }

    /// `key team-a`, or the first digits of its SHA-256.
    private func keyName(_ side: Side, _ place: Int) -> String {
        let key = side.shown.virtualKeys[place]
        if case .text(let alias)? = key.parameters[.keyAlias] {
            return "key \(MaskedText.of(alias))"
        }
        return "key \(MaskedText.digest(key.digest))"
    }

    /// Those of `credential_list`; the others are told at their deployments.
    mutating func credentials() {
        let (before, after) = (old.contents.credentials, new.contents.credentials)
        for pair in Self.pairs(before, after, by: \.name) where !pair.name.isEmpty {
            switch (pair.old, pair.new) {
            case (let first?, let second?):
                compare(
                    "credential \(new.shown.credentials[second].name)",
                    credentialFields(old, first),
                    credentialFields(new, second),
                    kind: .credentialChanged
                )
            case (let place?, nil):
                tell(
                    [.credentialRemoved],
                    "credential \(old.shown.credentials[place].name)",
                    "removed"
                )
            case (nil, let place?):
                tell(
                    [.credentialAdded],
                    "credential \(new.shown.credentials[place].name)",
                    "added"
                )
            case (nil, nil): break
            }
        }
    }

    private func credentialFields(_ side: Side, _ place: Int) -> [SettingField] {
        SettingField.fields(
            side.contents.credentials[place].parameters,
            masked: side.shown.credentials[place].parameters,
            in: [.litellmParams]
        )
    }
}
