import Glibc
import POSIX
import RouteTable
import Testing

/// A folder of its own, gone with the value.
final class TestFolder: Sendable {
    let path: String

    init() throws {
        var template = Array("/tmp/sidegate-proxy-XXXXXX".utf8CString)
        try #require(mkdtemp(&template) != nil)
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    deinit {
        TestFolder.remove(path)
    }

    func file(_ name: String) -> String { path + "/" + name }

    /// Beside and renamed over, as a careful writer does it.
    func replace(_ name: String, _ bytes: [UInt8]) throws {
        try write(".new-" + name, bytes)
        try #require(rename(file(".new-" + name), file(name)) == 0)
    }

    /// Truncated and written again, as a careless one does it.
    func write(_ name: String, _ bytes: [UInt8]) throws {
        let stream = try #require(fopen(file(name), "w"))
        defer { fclose(stream) }
        try #require(fwrite(bytes, 1, bytes.count, stream) == bytes.count)
    }

    func write(_ name: String, _ text: String) throws { try write(name, Array(text.utf8)) }

    /// As ConfigMaps do it: a folder of data for each version, and one link that is swapped.
    func publish(_ version: String, _ name: String, _ bytes: [UInt8]) throws {
        try #require(mkdir(file(version), 0o755) == 0)
        try write(version + "/" + name, bytes)
        try #require(symlink(version, file("..data_tmp")) == 0)
        try #require(rename(file("..data_tmp"), file("..data")) == 0)
        _ = symlink("..data/" + name, file(name))
    }

    private static func remove(_ path: String) {
        if let folder = opendir(path) {
            while let entry = readdir(folder) {
                let name = withUnsafePointer(to: &entry.pointee.d_name) {
                    $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
                }
                if name == "." || name == ".." { continue }
                if unlink(path + "/" + name) != 0 { remove(path + "/" + name) }
            }
            closedir(folder)
        }
        rmdir(path)
    }
}

extension TableContents {
    /// A table with one model of this name.
    static func named(_ model: String, generation: UInt64 = 0) -> TableContents {
        var contents = TableContents()
        contents.generation = generation
        contents.models = [Tables.model(model)]
        return contents
    }
}
