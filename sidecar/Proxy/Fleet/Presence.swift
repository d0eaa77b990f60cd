internal import JSON
internal import POSIX
internal import RouteTable

extension TableSnapshot {
    /// What a sidecar says of itself to the others and to tools: a JSON object.
    var presence: String {
        let pod = ProcessEnvironment.value("POD_NAME") ?? ProcessEnvironment.value("HOSTNAME")
        var writer = JSONWriter()
        writer.beginObject()
        for (key, value) in [
            ("pod", pod ?? ""), ("version", BuildInfo.version), ("table", table.digestHex),
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
