internal import JSON
internal import POSIX
internal import RouteTable

extension TableSnapshot {
    /// The name of this process' pod, as far as the environment says it.
    static var pod: String {
        ProcessEnvironment.value("POD_NAME") ?? ProcessEnvironment.value("HOSTNAME") ?? ""
    }

    /// What a sidecar says of itself to the others and to tools: a JSON object.
    var presence: String {
        var writer = JSONWriter()
        writer.beginObject()
        for (key, value) in [
            ("pod", Self.pod), ("version", BuildInfo.version), ("table", table.digestHex),
        ] {
            writer.key(key)
            writer.string(value)
        }
        writer.key("generation")
        writer.integer(Int64(clamping: table.generation))
        writer.endObject()
        return String(decoding: writer.bytes, as: UTF8.self)
    }
}
