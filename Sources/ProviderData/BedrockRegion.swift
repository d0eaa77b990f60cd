/// The region that a name of a model on Bedrock holds.
package enum BedrockRegion {
    /// The region of `us-west-2/…`, or of an ARN; nil where there is none.
    ///
    /// - Parameter model: what stands behind `bedrock/`, with or without `converse/`.
    package static func named(in model: String) -> String? {
        var rest = Substring(model)
        for route in ["converse/", "invoke/"] where rest.hasPrefix(route) {
            rest = rest.dropFirst(route.count)
        }
        if let slash = rest.firstIndex(of: "/"), isRegionName(rest[..<slash]) {
            return String(rest[..<slash])
        }
        let parts = rest.split(separator: ":", maxSplits: 5, omittingEmptySubsequences: false)
        guard parts.count == 6, parts[0] == "arn", !parts[3].isEmpty else { return nil }
        return String(parts[3])
    }

    /// Whether a word is formed like a region's name, with a place and a number: `eu-west-3`. No
    /// model's identifier is.
    package static func isRegionName(_ word: some StringProtocol) -> Bool {
        let parts = word.utf8.split(separator: UInt8(ascii: "-"), omittingEmptySubsequences: false)
        guard parts.count >= 3, let number = parts.last, (1...2).contains(number.count) else {
            return false
        }
        let isNumber = number.allSatisfy { UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }
        return isNumber
            && parts.dropLast().allSatisfy { part in
                !part.isEmpty && part.allSatisfy { UInt8(ascii: "a")...UInt8(ascii: "z") ~= $0 }
            }
    }
}
