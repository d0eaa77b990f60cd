internal import JSON

/// Takes out what drop paths point to inside of one outermost member.
struct NestedDrops {
    /// A path, and how many of its steps lie behind.
    private struct Cursor {
        let path: DropPath
        let done: Int

        var step: DropPath.Step { path.steps[done] }
        var isLast: Bool { done == path.steps.count - 1 }
        var next: Cursor { Cursor(path: path, done: done + 1) }
    }

    private let cursors: [Cursor]

    /// Nil when none of the paths goes through the member with this key.
    init?(_ paths: [DropPath], through isKey: ([UInt8]) -> Bool) {
        cursors = paths.filter { $0.firstKey.map(isKey) ?? false }.map { Cursor(path: $0, done: 1) }
        if cursors.isEmpty { return nil }
    }

    /// Deletes inside the value that begins at `start` in a document that was scanned.
    func delete(at start: Int, in document: RawSpan, _ edits: inout BodyEdits) {
        NestedDrops.walk(cursors, at: start, document, &edits)
    }

    private static func walk(
        _ cursors: [Cursor],
        at start: Int,
        _ document: RawSpan,
        _ edits: inout BodyEdits
    ) {
        guard var walker = JSONWalker(document, at: start) else { return }
        if JSONWalker.kind(document, at: start) == .array {
            walkElements(&walker, cursors, document, &edits)
        } else {
            walkMembers(&walker, cursors, document, &edits)
        }
    }

    private static func walkElements(
        _ walker: inout JSONWalker,
        _ cursors: [Cursor],
        _ document: RawSpan,
        _ edits: inout BodyEdits
    ) {
        var index = 0
        while let element = walker.next(document) {
            let inside = cursors.filter { $0.step == .everyElement || $0.step == .element(index) }
            if !inside.isEmpty {
                walk(inside.map(\.next), at: element.value.lowerBound, document, &edits)
            }
            index += 1
        }
    }

    private static func walkMembers(
        _ walker: inout JSONWalker,
        _ cursors: [Cursor],
        _ document: RawSpan,
        _ edits: inout BodyEdits
    ) {
        var deletions = MemberDeletions()
        while let member = walker.next(document) {
            let inside = cursors.filter {
                guard case .member(let key) = $0.step else { return false }
                return JSONScalars.isString(key, in: document, at: member.key)
            }
            if inside.contains(where: \.isLast) {
                deletions.delete(member.range, &edits)
                continue
            }
            deletions.keep(member.range, &edits)
            if !inside.isEmpty {
                walk(inside.map(\.next), at: member.value.lowerBound, document, &edits)
            }
        }
        deletions.end(&edits)
    }
}
