internal import RouteTable

extension LimitName {
    /// What is limited, for people.
    var summary: String {
        switch self {
        case .headerBytes: "The head of a request, its first line included."
        case .headerCount: "The fields of a request's head."
        case .urlBytes: "A request's target: path and query."
        case .headerTimeoutMS: "From a head's first byte to its last."
        case .requestBodyBytes: "The body of one request."
        case .bodyIdleTimeoutMS: "Between two pieces of a request's body."
        case .jsonDepth: "Nested arrays and objects of a request's body."
        case .bufferedBodyBytes: "All bodies that the process holds at once."
        case .connections: "Open connections of clients, of one worker."
        case .pipelinedRequests: "Requests in a row that came before the answer to the one before."
        case .writeStallTimeoutMS: "How long a client may take nothing of its answer."
        case .inFlightRequests: "Requests that are being served, of one worker."
        case .connectTimeoutMS: "Until an upstream's connection stands."
        case .firstByteTimeoutMS: "Until an upstream's answer begins."
        case .streamIdleTimeoutMS: "Between two pieces of a streamed answer."
        case .totalTimeoutMS: "A whole exchange that is no stream."
        case .keepaliveIdleMS: "How long a client's idle connection stays open."
        case .dnsRefreshMS: "How long an upstream's resolved name is trusted."
        case .upstreamConnectionAgeMS: "How long a connection to a plain-HTTP upstream is used."
        case .upstreamConnectionRequests: "Exchanges on one connection to a plain-HTTP upstream."
        case .upstreamHeaderBytes: "The head of an upstream's answer, interim ones included."
        case .upstreamHeaderCount: "The fields of an upstream's answer."
        case .eventBytes: "One event of a stream."
        case .responseBodyBytes: "An answer that is held to restore its model's name."
        case .queuedRequests: "Requests that wait for room, of one worker."
        case .queueTimeoutMS: "How long a request may wait for room."
        case .mediaBytes: "One image or file that is fetched for a request."
        case .mediaTimeoutMS: "Until an image or file is fetched."
        }
    }
}
