/// A piece of a template that is ready to be rendered.
indirect enum TemplateNode {
    /// Bytes of the template.
    case text(Range<Int>)
    /// A value. `offset` is where its tag begins.
    case output(TemplatePath, isRaw: Bool, offset: Int)
    case block(TemplateBlock)
}

/// `{{#each x}}…{{else}}…{{/each}}` and its like.
struct TemplateBlock {
    enum Kind: String {
        case each
        case `if`
        case unless
        case with
    }
    var kind: Kind
    var argument: TemplateExpression
    /// The names in `as |item index|`.
    var parameters: [String]
    var body: [TemplateNode]
    /// What stands behind `{{else}}`; nil without one.
    var otherwise: [TemplateNode]?
    /// Where its tag begins.
    var offset: Int
}
