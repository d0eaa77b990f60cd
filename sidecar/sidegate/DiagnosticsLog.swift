internal import EventLoop
internal import JSON
internal import Logging
internal import POSIX
internal import Telemetry

/// Diagnostics on standard error: one JSON object a line, as the access log's are.
struct DiagnosticsLog: LogHandler {
    var metadata: Logger.Metadata = [:]
    var logLevel: Logger.Level

    static func isLevel(_ name: String) -> Bool {
        Logger.Level(rawValue: name.lowercased()) != nil
    }

    /// Writes, so that a full pipe holds nobody up.
    let writer: LogWriter

    static func make(level: String, writer: LogWriter) -> Logger {
        let level = Logger.Level(rawValue: level.lowercased()) ?? .info
        return Logger(label: "sidegate") { _ in DiagnosticsLog(logLevel: level, writer: writer) }
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        var timestamp = Timestamp()
        var writer = JSONWriter()
        writer.beginObject()
        writer.key("time")
        writer.string(timestamp.string(Clock.wallNS()))
        writer.key("level")
        writer.string(event.level.rawValue)
        writer.key("message")
        writer.string(event.message.description)
        let all = metadata.merging(event.metadata ?? [:]) { $1 }
        for key in all.keys.sorted() {
            writer.key(key)
            writer.string(all[key]?.description ?? "")
        }
        writer.endObject()
        writer.endLine()
        self.writer.write(writer.bytes)
    }
}
