import RouteConfig
import RouteTable
import TableCompiler
import YAML

/// `config`: a configuration from its bytes to a table. It is refused with diagnostics, or gives a
/// table that verifies and that compiles again, from what `inspect --yaml` prints, to the same
/// bytes.
extension Target {
    static let config = Target(name: "config") { bytes in
        let first = Compilation(bytes)
        first.checkTexts(of: bytes)
        guard let table = first.table else { return .passed }
        do throws(TableError) {
            _ = try RouteTable(bytes: table)
        } catch {
            fail("a table that does not verify: \(error)", #fileID, #line)
        }
        let text = ConfigYAML.render(first.contents, revealsSecrets: true)
        let again = Compilation(Array(text.utf8))
        require(again.table != nil, "\(again.texts) for \(text)")
        require(again.table == table, "another table from \(text)")
        return .passed
    }
}

/// One run of the compiler's front end in memory.
private struct Compilation {
    let sink = DiagnosticSink()
    let contents: TableContents
    /// Nil after an error.
    private(set) var table: [UInt8]?

    init(_ bytes: [UInt8]) {
        let decoded = ConfigDecoder.decode(files: ["gateway.yaml"], sink: sink) { path in
            path == "gateway.yaml" ? .success(bytes) : .failure(SourceFailure("it is not there"))
        }
        guard case .success(let config) = decoded else {
            fail("the file was not read", #fileID, #line)
        }
        contents = TableCompiler.compile(config, sink: sink)
        guard sink.errorCount == 0 else { return }
        do throws(TableWriterError) {
            table = try TableWriter.encode(contents)
        } catch {
            require(!error.description.isEmpty, "an error without words")
        }
    }

    /// Every diagnostic as people read it.
    var texts: [String] {
        let text = DiagnosticText(files: sink.files, secrets: sink.secrets)
        return sink.diagnostics.map(text.render)
    }

    /// What is printed is well formed, and has no key in it.
    func checkTexts(of bytes: [UInt8]) {
        let found = sink.diagnostics
        for text in texts { require(!text.contains(Self.key), "a key is shown: \(text)") }
        let json = DiagnosticJSON(files: sink.files, secrets: sink.secrets).render(found)
        require(!json.contains(Self.key), "a key is shown: \(json)")
        let value = ReferenceJSON.value(Array(json.utf8))
        require(value?.elements.count == found.count, "no JSON, or not all: \(json)")
        for mark in found.compactMap(\.mark) {
            require(mark.line >= 1 && mark.column >= 1, "an odd place: \(mark)")
        }
        let masked = ConfigYAML.render(contents, revealsSecrets: false)
        require(!masked.contains(Self.key), "a key is shown: \(masked)")
    }

    /// Stands in the corpus in many places.
    private static let key = "sk-planted-5d41402abc4b2a76b9719d91"
}
