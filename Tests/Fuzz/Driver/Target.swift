internal import Glibc

/// One thing that is fuzzed.
struct Target: Sendable {
    /// What a target made of an input.
    enum Verdict {
        case passed
        /// The input is none that this target understands.
        case ignored
    }

    /// As the corpus' folder is called.
    let name: String
    /// Whether inputs are JSON documents, which are mutated as such, too.
    var isJSON = false
    /// Not among those that are run when all are.
    var isSelfTest = false
    /// Makes checksums right that a mutation left wrong: without, nothing gets past them.
    var repair: (@Sendable ([UInt8]) -> [UInt8])?
    /// Traps, or ends in `fail`, when the product does with the input what it must not.
    let check: @Sendable ([UInt8]) -> Verdict

    static let all: [Target] = [
        .eventStream, .converseRequest, .converseAnswer, .embeddings, .http, .sse, .jsonSplice,
        .table, .yaml, .template, .config, .selfTest,
    ]
}

/// Ends the process as a finding.
func fail(_ message: @autoclosure () -> String, _ file: StaticString, _ line: UInt) -> Never {
    let text = Array("\(file):\(line): \(message())\n".utf8)
    _ = unsafe write(STDERR_FILENO, text, text.count)
    abort()
}

/// A finding unless the condition holds.
func require(
    _ condition: Bool,
    _ message: @autoclosure () -> String,
    file: StaticString = #fileID,
    line: UInt = #line
) {
    if !condition { fail(message(), file, line) }
}

/// Bytes for a message.
func shown(_ bytes: some Sequence<UInt8>) -> String {
    String(decoding: Array(bytes), as: UTF8.self).debugDescription
}
