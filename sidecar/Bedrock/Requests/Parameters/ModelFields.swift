internal import JSON
internal import OpenAI

/// `additionalModelRequestFields`: what goes to the model as it is. The last word counts.
struct ModelFields {
    private var members: [JSONValue.Member] = []
    /// By key: a client may send as many as fit into a body.
    private var places: [String: Int] = [:]

    init(_ members: [JSONValue.Member]) {
        for member in members { set(member) }
    }

    mutating func set(_ member: JSONValue.Member) {
        if let place = places[member.key] {
            members[place].value = member.value
        } else {
            places[member.key] = members.count
            members.append(member)
        }
    }

    /// Nova has its own place for it.
    mutating func add(topK: Int?, _ traits: ModelTraits) {
        guard let topK else { return }
        let value = JSONValue.integer(Int64(topK))
        if traits.family == .nova {
            set(.init("inferenceConfig", .object([.init("topK", value)])))
        } else {
            set(.init("top_k", value))
        }
    }

    /// Adds the client's own, which win.
    mutating func merge(_ value: JSONValue?) throws(OpenAIError) {
        guard let value else { return }
        guard case .object(let own) = value else {
            throw .invalid("additionalModelRequestFields", "must be an object")
        }
        for member in own { set(member) }
    }

    func write(to writer: inout JSONWriter) {
        if members.isEmpty { return }
        writer.key("additionalModelRequestFields")
        JSONValue.object(members).write(to: &writer)
    }
}
