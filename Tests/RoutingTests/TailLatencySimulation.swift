import Glibc
import POSIX
import Testing

@testable import Routing

/// Ten deployments, of which one is ten times as slow, under the same arrivals for each strategy.
/// Time is simulated; every choice is the sidecar's own code.
@Suite("One slow deployment among ten")
struct TailLatencySimulation {
    static let deployments = 10
    /// Requests that a deployment serves at one time; more wait in it.
    static let places = 32
    static let meanSeconds = 1.0
    static let slowness = 10.0
    static let requests = 12_000
    /// The first ones find an empty system, and are not counted.
    static let warmUp = 2_000

    /// The time from arrival to the end of an answer, in seconds.
    struct Result {
        var latencies: [Double] = []
        var atSlow = 0

        func percentile(_ share: Double) -> Double {
            let sorted = latencies.sorted()
            return sorted[min(sorted.count - 1, Int(Double(sorted.count) * share))]
        }
    }

    private struct Running {
        let ends: Double
        let arrived: Double
        let number: Int
        let place: Selection.Place
    }

    private struct Waiting {
        let arrived: Double
        let number: Int
        let place: Selection.Place
    }

    private struct Simulation {
        var bench: RoutingBench
        var chance: FastGenerator
        var running: [Running] = []
        var queues = [[Waiting]](repeating: [], count: deployments)
        var busy = [Int](repeating: 0, count: deployments)
        var result = Result()

        let arrivalsPerSecond: Double

        init(_ strategy: StrategyName, _ arguments: StrategyArguments, _ load: Double) {
            arrivalsPerSecond = load
            bench = RoutingBench(deployments, strategy, arguments: arguments)
            chance = FastGenerator(seed: TestSeed.value)
        }

        mutating func exponential(mean: Double) -> Double {
            -mean * log(1 - Double.random(in: 0..<1, using: &chance))
        }

        mutating func turn(to seconds: Double) {
            bench.now = Moment(
                nanoseconds: 1_000_000_000_000 + UInt64(seconds * 1e9),
                minute: UInt64(seconds / 60)
            )
        }

        mutating func run() throws -> Result {
            var arrival = 0.0
            for number in 0..<requests {
                arrival += exponential(mean: 1 / arrivalsPerSecond)
                while let next = running.last, next.ends <= arrival { end(next) }
                turn(to: arrival)
                var request = RequestTraits()
                request.prefixHash = chance.next()
                let waiting = Waiting(
                    arrived: arrival,
                    number: number,
                    place: try bench.take(request)
                )
                let deployment = Int(waiting.place.deployment)
                if busy[deployment] < places {
                    begin(waiting, at: arrival)
                } else {
                    queues[deployment].append(waiting)
                }
            }
            while let next = running.last { end(next) }
            return result
        }

        private mutating func begin(_ waiting: Waiting, at seconds: Double) {
            let deployment = Int(waiting.place.deployment)
            busy[deployment] += 1
            let mean = meanSeconds * (deployment == 0 ? slowness : 1)
            let running = Running(
                ends: seconds + exponential(mean: mean),
                arrived: waiting.arrived,
                number: waiting.number,
                place: waiting.place
            )
            // Those that end first are last.
            let place = self.running.firstIndex { $0.ends < running.ends } ?? self.running.count
            self.running.insert(running, at: place)
        }

        private mutating func end(_ done: Running) {
            running.removeLast()
            turn(to: done.ends)
            let deployment = Int(done.place.deployment)
            let seconds = done.ends - done.arrived
            var measured = AttemptOutcome.Measured()
            measured.seconds = seconds
            measured.completionTokens = 1
            measured.totalTokens = 100
            bench.finish(done.place, .success(measured))
            if done.number >= warmUp {
                result.latencies.append(seconds)
                if deployment == 0 { result.atSlow += 1 }
            }
            busy[deployment] -= 1
            if !queues[deployment].isEmpty {
                begin(queues[deployment].removeFirst(), at: done.ends)
            }
        }
    }

    private func simulate(
        _ strategy: StrategyName,
        _ load: Double,
        buffer: Double? = nil
    ) throws -> Result {
        var arguments = StrategyArguments()
        if let buffer { arguments.latencyBuffer = buffer }
        var simulation = Simulation(strategy, arguments, load)
        let result = try simulation.run()
        if ProcessEnvironment.value("SIDEGATE_TEST_SPEED") != nil {
            let share = 100 * Double(result.atSlow) / Double(result.latencies.count)
            let name = strategy.rawValue + (buffer.map { ", buffer \($0)" } ?? "")
            let (middle, tail) = (result.percentile(0.5), result.percentile(0.99))
            print("\(load)/s, \(name): p50 \(middle) s, p99 \(tail) s, \(share) % at the slow one")
        }
        return result
    }

    @Test("keeps few waiting under those strategies that look where they send")
    func light() throws {
        let load = 20.0
        let random = try simulate(.simpleShuffle, load).percentile(0.99)
        for strategy in [StrategyName.leastBusy, .powerOfTwo, .latencyBased, .prefixAffinity] {
            #expect(try simulate(strategy, load).percentile(0.99) < random / 3, "\(strategy)")
        }
        _ = try simulate(.usageBased, load)
    }

    @Test("does not take the others down when they are busy")
    func heavy() throws {
        let load = 160.0
        let random = try simulate(.simpleShuffle, load).percentile(0.99)
        for strategy in [StrategyName.leastBusy, .powerOfTwo, .prefixAffinity] {
            #expect(try simulate(strategy, load).percentile(0.99) < random / 20, "\(strategy)")
        }
        // It sends all to the one that was quickest just now.
        #expect(try simulate(.latencyBased, load).percentile(0.99) < random / 2)
        #expect(try simulate(.latencyBased, load, buffer: 1).percentile(0.99) < random / 5)
        _ = try simulate(.usageBased, load)
    }
}
