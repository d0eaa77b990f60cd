import POSIX

@testable import Cryptography
@testable import RouteTable

/// Ways to change a table's bytes and have its checksums right again.
enum Corruption {
    /// Makes digest and checksum fit the bytes as they are.
    static func reseal(_ file: inout [UInt8]) {
        file.replaceSubrange(40..<72, with: SHA256.hash(Array(file[128...])))
        resealHeader(&file)
    }

    /// Makes only the header's checksum fit.
    static func resealHeader(_ file: inout [UInt8]) {
        file.store(XXH3.hash64(Array(file[..<120]).span.bytes), at: 120)
    }

    /// Why a file is refused; nil when it is not.
    static func error(_ file: [UInt8]) -> TableError? {
        do {
            _ = try RouteTable(bytes: file)
            return nil
        } catch {
            return error
        }
    }

    /// Where a section begins, and how many records it has.
    static func section(_ kind: SectionKind, in file: [UInt8]) -> (offset: Int, count: Int) {
        let entry = 128 + (Int(kind.rawValue) - 1) * 24
        return (Int(integer(file, entry + 8, 8)), Int(integer(file, entry + 16, 8)))
    }

    static func integer(_ file: [UInt8], _ offset: Int, _ size: Int) -> UInt64 {
        file[offset..<offset + size].reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }

    /// Reads everything that a table offers, so that a bad record that got through would show.
    static func readAll(_ table: RouteTable) {
        let contents = table.contents()
        for model in contents.models { _ = table.lookUp(name: model.name) }
        for alias in contents.aliases { _ = table.lookUp(name: alias.name) }
        for index in (0..<table.counts.deployments).reversed() {
            _ = table.deploymentIndex(id: table.deploymentID(at: index))
        }
        for key in contents.virtualKeys { _ = table.virtualKey(digest: key.digest) }
        for rule in contents.fallbacks {
            _ = table.fallbacks(trigger: rule.trigger, model: rule.model)
        }
        for index in 0..<table.counts.patterns { _ = table.pattern(at: index) }
    }
}
