@testable import ResponseCache

/// An answer for a test.
func answer(
    _ body: String = "{}",
    kind: CachedAnswer.Kind = .whole,
    created: UInt64 = 1_000,
    expires: UInt64 = 61_000
) -> CachedAnswer {
    CachedAnswer(
        kind: kind,
        contentType: "application/json",
        publicModel: Array("\"m\"".utf8),
        tokens: 12,
        createdMS: created,
        expiresMS: expires,
        body: Array(body.utf8)
    )
}

/// The key that a number stands for.
func key(_ number: Int) -> CacheKey {
    var builder = CacheKeyBuilder()
    builder.add(String(number))
    guard let key = builder.key() else { fatalError("texts have a canonical form") }
    return key
}
