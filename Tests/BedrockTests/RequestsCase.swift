import Bedrock
import Foundation
import JSON
import OpenAI
import Testing

/// One file of `Fixtures/requests`: a client's request, what the deployment says, and what Bedrock
/// is sent or the client is answered.
struct RequestsCase: CustomTestStringConvertible {
    let name: String
    let document: JSONValue

    var testDescription: String { name }
    var request: JSONValue { document["request"] ?? .null }

    static let folder =
        URL(fileURLWithPath: #filePath).deletingLastPathComponent().path
        + "/Fixtures/requests/"

    static let all: [RequestsCase] = {
        let files = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        return files.filter { $0.hasSuffix(".json") }.sorted().compactMap { file in
            let bytes = FileManager.default.contents(atPath: folder + file).map { [UInt8]($0) }
            guard let bytes, let document = try? JSONValue(parsing: bytes.span.bytes) else {
                Issue.record("\(file) is no JSON")
                return nil
            }
            return RequestsCase(name: String(file.dropLast(5)), document: document)
        }
    }()

    var endpoint: String { text("endpoint") ?? "chat/completions" }

    var options: ConverseOptions {
        var options = ConverseOptions(
            model: BedrockModel(text("model") ?? ""),
            baseModel: text("base_model").map { BedrockModel($0) }
        )
        options.dropParams = flag("drop_params")
        options.modifyParams = flag("modify_params")
        options.additionalDropParams = texts("additional_drop_params").map { DropPath($0) }
        options.allowedOpenAIParams = texts("allowed_openai_params")
        return options
    }

    /// What the translation says, in the form of a file's `expected`.
    func translated(_ request: JSONValue) throws(OpenAIError) -> JSONValue {
        switch endpoint {
        case "embeddings": try Self.summary(EmbeddingsRequest(request, options))
        case "completions": try Self.summary(ConverseRequest(completion: request, options))
        default: try Self.summary(ConverseRequest(chat: request, options))
        }
    }

    private static func summary(_ result: ConverseRequest) -> JSONValue {
        var members = [JSONValue.Member("body", parsed(result.body))]
        func add(_ key: String, _ value: JSONValue, if isThere: Bool) {
            if isThere { members.append(.init(key, value)) }
        }
        let names = result.toolNames.sorted { $0.key < $1.key }
        add("stream", .bool(true), if: result.isStream)
        add("includes_usage", .bool(true), if: result.includesUsage)
        add(
            "tool_names",
            .object(names.map { .init($0.key, .string($0.value)) }),
            if: !names.isEmpty
        )
        add(
            "answer_tool",
            result.answerTool.map { .string($0) } ?? .null,
            if: result.answerTool != nil
        )
        add("ignored", list(result.ignoredMembers), if: !result.ignoredMembers.isEmpty)
        return .object(members)
    }

    private static func summary(_ result: EmbeddingsRequest) -> JSONValue {
        .object([
            .init("bodies", .array(result.calls.map { parsed($0.body) })),
            .init("inputs", .array(result.calls.map { .integer(Int64($0.inputCount)) })),
            .init("base64", .bool(result.wantsBase64)),
            .init("vendor", .string("\(result.vendor)")),
        ])
    }

    private static func list(_ texts: [String]) -> JSONValue { .array(texts.map { .string($0) }) }

    private static func parsed(_ bytes: [UInt8]) -> JSONValue {
        do {
            return try JSONValue(parsing: bytes.span.bytes)
        } catch {
            Issue.record("no JSON: \(String(decoding: bytes, as: UTF8.self))")
            return .null
        }
    }

    private func option(_ key: String) -> JSONValue? { document["options"]?[key] }

    private func text(_ key: String) -> String? {
        if case .string(let text)? = option(key) { text } else { nil }
    }

    private func flag(_ key: String) -> Bool { option(key) == .bool(true) }

    private func texts(_ key: String) -> [String] {
        guard case .array(let elements)? = option(key) else { return [] }
        return elements.compactMap { if case .string(let text) = $0 { text } else { nil } }
    }
}
