import Glibc
import POSIX
import Testing

@testable import Routing

/// Sidecars that tell each other each second what they have in flight. Time is simulated; the
/// choices are those of the sidecar's own code.
struct FleetSimulation {
    enum Way: String, CaseIterable {
        case fleet = "least-busy in a fleet"
        case naive = "by the told numbers alone"
        case alone = "least-busy, each by itself"
        case chance = "by chance"
    }

    let way: Way
    let sidecars: Int
    let endpoints: Int
    /// Of one sidecar, in a second.
    let requests: Double
    /// How long a request takes on average.
    let seconds: Double
    /// A tenth of a second each.
    var ticks = 300

    private var benches: [RoutingBench]
    private var said: [[Int32]]
    private var begun: [Int32]
    /// By the tick in which they end.
    private var ends: [Int: [(sidecar: Int, place: Selection.Place)]] = [:]
    private var chance = FastGenerator(seed: TestSeed.value)

    init(_ way: Way, sidecars: Int, endpoints: Int, requests: Double, seconds: Double) {
        self.way = way
        self.sidecars = sidecars
        self.endpoints = endpoints
        self.requests = requests
        self.seconds = seconds
        benches = (0..<sidecars).map { number in
            var bench = RoutingBench(endpoints, way == .chance ? .simpleShuffle : .leastBusy)
            bench.generator = FastGenerator(seed: TestSeed.value &+ UInt64(number))
            return bench
        }
        said = Array(repeating: Array(repeating: 0, count: endpoints), count: sidecars)
        begun = Array(repeating: 0, count: sidecars)
    }

    /// In flight at each endpoint, of all.
    private var loads: [Int32] {
        (0..<endpoints).map { slot in benches.reduce(0) { $0 + $1[slot].inFlight } }
    }

    private mutating func beat(_ sidecar: Int) {
        let states = benches[sidecar].state.endpoints
        said[sidecar] = states.map(\.inFlight)
        begun[sidecar] = states.reduce(0) { $0 + $1.unshared.begun }
        let others = begun.reduce(0, +) - begun[sidecar]
        for slot in 0..<endpoints {
            let total = said.reduce(0) { $0 + $1[slot] }
            benches[sidecar].state.update(Int32(slot)) { endpoint in
                endpoint.unshared = EndpointState.Unshared()
                if way == .alone { return }
                endpoint.share.ends = .max
                endpoint.share.ownInFlight = endpoint.inFlight
                endpoint.share.othersInFlight = total - endpoint.inFlight
                let pace = Double(others) / Double(max(1, begun[sidecar]))
                endpoint.share.othersPace = way == .fleet ? pace : 0
            }
        }
    }

    private mutating func begin(_ sidecar: Int, at tick: Int) throws {
        let place = try benches[sidecar].take()
        let share = Double.random(in: 0..<1, using: &chance)
        let end = tick + 1 + Int(-10 * seconds * log(1 - share))
        ends[end, default: []].append((sidecar, place))
    }

    /// - Returns: by how much the fullest endpoint has more than a fair share, in the mean.
    mutating func run() throws -> Double {
        var excess = 0.0
        for tick in 0..<ticks {
            for (sidecar, place) in ends.removeValue(forKey: tick) ?? [] {
                benches[sidecar].finish(place, .abandoned)
            }
            for sidecar in 0..<sidecars {
                if (tick + sidecar) % 10 == 0 { beat(sidecar) }
                if Double.random(in: 0..<10, using: &chance) < requests {
                    try begin(sidecar, at: tick)
                }
            }
            guard tick >= ticks / 3 else { continue }
            let loads = loads
            let fair = Double(loads.reduce(0, +)) / Double(endpoints)
            if fair > 0 { excess += Double(loads.max() ?? 0) / fair - 1 }
        }
        return excess / Double(ticks - ticks / 3)
    }
}

@Suite("Least-busy in a fleet")
struct FleetLeastBusyTests {
    @Test("fills all endpoints evenly, though what is told is old")
    func evenly() throws {
        func excess(_ way: FleetSimulation.Way) throws -> Double {
            var simulation = FleetSimulation(
                way,
                sidecars: 10,
                endpoints: 5,
                requests: 10,
                seconds: 4
            )
            return try simulation.run()
        }
        let found = try excess(.fleet)
        #expect(found < 0.12, TestSeed.note)
        #expect(try excess(.naive) > 3 * found, TestSeed.note)
    }

    /// Prints the table of `docs/fleet.md`.
    @Test(
        "fills them as the documents say",
        .enabled(if: ProcessEnvironment.value("SIDEGATE_TEST_SPEED") != nil),
        arguments: [(20, 10, 4), (100, 0.5, 10), (100, 0.1, 10)] as [(Int, Double, Double)]
    )
    func table(sidecars: Int, requests: Double, seconds: Double) throws {
        for way in FleetSimulation.Way.allCases {
            var simulation = FleetSimulation(
                way,
                sidecars: sidecars,
                endpoints: 8,
                requests: requests,
                seconds: seconds
            )
            simulation.ticks = 900
            let percent = Int((try simulation.run() * 100).rounded())
            let load = "\(sidecars) sidecars, \(requests)/s, \(seconds) s"
            print("\(load), \(way.rawValue): \(percent) %")
        }
    }
}
