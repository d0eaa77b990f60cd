internal import POSIX
internal import ProviderData
internal import RouteTable
internal import YAML

/// The `sidegate:` section: what LiteLLM's file has no place for.
extension ConfigDecoder {
    mutating func sidegate(_ section: YAMLEntry) {
        let entries = mapping(section)
        check(entries, in: .sidegate)
        parameters(entries, in: .sidegate, into: &config.settings)
        for entry in entries {
            switch entry.key.text {
            case "limits": limits(entry)
            case "users": sharedLimits(entry, .users)
            case "teams": sharedLimits(entry, .teams)
            case "rate_limits": rateLimits(entry)
            case "cache": cacheSection(entry)
            case "media_hosts": mediaHosts(entry, .mediaHosts)
            case "private_media_hosts": mediaHosts(entry, .privateMediaHosts)
            case "master_key_hash": masterKeyHash(entry)
            case "keys":
                for item in sequence(entry) { virtualKey(item) }
            default: break
            }
        }
    }

    private mutating func limits(_ section: YAMLEntry) {
        var builder = JSONPieces()
        for entry in mapping(section) where !entry.value.isNull {
            let name = entry.key.text
            guard let known = LimitName(rawValue: name) else {
                let near = LimitName.allCases.map(\.rawValue).min {
                    KnownKey.distance(name, $0) < KnownKey.distance(name, $1)
                }
                sink.error(
                    .unknownKey,
                    entry.keyMark,
                    "unknown limit \(name)",
                    hint: near.map { "did you mean \($0)?" }
                )
                continue
            }
            let range = known.range
            guard case .integer(let limit)? = entry.value.scalar?.value, range.contains(Int(limit))
            else {
                let most = range.upperBound == .max ? "or more" : "to \(range.upperBound)"
                sink.error(
                    .wrongType,
                    entry.value.mark,
                    "\(name) must be a whole number, \(range.lowerBound) \(most)"
                )
                continue
            }
            builder.addMember(name, entry.value)
        }
        if !builder.isEmpty {
            config.settings[.sidegateLimits] = .json(builder.object())
        }
    }

    private mutating func mediaHosts(_ section: YAMLEntry, _ key: ParameterKey) {
        let name = section.key.text
        var closing = self
        closing.isClosing = true
        guard !section.value.isNull, let hosts = closing.list(section.value, name) else { return }
        for (place, host) in hosts.enumerated() {
            // What is fetched from where must be seen by whoever reviews the file.
            if case .literal(let text) = host, MediaHost(text) != nil { continue }
            let items = section.value.items ?? [section.value]
            sink.error(
                .wrongType,
                items.indices.contains(place) ? items[place].mark : section.value.mark,
                "\(name) takes names of hosts",
                hint: "images.example.com, *.cdn.example.com, http://files.default.svc:8080"
            )
        }
        if !hosts.isEmpty { config.settings[key] = .list(hosts) }
    }

    /// The SHA-256 of the master key, for those who want it neither here nor in a variable.
    private mutating func masterKeyHash(_ entry: YAMLEntry) {
        if entry.value.isNull { return }
        guard let text = entry.value.scalar?.text, let digest = Self.digest(text) else {
            // Without it everybody may call.
            sink.error(
                .wrongType,
                entry.value.mark,
                "master_key_hash must be the SHA-256 of the key as 64 hexadecimal digits"
            )
            return
        }
        guard config.masterKey == nil else {
            sink.error(
                .duplicateName,
                entry.keyMark,
                "there is a master key in general_settings too",
                hint: "keep master_key or master_key_hash"
            )
            return
        }
        config.settings[.masterKeyDigest] = .digest(digest)
    }

    private mutating func virtualKey(_ item: YAMLNode) {
        guard let entries = item.entries else {
            sink.error(.wrongType, item.mark, "an entry of sidegate.keys must be a mapping")
            return
        }
        check(entries, in: .virtualKey)
        guard let node = item["hash"] ?? item["key"], let text = node.scalar?.text, !text.isEmpty
        else {
            sink.error(
                .missingKey,
                item.mark,
                "a key needs its hash",
                hint: "hash: the SHA-256 of the key as 64 hexadecimal digits, or os.environ/NAME"
            )
            return
        }
        var parameters: ParameterSet = [:]
        var closing = self
        closing.isClosing = true
        closing.parameters(entries, in: .virtualKey, into: &parameters)
        keyLimits(entries, into: &parameters)
        if let models = item["models"], !models.isNull,
            let list = closing.list(models, "models")
        {
            parameters[.keyModels] = .list(list)
        }
        if let expires = item["expires"], !expires.isNull {
            guard let seconds = Expiry.seconds(expires) else {
                // A key that should end and does not would be worse than no key.
                sink.error(
                    .wrongType,
                    expires.mark,
                    "expires must be a date or seconds since 1970",
                    hint: "2027-01-31 or 2027-01-31T12:00:00Z"
                )
                return
            }
            parameters[.keyExpiry] = .integer(seconds)
        }
        let key: VirtualKeyConfig.Key
        if let reference = Reference(text, isSecret: true) {
            // The digest is known only at load; until then the key cannot be used.
            parameters[.apiKey] = .text(.reference(reference))
            key = .literal("\u{0}reference\u{0}" + reference.description)
        } else if let digest = Self.digest(text) {
            key = .digest(digest)
        } else {
            sink.warn(
                .literalVirtualKey,
                node.mark,
                "this is a key, not its SHA-256",
                hint: "the table holds its SHA-256 only; write that here as well"
            )
            key = .literal(text)
        }
        config.virtualKeys.append(
            VirtualKeyConfig(key: key, parameters: parameters, mark: item.mark)
        )
    }

    /// 64 hexadecimal digits.
    private static func digest(_ text: String) -> [UInt8]? {
        let digits = Array(text.utf8)
        guard digits.count == 64 else { return nil }
        var bytes: [UInt8] = []
        for index in stride(from: 0, to: 64, by: 2) {
            guard
                let byte = UInt8(
                    String(decoding: digits[index...index + 1], as: UTF8.self),
                    radix: 16
                )
            else { return nil }
            bytes.append(byte)
        }
        return bytes
    }
}

/// Points in time of the configuration.
enum Expiry {
    /// Seconds since 1970 of a number, a date, or a date with a time (UTC unless it says a zone).
    static func seconds(_ node: YAMLNode) -> Int64? {
        guard let scalar = node.scalar else { return nil }
        if case .integer(let seconds) = scalar.value { return seconds >= 0 ? seconds : nil }
        return seconds(scalar.text)
    }

    private static func seconds(_ text: String) -> Int64? {
        let numbers = text.split { !("0"..."9").contains($0) }.compactMap { Int64($0) }
        guard numbers.count >= 3, text.first.map({ ("0"..."9").contains($0) }) ?? false,
            (1...12).contains(numbers[1]), (1...31).contains(numbers[2]),
            (1970...9999).contains(numbers[0])
        else { return nil }
        let days = UTCTime.daysSince1970(
            year: Int(numbers[0]),
            month: Int(numbers[1]),
            day: Int(numbers[2])
        )
        var total = Int64(days) * 86_400
        guard text.count > 10 else { return text.count == 10 ? total : nil }
        guard numbers.count >= 6, numbers[3] < 24, numbers[4] < 60, numbers[5] < 61 else {
            return nil
        }
        total += numbers[3] * 3600 + numbers[4] * 60 + numbers[5]
        return zone(text).map { total - $0 }
    }

    /// Seconds east of UTC: `Z` and nothing are 0, `+02:00` is 7200.
    private static func zone(_ text: String) -> Int64? {
        let tail = text.dropFirst(19)
        guard let sign = tail.firstIndex(where: { $0 == "+" || $0 == "-" }) else { return 0 }
        let parts = tail[tail.index(after: sign)...].split(separator: ":").map { Int64($0) }
        guard let hours = parts.first ?? nil, hours < 24 else { return nil }
        let minutes = parts.count > 1 ? parts[1] ?? 0 : 0
        let offset = hours * 3600 + minutes * 60
        return tail[sign] == "-" ? -offset : offset
    }
}
