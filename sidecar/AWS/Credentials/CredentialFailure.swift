/// Why a source gave no credentials.
package struct CredentialFailure: Error, Hashable, Sendable {
    /// Whose fault it is, and so whether asking again helps.
    package enum Cause: Hashable, Sendable {
        /// What is configured here or at AWS has to be changed.
        case configuration
        /// The other side or the way to it: asking again may help.
        case transient
        /// What the call was signed with has ended, or is not known: fresh base credentials help.
        case baseRefused
        /// The clock of this machine is off; the server's date tells by how much.
        case clockSkew
    }

    package let cause: Cause
    /// Completes "no credentials from …:", without secrets.
    package let text: String

    /// A failure and its cause.
    package init(_ cause: Cause, _ text: String) {
        self.cause = cause
        self.text = text
    }

    /// The longest piece of somebody else's text that a message quotes, in bytes.
    private static let quoteBytesMax = 300

    /// A piece of an answer that is fit for one line of a log.
    static func quote(_ text: String) -> String {
        var line = ""
        for scalar in text.unicodeScalars {
            if line.utf8.count >= quoteBytesMax { return line + "…" }
            let isPlain = scalar.value >= 0x20 && scalar.value != 0x7F
            line.unicodeScalars.append(isPlain ? scalar : " ")
        }
        return line
    }
}

extension CredentialFailure: CustomStringConvertible {
    package var description: String { text }
}
