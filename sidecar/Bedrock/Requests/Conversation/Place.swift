internal import OpenAI

/// Where something stands in a client's messages; its text is made only to blame it.
struct Place {
    let message: Int
    var part: Int?
    /// `content`, or another list of the message's.
    var list: StaticString = "content"

    func invalid(_ member: String?, _ reason: String) -> OpenAIError {
        var path = "messages[\(message)]"
        if let part { path += ".\(list)[\(part)]" }
        if let member { path += ".\(member)" }
        return .invalid(path, reason)
    }
}
