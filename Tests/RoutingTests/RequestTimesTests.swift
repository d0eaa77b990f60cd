import RouteTable
import Testing

@testable import Routing

@Suite("The times of a request")
struct RequestTimesTests {
    private func times(
        _ settings: ParameterSet,
        _ deployment: ParameterSet
    ) throws -> (RequestTimes, RequestTimes.Attempt) {
        var contents = TableContents()
        contents.settings = settings
        contents.models = [
            Model(
                name: "m",
                deployments: [
                    Deployment(
                        id: .explicit("d"),
                        provider: 1,
                        upstreamModel: .literal("u"),
                        parameters: deployment
                    )
                ]
            )
        ]
        let table = try RouteTable(bytes: TableWriter.encode(contents))
        let times = RequestTimes(table: table, values: ReferenceValues([]))
        return (times, times.attempt(table.deployment(at: 0).parameters))
    }

    @Test(
        "are those of the deployment, the router, the whole, the limits, in this order",
        arguments: [
            ([:], [:], [600_000, 600_000, 120_000]),
            ([.timeoutMS: .integer(9)], [:], [9, 9, 120_000]),
            ([.requestTimeoutMS: .integer(8)], [:], [8, 8, 120_000]),
            ([.timeoutMS: .integer(9), .requestTimeoutMS: .integer(8)], [:], [9, 9, 120_000]),
            ([.timeoutMS: .integer(9)], [.timeoutMS: .integer(7)], [7, 7, 120_000]),
            ([.timeoutMS: .integer(9)], [.requestTimeoutMS: .integer(6)], [6, 6, 120_000]),
            ([:], [.timeoutMS: .integer(0)], [600_000, 600_000, 120_000]),
            ([.streamTimeoutMS: .integer(5)], [:], [600_000, 5, 5]),
            ([.streamTimeoutMS: .integer(5)], [.streamTimeoutMS: .integer(4)], [600_000, 4, 4]),
            ([.timeoutMS: .integer(9)], [.streamTimeoutMS: .integer(40)], [9, 40, 40]),
            ([.timeoutMS: .integer(900_000)], [:], [900_000, 600_000, 120_000]),
        ] as [(ParameterSet, ParameterSet, [Int])]
    )
    func attempts(settings: ParameterSet, deployment: ParameterSet, expected: [Int]) throws {
        let (_, attempt) = try times(settings, deployment)
        #expect([attempt.wholeMS, attempt.firstByteMS, attempt.pauseMS] == expected)
    }

    @Test("follow the limits of the table")
    func limits() throws {
        let json =
            #"{"connect_timeout_ms": 1, "first_byte_timeout_ms": 2, "#
            + #""stream_idle_timeout_ms": 3, "total_timeout_ms": 4, "connections": 5}"#
        let (times, attempt) = try times([.sidegateLimits: .json([.literal(json)])], [:])
        #expect(times.connectMS == 1)
        #expect([attempt.wholeMS, attempt.firstByteMS, attempt.pauseMS] == [4, 2, 3])
        let none = #"{"connect_timeout_ms": 0, "total_timeout_ms": "x"}"#
        let (others, other) = try self.times([.sidegateLimits: .json([.literal(none)])], [:])
        #expect(others.connectMS == 2_000)
        #expect(other.wholeMS == 600_000)
    }

    @Test("leave one attempt its time, unless the whole request has one")
    func deadline() throws {
        let (times, attempt) = try times([:], [.timeoutMS: .integer(900_000)])
        #expect(times.deadlineMS(isStream: false, [attempt]) == 900_000)
        #expect(times.deadlineMS(isStream: true, [attempt]) == 600_000)
        #expect(times.deadlineMS(isStream: false, []) == 600_000)
        let (short, own) = try self.times(
            [.requestTimeoutMS: .integer(5_000)],
            [.timeoutMS: .integer(900_000)]
        )
        #expect(short.deadlineMS(isStream: false, [own]) == 5_000)
    }
}
