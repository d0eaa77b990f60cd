import Cryptography
import JSON
import RouteTable

/// `table`: a routing table's file. It is refused with an error, or all that can be read of it can
/// be read.
extension Target {
    static let table = Target(
        name: "table",
        repair: { TableSeal.resealed($0) },
        check: { bytes in
            do throws(TableError) {
                readAll(try RouteTable(bytes: bytes))
            } catch {
                require(!"\(error)".isEmpty, "an error without words")
            }
            return .passed
        }
    )

    private static func readAll(_ table: RouteTable) {
        let contents = table.contents()
        for model in contents.models {
            require(table.lookUp(name: model.name) != nil, "\(model.name) is not found")
        }
        for alias in contents.aliases {
            require(table.lookUp(name: alias.name) != nil, "\(alias.name) is not found")
        }
        for index in 0..<table.counts.deployments {
            let id = table.deploymentID(at: index)
            require(table.deploymentIndex(id: id) != nil, "deployment \(id) is not found")
        }
        for key in contents.virtualKeys {
            require(table.virtualKey(digest: key.digest) != nil, "a key is not found")
        }
        for rule in contents.fallbacks {
            let targets = table.fallbacks(trigger: rule.trigger, model: rule.model)
            require(targets != nil, "a rule for \(rule.model) is not found")
        }
        for index in 0..<table.counts.patterns {
            _ = table.model(at: table.pattern(at: index))
        }
        _ = table.lookUp(name: "no such model")
        _ = table.deploymentIndex(id: "no such deployment")
        let values = ReferenceValues(table.references.map { _ in "\"value\"\n" })
        for index in 0..<table.counts.deployments {
            let deployment = table.deployment(at: index)
            _ = table.resolve(deployment.upstreamModel, using: values)
        }
    }
}

/// The checksums of a table, by `docs/table-format.md`.
private enum TableSeal {
    static func resealed(_ file: [UInt8]) -> [UInt8] {
        guard file.count >= 128 else { return file }
        var file = file
        file.replaceSubrange(40..<72, with: SHA256.hash(Array(file[128...])))
        let checksum = XXH3.hash64(Array(file[..<120]).rawSpan)
        for byte in 0..<8 { file[120 + byte] = UInt8(truncatingIfNeeded: checksum >> (byte * 8)) }
        return file
    }
}
