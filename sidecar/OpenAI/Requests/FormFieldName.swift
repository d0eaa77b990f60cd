/// What the name of a form's part says. SDKs write lists and objects as parts of their own:
/// `tags[]` for each tag, `metadata[tags][]`, `metadata[user]`.
struct FormFieldName {
    /// The field that decides whether the part is forwarded; nil for one that is not known, which
    /// is forwarded.
    let field: RequestField?
    /// The control that the part is a value of.
    let control: RequestField?
    /// Whether the part is one element of a list.
    let isElement: Bool

    init(_ name: [UInt8]) {
        let whole = String(decoding: name, as: UTF8.self)
        guard let bracket = whole.firstIndex(of: "[") else {
            field = RequestField(rawValue: whole)
            control = field.flatMap { $0.isControl ? $0 : nil }
            isElement = false
            return
        }
        let base = RequestField(rawValue: String(whole[..<bracket]))
        // `model[]` and the like are no fields that the gateway reads; the upstream may judge them.
        field = base.flatMap { $0.treatment == .forwarded ? nil : $0 }
        isElement = true
        switch (base, whole[bracket...]) {
        case (.metadata?, "[tags]"), (.metadata?, "[tags][]"), (.litellmMetadata?, "[tags]"),
            (.litellmMetadata?, "[tags][]"):
            control = .tags
        case (let base?, "[]") where base.isControl: control = base
        default: control = nil
        }
    }
}
