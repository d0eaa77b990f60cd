import HTTP
import Testing

@Suite("Retry-After")
struct RetryAfterTests {
    /// 1994-11-06 08:49:37 UTC.
    private static let now = 784_111_777

    @Test(
        "is read as seconds or as a date",
        arguments: [
            ("0", 0), ("7", 7_000), (" 7 ", 7_000), ("1.5", 1_500), ("1e9", 86_400_000),
            ("Sun, 06 Nov 1994 08:49:47 GMT", 10_000), ("Sun, 06 Nov 1994 08:49:37 GMT", 0),
            ("Sat, 05 Nov 1994 08:49:37 GMT", 0), ("Mon, 07 Nov 1994 08:49:37 GMT", 86_400_000),
            ("Wed, 06 Nov 2094 08:49:37 GMT", 86_400_000),
        ] as [(String, UInt64)]
    )
    func values(text: String, milliseconds: UInt64) {
        #expect(RetryAfter.milliseconds(text, now: Self.now) == milliseconds)
    }

    @Test(
        "is nothing where it is neither",
        arguments: [
            "", "soon", "-1", "nan", "inf", "7 seconds", "Sun, 06 Nov 1994 08:49:37 CET",
            "Sun, 31 Foo 1994 08:49:37 GMT", "Sun, 06 Nov 1994 25:49:37 GMT",
            "Sun, 06 Nov 99999999999 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT",
        ]
    )
    func nothing(text: String) {
        #expect(RetryAfter.milliseconds(text, now: Self.now) == nil)
    }
}
