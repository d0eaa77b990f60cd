internal import Glibc
internal import Logging
internal import POSIX

/// Diagnostics on standard error: one JSON object a line, as the access log's are.
struct DiagnosticsLog: LogHandler {
    var metadata: Logger.Metadata = [:]
    var logLevel: Logger.Level

    static func make(level: String) -> Logger {
        let level = Logger.Level(rawValue: level.lowercased()) ?? .info
        return Logger(label: "sidegate") { _ in DiagnosticsLog(logLevel: level) }
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        var line = #"{"time":""# + Timestamp.now() + #"","level":""# + event.level.rawValue + #"""#
        line += #","message":""# + escaped(event.message.description) + #"""#
        let all = metadata.merging(event.metadata ?? [:]) { $1 }
        for key in all.keys.sorted() {
            guard let value = all[key] else { continue }
            line += #",""# + escaped(key) + #"":""# + escaped("\(value)") + #"""#
        }
        Standard.error(line + "}")
    }

    private func escaped(_ text: String) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case _ where scalar.value < 0x20: result += " "
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }
}
