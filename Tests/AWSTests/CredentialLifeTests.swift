import TestSupport
import Testing

@testable import AWS

/// Credentials that come from nowhere, on a clock that tests set.
private final class Trial {
    var life: CredentialLife
    var random: SeededRandom
    var now: UInt64 = 1_000_000
    /// What the issuer's clock shows when ours shows 0.
    let wallStart = 1_700_000_000
    private var number = 0

    init(outliveExpiry: Bool = false, random: SeededRandom = .make()) {
        self.random = random
        var terms = CredentialTerms()
        terms.outliveExpiry = outliveExpiry
        life = CredentialLife(terms)
    }

    var wallSeconds: Int { wallStart + Int(now / 1000) }

    func make(lifetime: Int?) -> AWSCredential {
        number += 1
        return AWSCredential(
            accessKeyID: "ASIA\(number)",
            secretAccessKey: "s",
            expiresAt: lifetime.map { wallSeconds + $0 }
        )
    }

    func begin() -> Bool { life.begin(at: now) }

    func drop(_ issued: IssuedCredential, later: UInt64 = 0) -> Bool {
        life.drop(issued, at: now + later)
    }

    @discardableResult
    func arrive(lifetime: Int?) -> CredentialLife.Report {
        arrive(make(lifetime: lifetime))
    }

    func arrive(_ credential: AWSCredential) -> CredentialLife.Report {
        life.arrived(
            credential,
            issuedAt: now,
            wallSeconds: wallSeconds,
            at: now,
            using: &random
        )
    }

    func fail(
        _ cause: CredentialFailure.Cause = .transient,
        _ text: String = "no answer in time"
    ) -> CredentialLife.Report {
        life.failed(CredentialFailure(cause, text), at: now, using: &random)
    }

    /// What one gets who waits five seconds at most: a key's id, or a word.
    func answer() -> String {
        switch life.answer(at: now, patience: now + 5_000) {
        case .use(let issued): issued.value.accessKeyID
        case .wait: "wait"
        case .failed(let failure): failure.text
        }
    }
}

@Suite struct CredentialLifeTests {
    @Test func `the first fetch is due at once and others wait for it`() {
        let trial = Trial()
        #expect(trial.answer() == "wait")
        #expect(trial.begin())
        #expect(!trial.begin())
        #expect(trial.answer() == "wait")
        trial.arrive(lifetime: 3600)
        #expect(trial.answer() == "ASIA1")
        #expect(!trial.begin())
    }

    @Test(
        arguments: [
            // The lifetime in s; then, in ms before the end: the earliest and the latest soft
            // time, the hard time.
            (8, 2_500, 2_000, 800),
            (60, 18_750, 15_000, 6_000),
            (900, 281_250, 225_000, 60_000),
            (3600, 960_000, 900_000, 60_000),
            (43_200, 960_000, 900_000, 60_000),
        ] as [(Int, UInt64, UInt64, UInt64)]
    )
    func `soft and hard time follow from the lifetime`(
        lifetime: Int,
        softest: UInt64,
        soft: UInt64,
        hard: UInt64
    ) throws {
        let trial = Trial()
        #expect(trial.begin())
        trial.arrive(lifetime: lifetime)
        let end = trial.now + UInt64(lifetime) * 1000
        let next = try #require(trial.life.nextFetch)
        #expect((end - softest...end - soft).contains(next))
        trial.now = end - hard - 1
        #expect(trial.answer() == "ASIA1")
        trial.now = end - hard
        #expect(trial.answer() == "wait")
    }

    @Test func `chance spreads the soft time`() throws {
        var seen: Set<UInt64> = []
        var random = SeededRandom.make()
        for _ in 0..<20 {
            let trial = Trial(random: random)
            trial.arrive(lifetime: 3600)
            random = trial.random
            seen.insert(try #require(trial.life.nextFetch))
        }
        #expect(seen.count > 10)
    }

    @Test func `old ones are used while new ones are fetched`() throws {
        let trial = Trial()
        trial.arrive(lifetime: 8)
        trial.now = try #require(trial.life.nextFetch)
        #expect(trial.begin())
        #expect(trial.answer() == "ASIA1")
        trial.arrive(lifetime: 8)
        #expect(trial.answer() == "ASIA2")
    }

    @Test(arguments: [8, 60, 3600])
    func `several tries fit between soft and hard`(lifetime: Int) throws {
        let trial = Trial()
        trial.arrive(lifetime: lifetime)
        let hard = trial.now + UInt64(lifetime) * 1000 - min(60_000, UInt64(lifetime) * 100)
        var tries = 0
        while let next = trial.life.nextFetch, next < hard {
            trial.now = next
            #expect(trial.begin())
            #expect(trial.answer() == "ASIA1")
            _ = trial.fail()
            tries += 1
        }
        #expect(tries >= 4)
    }

    @Test func `fetches that fail without credentials come at 1, 2, 4 … 30 s`() throws {
        let trial = Trial()
        for step in [1, 2, 4, 8, 16, 30, 30] as [UInt64] {
            #expect(trial.begin())
            _ = trial.fail()
            let next = try #require(trial.life.nextFetch)
            #expect((step * 750...step * 1000).contains(next - trial.now))
            trial.now = next - 1
            #expect(!trial.begin())
            trial.now = next
        }
    }

    @Test func `who waits for a try that may help is not sent away`() {
        let trial = Trial()
        #expect(trial.begin())
        _ = trial.fail()
        #expect(trial.answer() == "wait")
        for _ in 0..<4 { _ = trial.fail() }
        #expect(trial.answer() == "no answer in time")
    }

    @Test func `what has to be changed first is said at once`() {
        let trial = Trial()
        _ = trial.fail(.configuration, "denied")
        #expect(trial.answer() == "denied")
    }

    @Test func `a failure is told once, another one again, and its end`() {
        let trial = Trial()
        let first = CredentialFailure(.transient, "down")
        #expect(trial.fail(.transient, "down") == .failing(first))
        #expect(trial.fail(.transient, "down") == .nothingNew)
        let second = CredentialFailure(.transient, "denied")
        #expect(trial.fail(.transient, "denied") == .failing(second))
        #expect(trial.arrive(lifetime: 3600) == .recovered)
        #expect(trial.arrive(lifetime: 3600) == .nothingNew)
    }

    @Test(arguments: [0, -1, -3600])
    func `credentials that come expired are a failure`(lifetime: Int) {
        let trial = Trial()
        trial.arrive(lifetime: 3600)
        let report = trial.arrive(lifetime: lifetime)
        guard case .failing = report else {
            Issue.record("\(report)")
            return
        }
        #expect(trial.answer() == "ASIA1")
    }

    @Test func `an instance's credentials outlive their end while nobody has others`() throws {
        let trial = Trial(outliveExpiry: true)
        trial.arrive(lifetime: 3600)
        trial.now += 7_200_000
        _ = trial.fail()
        #expect(trial.answer() == "ASIA1")
        // The metadata service hands out the old ones.
        #expect(trial.arrive(lifetime: -100) == .recovered)
        #expect(trial.answer() == "ASIA2")
        let next = try #require(trial.life.nextFetch)
        #expect(next - trial.now <= 30_000)
        trial.arrive(lifetime: 3600)
        #expect(trial.answer() == "ASIA3")
    }

    @Test func `credentials without an end are read again every minute`() throws {
        let trial = Trial()
        trial.arrive(lifetime: nil)
        let next = try #require(trial.life.nextFetch)
        #expect((56_250...60_000).contains(next - trial.now))
        trial.now += 1_000_000_000
        _ = trial.fail()
        #expect(trial.answer() == "ASIA1")
    }

    @Test func `what the issuer's clock says is what counts`() {
        let trial = Trial()
        let fresh = AWSCredential(
            accessKeyID: "ASIA",
            secretAccessKey: "s",
            expiresAt: 1_000
        )
        // Ours may show anything.
        _ = trial.life.arrived(
            fresh,
            issuedAt: trial.now,
            wallSeconds: 900,
            at: trial.now + 10,
            using: &trial.random
        )
        trial.now += 89_999
        #expect(trial.answer() == "ASIA")
        trial.now += 1
        #expect(trial.answer() == "wait")
    }

    // MARK: - Refusals

    private func issued(_ trial: Trial) throws -> IssuedCredential {
        try #require(trial.life.credential)
    }

    @Test func `a refused credential is dropped and others are fetched at once`() throws {
        let trial = Trial()
        trial.arrive(lifetime: 3600)
        let refused = try issued(trial)
        #expect(trial.drop(refused))
        #expect(trial.answer() == "wait")
        #expect(trial.begin())
        #expect(!trial.drop(refused))
        trial.arrive(lifetime: 3600)
        // Those who were refused together with the first find that it is done.
        #expect(!trial.drop(refused, later: 60_000))
        #expect(trial.answer() == "ASIA2")
    }

    @Test func `where AWS refuses one after the other, it is not asked for more at once`() throws {
        let trial = Trial()
        trial.arrive(lifetime: 3600)
        #expect(trial.drop(try issued(trial)))
        trial.arrive(lifetime: 3600)
        #expect(!trial.drop(try issued(trial), later: 4_999))
        #expect(trial.answer() == "ASIA2")
        #expect(trial.drop(try issued(trial), later: 5_000))
    }

    @Test func `the same credentials again are the same`() throws {
        let trial = Trial()
        let same = trial.make(lifetime: 3600)
        _ = trial.arrive(same)
        let first = try issued(trial)
        trial.now += 5_000
        _ = trial.arrive(same)
        #expect(try issued(trial) === first)
    }

    // MARK: - Anything

    @Test(arguments: [false, true])
    func `ten thousand random steps never hand out what has ended, nor fetch twice`(
        outlives: Bool
    ) {
        let trial = Trial(outliveExpiry: outlives)
        var isFetching = false
        var ends: [String: UInt64] = [:]
        var uses = 0
        for _ in 0..<10_000 {
            switch Int.random(in: 0..<10, using: &trial.random) {
            case 0...3:
                trial.now += UInt64.random(in: 0...3_000, using: &trial.random)
            case 4, 5:
                let began = trial.begin()
                #expect(!(began && isFetching))
                isFetching = isFetching || began
            case 6 where isFetching:
                isFetching = false
                let lifetime = Int.random(in: -5...60, using: &trial.random)
                let fresh = trial.make(lifetime: lifetime)
                ends[fresh.accessKeyID] = trial.now + UInt64(max(0, lifetime)) * 1000
                _ = trial.arrive(fresh)
            case 7 where isFetching:
                isFetching = false
                _ = trial.fail(Bool.random(using: &trial.random) ? .transient : .configuration)
            case 8:
                if let issued = trial.life.credential, Bool.random(using: &trial.random) {
                    _ = trial.drop(issued)
                }
            default:
                guard case .use(let issued) = trial.life.answer(at: trial.now, patience: .max)
                else { break }
                uses += 1
                #expect(outlives || trial.now < ends[issued.value.accessKeyID] ?? 0)
            }
            #expect(trial.life.isFetching == isFetching)
            #expect((trial.life.nextFetch == nil) == isFetching)
        }
        #expect(uses > 100)
    }
}
