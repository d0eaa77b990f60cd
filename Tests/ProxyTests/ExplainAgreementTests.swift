import JSON
import OpenAI
import Providers
import RouteTable
import Routing
import Testing

@testable import Proxy

/// `sidegatec explain` works some things out from a table or a file that the sidecar works out from
/// a request: both must come to the same.
@Suite("What explain and the sidecar work out")
struct ExplainAgreementTests {
    @Test(
        "is the same hash of a prompt's beginning",
        arguments: [
            #"{"model":"m","messages":[{"role":"user","content":"Hello"}]}"#,
            #"{"system":"Be brief","messages":[{"role":"user","content":"Hello"}]}"#,
            #"{"messages":null,"prompt":"Hello"}"#, #"{"prompt":["Hello","you"]}"#,
            #"{"instructions":"Be brief","input":"Hello"}"#, #"{"input":[{"content":"Hello"}]}"#,
            #"{"prompt":"one","prompt":"two"}"#, #"{"model":"m"}"#,
        ],
        [1, 10, 512]
    )
    func prompts(body: String, bytesMax: Int) throws {
        let bytes = Array(body.utf8)
        let facts = try RequestFacts(bytes.span.bytes, scanner: JSONScanner())
        let explained = try PromptHash.hash(body: bytes, bytesMax: bytesMax)
        #expect(PromptPrefix.hash(facts, bytes.span.bytes, bytesMax: bytesMax) == explained)
    }

    private static let settings: [ParameterSet] = [
        [:], [.timeoutMS: .integer(9_000)], [.streamTimeoutMS: .integer(5_000)],
        [.requestTimeoutMS: .integer(8_000), .timeoutMS: .integer(0)],
        [
            .sidegateLimits: .json([
                .literal(#"{"first_byte_timeout_ms":700,"total_timeout_ms":800,"#),
                .literal(#""stream_idle_timeout_ms":90,"connect_timeout_ms":60}"#),
            ]), .timeoutMS: .integer(750),
        ],
    ]

    @Test("are the same times", arguments: settings, settings)
    func times(table: ParameterSet, deployment: ParameterSet) throws {
        var contents = TableContents()
        contents.settings = table
        contents.models = [Tables.model("m", deployment)]
        let snapshot = try Tables.snapshot(contents)
        let own = ResolvedDeployment(
            0,
            table: snapshot.table,
            values: snapshot.values,
            environment: { _ in nil },
            scanner: JSONScanner()
        )
        func timing(isStream: Bool) -> Timing {
            Timing(
                isStream: isStream,
                asked: Timing.Pair(),
                deployment: Timing.Pair(wholeMS: own.timeoutMS, streamMS: own.streamTimeoutMS),
                table: Timing.Pair(
                    wholeMS: snapshot.attemptTimeoutMS,
                    streamMS: snapshot.streamTimeoutMS
                ),
                limits: snapshot.limits
            )
        }
        let times = RequestTimes(table: snapshot.table, values: snapshot.values)
        let attempt = times.attempt(snapshot.table.deployment(at: 0).parameters)
        #expect(attempt.wholeMS == Int(timing(isStream: false).totalMS))
        #expect(attempt.firstByteMS == Int(timing(isStream: true).headMS))
        #expect(attempt.pauseMS == Int(timing(isStream: true).idleMS))
        #expect(times.connectMS == Int(snapshot.limits.connectMS))
    }
}
