internal import JSON

/// Changes to a body that is not copied: what takes the place of which bytes, in order.
package struct BodyEdits: Hashable, Sendable {
    /// One change; an empty range inserts, an empty replacement deletes.
    package struct Edit: Hashable, Sendable {
        package let range: Range<Int>
        package let replacement: [UInt8]
    }

    /// A piece of the changed body, for a gathering write.
    package enum Segment: Hashable, Sendable {
        /// These bytes of the original body.
        case body(Range<Int>)
        case bytes([UInt8])
    }

    /// Ordered by place; ranges do not overlap.
    package private(set) var edits: [Edit] = []
    /// The length of the original body.
    package let bodyCount: Int
    /// The length of the changed body.
    package private(set) var count: Int

    /// No change to a body of this length.
    package init(bodyCount: Int) {
        self.bodyCount = bodyCount
        count = bodyCount
    }

    package var isEmpty: Bool { edits.isEmpty }

    /// Puts `replacement` where `range` is. Of several at one place the first stays first.
    package mutating func replace(_ range: Range<Int>, with replacement: [UInt8]) {
        precondition(range.lowerBound >= 0 && range.upperBound <= bodyCount, "outside the body")
        var place = edits.endIndex
        while place > 0, edits[place - 1].range.lowerBound > range.lowerBound { place -= 1 }
        let isClear =
            (place == 0 || edits[place - 1].range.upperBound <= range.lowerBound)
            && (place == edits.endIndex || range.upperBound <= edits[place].range.lowerBound)
        precondition(isClear, "edits overlap")
        edits.insert(Edit(range: range, replacement: replacement), at: place)
        count += replacement.count - range.count
    }

    /// The changed body in pieces; empty ones are left out.
    package func segments() -> [Segment] {
        var segments: [Segment] = []
        segments.reserveCapacity(edits.count * 2 + 1)
        var position = 0
        for edit in edits {
            if position < edit.range.lowerBound {
                segments.append(.body(position..<edit.range.lowerBound))
            }
            if !edit.replacement.isEmpty { segments.append(.bytes(edit.replacement)) }
            position = edit.range.upperBound
        }
        if position < bodyCount { segments.append(.body(position..<bodyCount)) }
        return segments
    }

    /// The changed body as a copy.
    package func apply(to body: RawSpan) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(count)
        for segment in segments() {
            switch segment {
            case .body(let range): bytes += body.array(range)
            case .bytes(let replacement): bytes += replacement
            }
        }
        return bytes
    }
}
