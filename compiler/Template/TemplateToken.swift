/// A piece of a template: text, or one tag in braces.
struct TemplateToken {
    enum Kind: Equatable {
        case content
        case comment
        /// `{{x}}`; raw for `{{{x}}}` and `{{&x}}`.
        case output(isRaw: Bool)
        /// `{{#x}}`; inverse for `{{^x}}`.
        case open(isInverse: Bool)
        /// `{{else}}`, `{{else if x}}`, `{{^}}`.
        case otherwise
        /// `{{/x}}`.
        case close
    }
    let kind: Kind
    /// The bytes of a text that are left once white space is stripped, or all of a tag's.
    var range: Range<Int>
    /// What a tag says, without braces, tildes and the mark of its kind.
    var inner = 0..<0
    /// `{{~`: the white space before the tag goes.
    var stripsBefore = false
    /// `~}}`: the white space behind the tag goes.
    var stripsAfter = false

    /// Whether a line with nothing but this tag vanishes.
    var canStandAlone: Bool {
        switch kind {
        case .content, .output: false
        case .comment, .open, .otherwise, .close: true
        }
    }
}
