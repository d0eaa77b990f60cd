/// Takes members out of one object with the right commas, while its members are walked in order:
/// the comma before a member goes with it, or the one after it when nothing is kept before it.
struct MemberDeletions {
    /// What is to go before the first member that is kept.
    private var leading: Range<Int>?
    private var previousEnd: Int?
    /// Whether any member is kept so far.
    private(set) var hasKept = false

    mutating func delete(_ member: Range<Int>, _ edits: inout BodyEdits) {
        if hasKept, let previousEnd {
            edits.replace(previousEnd..<member.upperBound, with: [])
        } else {
            leading = (leading ?? member).lowerBound..<member.upperBound
        }
        previousEnd = member.upperBound
    }

    mutating func keep(_ member: Range<Int>, _ edits: inout BodyEdits) {
        if let leading {
            edits.replace(leading.lowerBound..<member.lowerBound, with: [])
            self.leading = nil
        }
        hasKept = true
        previousEnd = member.upperBound
    }

    /// After the last member.
    mutating func end(_ edits: inout BodyEdits) {
        if let leading { edits.replace(leading, with: []) }
        leading = nil
    }
}
