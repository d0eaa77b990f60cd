import Bedrock
import Glibc
import JSON
import Testing

/// One file of `Fixtures/answers`: what Bedrock said, what the client called, what it is told.
struct AnswerFixture: CustomTestStringConvertible {
    let name: String
    let content: JSONValue

    var testDescription: String { name }

    /// All of them, by name.
    static let all: [AnswerFixture] = names.map { name in
        guard let text = read(folder + name + ".json"), let content = try? JSONValue(parsing: text)
        else { fatalError("\(name).json is not JSON") }
        return AnswerFixture(name: name, content: content)
    }

    static func all(_ operation: String) -> [AnswerFixture] {
        all.filter { $0.content["operation"] == .string(operation) }
    }

    private static let folder: String = {
        var path = #filePath
        for _ in 0..<2 { while path.popLast() != "/" {} }
        return path + "/Fixtures/answers/"
    }()

    private static var names: [String] {
        guard let directory = opendir(folder) else { return [] }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name.hasSuffix(".json") { names.append(String(name.dropLast(5))) }
        }
        return names.sorted()
    }

    private static func read(_ path: String) -> String? {
        guard let file = fopen(path, "r") else { return nil }
        defer { fclose(file) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = fread(&buffer, 1, buffer.count, file)
            if count == 0 { break }
            bytes += buffer[..<count]
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// The bytes of `body`, or of `bodyText`, which need not be JSON.
    var body: [UInt8] { Self.bytes(content["body"], content["bodyText"]) }

    static func bytes(_ value: JSONValue?, _ text: JSONValue?) -> [UInt8] {
        if case .string(let text) = text { return Array(text.utf8) }
        return value?.bytes ?? []
    }

    var context: AnswerContext {
        var context = AnswerContext(id: "r1", created: 1_700_000_000, model: "public")
        guard case .object(let members) = content["context"] else { return context }
        for member in members {
            switch (member.key, member.value) {
            case ("form", .string("text")): context.form = .text
            case ("includesUsage", .bool(let value)): context.includesUsage = value
            case ("jsonTool", .string(let name)): context.jsonTool = name
            case ("toolNames", .object(let names)):
                for name in names { context.toolNames[name.key] = name.value.text }
            default: fatalError("\(name): no such context: \(member.key)")
            }
        }
        return context
    }

    var expected: JSONValue { content["expected"] ?? .null }
}

extension JSONValue {
    var text: String? { if case .string(let text) = self { text } else { nil } }
    var int: Int? { if case .integer(let value) = self { Int(value) } else { nil } }
    var elements: [JSONValue] { if case .array(let list) = self { list } else { [] } }
    var shown: String { String(decoding: bytes, as: UTF8.self) }
}

/// A frame of an event stream as a fixture has it.
enum FixtureFrame {
    case event(String, [UInt8])
    case exception(String, [UInt8])
    case error(String, String)

    init(_ value: JSONValue) {
        let payload = AnswerFixture.bytes(value["payload"], value["text"])
        if let type = value["event"]?.text {
            self = .event(type, payload)
        } else if let type = value["exception"]?.text {
            self = .exception(type, payload)
        } else {
            self = .error(value["error"]?.text ?? "", value["message"]?.text ?? "")
        }
    }

    func feed(_ translator: inout ConverseStreamTranslator, into output: inout [UInt8]) {
        switch self {
        case .event(let type, let payload):
            translator.event(type, payload: payload.span.bytes, into: &output)
        case .exception(let type, let payload):
            translator.exception(type, payload: payload.span.bytes, into: &output)
        case .error(let code, let message):
            translator.error(code: code, message: message, into: &output)
        }
    }
}
