internal import JSON

/// What a request asks of the response cache: the body's `cache` object and the `Cache-Control`
/// header (LiteLLM §7.4). Where both speak, the more careful one counts.
package struct CacheControls: Hashable, Sendable {
    /// Not to be looked up.
    package var refusesStored = false
    /// Not to be stored.
    package var refusesStoring = false
    /// How long the answer may be kept, in seconds.
    package var ttlSeconds: Int?
    /// Nothing older is wanted, in seconds.
    package var ageMaxSeconds: Int?
    /// Sets entries apart within the tenant's own.
    package var namespace: String?
    /// Wants the cache where it must be asked for.
    package var isWanted = false

    /// The longest that an answer may be kept, and the most that one may ask for, in seconds.
    package static let secondsMax = 31_536_000
    /// The most bytes of a namespace.
    package static let namespaceBytesMax = 128

    /// Asks for nothing.
    package init() {}

    private static let membersWanted =
        "one of no-cache, no-store, ttl, s-maxage, namespace and use-cache"

    /// Takes the body's object.
    init(_ value: ControlValue, _ document: RawSpan) throws(OpenAIError) {
        guard value.kind == .object, var walker = JSONWalker(document, at: value.range.lowerBound)
        else { throw value.wrong("an object") }
        while let member = walker.next(document) {
            let name = JSONScalars.string(of: document, at: member.key) ?? ""
            let own = member.control("cache." + name.prefix(32), document)
            if own.kind == .null { continue }
            switch name {
            case "no-cache": refusesStored = try own.flag(document)
            case "no-store": refusesStoring = try own.flag(document)
            case "use-cache": isWanted = try own.flag(document)
            case "ttl": ttlSeconds = try Self.seconds(own, document, min: 1)
            case "s-maxage", "s-max-age":
                ageMaxSeconds = try Self.seconds(own, document, min: 0)
            case "namespace":
                guard let text = own.text(document), !text.isEmpty,
                    text.utf8.count <= Self.namespaceBytesMax
                else { throw own.wrong("a text of 1 to \(Self.namespaceBytesMax) bytes") }
                namespace = text
            default: throw own.wrong(Self.membersWanted)
            }
        }
    }

    /// Joins the directives of a `Cache-Control` header (RFC 9111 §5.2) that mean something here.
    mutating func take(directives text: [UInt8]) throws(OpenAIError) {
        for part in text.split(separator: UInt8(ascii: ",")) {
            let pair = part.split(
                separator: UInt8(ascii: "="),
                maxSplits: 1,
                omittingEmptySubsequences: false
            )
            let name = String(decoding: MultipartBoundary.trimmed(pair[0]), as: UTF8.self)
            let value = pair.count > 1 ? Array(MultipartBoundary.trimmed(pair[1])) : []
            let control = ControlValue("cache-control", text: 0..<value.count)
            switch name.lowercased() {
            case "no-cache": refusesStored = true
            case "no-store": refusesStoring = true
            case "ttl":
                let seconds = try Self.seconds(control, value.rawSpan, min: 1)
                ttlSeconds = min(ttlSeconds ?? seconds, seconds)
            case "s-maxage":
                let seconds = try Self.seconds(control, value.rawSpan, min: 0)
                ageMaxSeconds = min(ageMaxSeconds ?? seconds, seconds)
            default: break
            }
        }
    }

    private static func seconds(
        _ value: ControlValue,
        _ document: RawSpan,
        min: Int
    ) throws(OpenAIError) -> Int {
        do {
            let seconds = try value.count(document, max: secondsMax)
            if seconds >= min { return seconds }
        } catch {}
        throw value.wrong("a whole number of seconds from \(min) to \(secondsMax)")
    }
}
