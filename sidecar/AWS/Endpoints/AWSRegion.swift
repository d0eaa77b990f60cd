internal import ProviderData

/// A region of AWS whose name is safe to stand in the name of a host.
package struct AWSRegion: Hashable, Sendable {
    /// `us-east-1`.
    package let name: String

    /// The cloud that the region belongs to.
    package var partition: AWSPartition { AWSPartition(regionName: name) }

    /// A region by its name, known or not: AWS opens new ones.
    ///
    /// Only one label of a host's name is let by, so that no name leads elsewhere.
    package init(_ name: String) throws(AWSEndpointError) {
        let bytes = name.utf8
        let isLabel = bytes.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
                UInt8(ascii: "-"):
                true
            default: false
            }
        }
        guard isLabel, (1...63).contains(bytes.count), !name.hasPrefix("-"), !name.hasSuffix("-"),
            bytes.contains(where: { $0 >= UInt8(ascii: "a") })
        else { throw .region(name) }
        self.name = name
    }

    /// Whether a word is formed like a region's name.
    static func isRegionName(_ word: some StringProtocol) -> Bool {
        BedrockRegion.isRegionName(word)
    }
}

extension AWSRegion: CustomStringConvertible {
    package var description: String { name }
}
