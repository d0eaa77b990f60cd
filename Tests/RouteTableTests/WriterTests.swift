import POSIX
import Testing

@testable import RouteTable

@Suite("The table writer")
struct WriterTests {
    private func error(_ change: (inout TableContents) -> Void) -> TableWriterError? {
        var contents = SampleContents.rich
        change(&contents)
        do throws(TableWriterError) {
            _ = try TableWriter.encode(contents)
            return nil
        } catch {
            return error
        }
    }

    @Test("[F-31] gives the same bytes for the same contents, whatever their order")
    func determinism() throws {
        let file = try TableWriter.encode(SampleContents.rich)
        for _ in 0..<20 {
            var contents = SampleContents.rich
            contents.models.shuffle()
            contents.aliases.shuffle()
            contents.virtualKeys.shuffle()
            contents.fallbacks.shuffle()
            #expect(try TableWriter.encode(contents) == file)
        }
        #expect(try TableWriter.encode(RouteTable(bytes: file).contents()) == file)
    }

    @Test("[F-31] writes the document's example byte by byte")
    func golden() throws {
        var contents = TableContents()
        contents.generation = 7
        contents.settings = [.requireAuthForMetrics: .bool(true)]
        contents.models = [
            Model(
                name: "llama",
                deployments: [
                    Deployment(
                        id: .explicit("blue"),
                        provider: 3,
                        upstreamModel: .literal("llama"),
                        apiBase: .reference(
                            Reference(kind: .environment, name: "BASE", isSecret: false)
                        ),
                        order: 1
                    )
                ]
            )
        ]
        let file = try TableWriter.encode(contents)
        let root = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
        let text = try File.read("/\(root)/docs/table-format.md", sizeMax: 1 << 20)
        let document = String(decoding: text, as: UTF8.self)
        let expected = HexDump.lines(file)
        #expect(document.contains(expected), "the document should have:\n\(expected)")
    }

    @Test("[F-32] refuses names that are twice there")
    func duplicates() {
        #expect(
            error { $0.models.append(Model(name: "llama")) } == .duplicateName("llama")
        )
        #expect(
            error { $0.aliases.append(Alias(name: "llama", targets: ["x"])) }
                == .duplicateName("llama")
        )
        #expect(
            error { $0.aliases.append(Alias(name: "best", targets: ["x"])) }
                == .duplicateName("best")
        )
        #expect(error { $0.virtualKeys.append($0.virtualKeys[0]) } == .duplicateVirtualKey)
        #expect(
            error { $0.fallbacks.append($0.fallbacks[1]) } == .duplicateFallback("llama")
        )
    }

    @Test("tells names apart whose letters only look the same")
    func canonicalEquivalence() throws {
        var contents = TableContents()
        contents.models = [Model(name: "e\u{301}"), Model(name: "\u{E9}")]
        let table = try RouteTable(bytes: TableWriter.encode(contents))
        #expect(table.lookUp(name: "e\u{301}") == .model(0))
        #expect(table.lookUp(name: "\u{E9}") == .model(1))
    }

    @Test("refuses what a record has no room for")
    func values() {
        #expect(error { $0.models[0].name = "" } == .emptyName)
        #expect(error { $0.aliases[0].targets = [] } == .noTargets("best"))
        #expect(error { $0.aliases[0].targets = [""] } == .emptyName)
        #expect(
            error { $0.models[1].deployments[0].credential = 2 }
                == .noSuchCredential(model: "llama")
        )
        #expect(
            error { $0.models[1].deployments[0].order = .max } == .orderOutOfRange(model: "llama")
        )
        #expect(error { $0.virtualKeys[0].digest.removeLast() } == .badDigest)
        #expect(error { $0.settings[.inputPrice] = .number(.infinity) } == .notFinite(.inputPrice))
    }

    @Test("[F-33] keeps to the limits, and reaches them")
    func limits() throws {
        let long = String(repeating: "n", count: TableLimit.nameBytes.maximum)
        #expect(error { $0.models.append(Model(name: long)) } == nil)
        #expect(
            error { $0.models.append(Model(name: long + "n")) }
                == .overLimit(.nameBytes, count: 1025)
        )
        let text = String(repeating: "t", count: TableLimit.stringBytes.maximum)
        #expect(error { $0.settings[.rolloutName] = .text(.literal(text)) } == nil)
        #expect(
            error { $0.settings[.rolloutName] = .text(.literal(text + "t")) }
                == .overLimit(.stringBytes, count: (1 << 20) + 1)
        )
        let stars = String(repeating: "*", count: TableLimit.patternStars.maximum)
        #expect(error { $0.models.append(Model(name: stars)) } == nil)
        #expect(
            error { $0.models.append(Model(name: stars + "*")) }
                == .overLimit(.patternStars, count: 17)
        )
        let targets = [String](repeating: "llama", count: TableLimit.targets.maximum)
        #expect(error { $0.aliases[0].targets = targets } == nil)
        #expect(
            error { $0.aliases[0].targets = targets + ["x"] } == .overLimit(.targets, count: 257)
        )
    }

    @Test("[F-33] reads what is at a limit, and refuses what is over it", arguments: [4096, 4097])
    func patternLimit(count: Int) throws {
        var contents = TableContents()
        contents.models = (0..<count).map { Model(name: "p\($0)/*") }
        if count > TableLimit.patterns.maximum {
            #expect(throws: TableWriterError.overLimit(.patterns, count: count)) {
                try TableWriter.encode(contents)
            }
        } else {
            let table = try RouteTable(bytes: TableWriter.encode(contents))
            #expect(table.counts.patterns == count)
        }
    }

    @Test("needs about 150 bytes a deployment for 10,000 of them")
    func size() throws {
        let count = 10_000
        let file = try TableWriter.encode(SampleContents.realistic(deployments: count))
        let average = Double(file.count) / Double(count)
        print("\(average) bytes a deployment, \(file.count) in all")
        #expect(average <= 150)
    }
}

/// Lines of sixteen bytes as the document shows them.
enum HexDump {
    static func lines(_ bytes: [UInt8]) -> String {
        let digits = Array("0123456789abcdef")
        return stride(from: 0, to: bytes.count, by: 16).map { start in
            let row = bytes[start..<min(start + 16, bytes.count)]
            let offset = String(start, radix: 16)
            return String(repeating: "0", count: 4 - offset.count) + offset + " "
                + row.map { " \(digits[Int($0 >> 4)])\(digits[Int($0 & 15)])" }.joined()
        }.joined(separator: "\n")
    }
}
