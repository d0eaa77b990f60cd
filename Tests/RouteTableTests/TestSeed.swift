import Testing

@testable import POSIX

/// The seed of all random tests: `SIDEGATE_TEST_SEED`, or another one each time.
enum TestSeed {
    static let value: UInt64 =
        ProcessEnvironment.value("SIDEGATE_TEST_SEED").flatMap { UInt64($0) }
        ?? UInt64.random(in: 0...UInt64.max)
}
