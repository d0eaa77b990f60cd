/// A model as a configuration names it behind `bedrock/` and a route such as `converse/`: an
/// identifier, an inference profile's, or an ARN, perhaps with a region and a slash before it.
package struct BedrockModelName: Hashable, Sendable {
    /// The longest that Bedrock takes, in bytes.
    package static let idBytesMax = 2048

    /// What Bedrock is asked for, without the region before it.
    package let id: String
    /// The region that the name holds; nil when it holds none.
    package let region: AWSRegion?

    /// A name as configured.
    package init(_ name: String) throws(AWSEndpointError) {
        var id = name
        var region: AWSRegion?
        if let slash = name.firstIndex(of: "/"), AWSRegion.isRegionName(name[..<slash]) {
            region = try AWSRegion(String(name[..<slash]))
            id = String(name[name.index(after: slash)...])
        }
        if region == nil, let resource = AWSResourceName(id), !resource.region.isEmpty {
            region = try AWSRegion(resource.region)
        }
        // Dots alone would be resolved as a path's, and ask for something else.
        guard (1...Self.idBytesMax).contains(id.utf8.count), id != ".", id != ".." else {
            throw .model(String(id.prefix(64)))
        }
        self.id = id
        self.region = region
    }

    /// The path of an operation on the wire: the identifier is one segment of it.
    package func path(_ operation: BedrockOperation) -> String {
        "/model/\(PercentEncoding.segment(id))/\(operation.rawValue)"
    }
}
