/// Which tool is meant by a name that Bedrock would not take.
struct ToolNames {
    /// The client's names by those on the wire, for those that differ.
    private(set) var changed: [String: String] = [:]

    mutating func wireName(_ name: String) -> String {
        let wire = WireName.tool(name)
        if wire != name { changed[wire] = name }
        return wire
    }
}
