/// Answers that say that the clock of this machine is off (AWS allows five minutes).
package enum ClockSkew {
    /// Whether a refusal is about the clock, by its name and its text.
    package static func isSkew(code: String, message: String) -> Bool {
        switch code {
        case "RequestTimeTooSkewed", "RequestExpired": true
        case "InvalidSignatureException", "SignatureDoesNotMatch", "AccessDeniedException", "":
            isSkew(message)
        default: false
        }
    }

    static func isSkew(_ message: String) -> Bool {
        message.contains("Signature expired") || message.contains("Signature not yet current")
            || message.contains("is not yet current")
    }
}
