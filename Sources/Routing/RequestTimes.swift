internal import JSON
package import RouteTable

/// How long a request may take by a table's settings, where it asks for nothing itself: the table
/// of `docs/routing.md`, Time. In milliseconds.
package struct RequestTimes: Sendable {
    /// Of one attempt at a deployment.
    package struct Attempt: Hashable, Sendable {
        /// To the end of an answer that is no stream.
        package let wholeMS: Int
        /// To a stream's first byte.
        package let firstByteMS: Int
        /// Between two pieces of a stream.
        package let pauseMS: Int
    }

    /// To connect.
    package let connectMS: Int
    private let totalMS: Int
    private let firstByteMS: Int
    private let pauseMS: Int
    private let whole: Int?
    private let stream: Int?
    private let request: Int?
    private let values: ReferenceValues

    /// For a request whose time nobody has set.
    private static let deadlineMS = 600_000

    package init(table: RouteTable, values: ReferenceValues) {
        let settings = table.settings
        let limits = settings.json(.sidegateLimits)
            .flatMap { table.resolve(json: $0, using: values) }
            .flatMap { try? JSONValue(parsing: $0) }
        func limit(_ name: LimitName, _ standard: Int) -> Int {
            guard case .integer(let number)? = limits?[name.rawValue],
                name.range.contains(Int(number))
            else { return standard }
            return Int(number)
        }
        connectMS = limit(.connectTimeoutMS, 2_000)
        firstByteMS = limit(.firstByteTimeoutMS, 600_000)
        pauseMS = limit(.streamIdleTimeoutMS, 120_000)
        totalMS = limit(.totalTimeoutMS, 600_000)
        request = settings.time(.requestTimeoutMS, values)
        whole = settings.time(.timeoutMS, values) ?? request
        stream = settings.time(.streamTimeoutMS, values)
        self.values = values
    }

    /// An attempt at a deployment with these parameters.
    package func attempt(_ own: Parameters) -> Attempt {
        let whole =
            own.time(.timeoutMS, values) ?? own.time(.requestTimeoutMS, values) ?? self.whole
        let stream = own.time(.streamTimeoutMS, values) ?? self.stream
        return Attempt(
            wholeMS: whole ?? totalMS,
            firstByteMS: stream ?? whole.map { min($0, firstByteMS) } ?? firstByteMS,
            pauseMS: stream ?? pauseMS
        )
    }

    /// A whole request that makes attempts like these: until the first byte to the client.
    package func deadlineMS(isStream: Bool, _ attempts: some Sequence<Attempt>) -> Int {
        if let request { return request }
        // One attempt always has its own time.
        return attempts.reduce(Self.deadlineMS) {
            max($0, isStream ? $1.firstByteMS : $1.wholeMS)
        }
    }
}

extension Parameters {
    /// 0 is none, as in Python.
    fileprivate func time(_ key: ParameterKey, _ values: ReferenceValues) -> Int? {
        integer(key, using: values).flatMap { $0 > 0 ? $0 : nil }
    }
}
