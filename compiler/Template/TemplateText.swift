/// A rendered text whose values are still to be written in the form that their places want: each is
/// one byte that no UTF-8 has.
struct TemplateText {
    /// Stands for the next value.
    static let valueByte: UInt8 = 0xFF

    /// One value in the text.
    struct Insertion {
        let value: TemplateValue
        /// Where its tag begins, in bytes of the template.
        let offset: Int
    }
    private(set) var bytes: [UInt8] = []
    private(set) var insertions: [Insertion] = []
    private(set) var runs = SourceRuns()
    /// With the values' own lengths.
    private(set) var size = 0

    /// Adds text of the template.
    mutating func append(_ source: [UInt8], _ range: Range<Int>) {
        runs.add(at: bytes.count, from: range.lowerBound, isVerbatim: true)
        bytes += source[range]
        size += range.count
    }

    /// Adds a text as it stands, which a tag at `offset` has made.
    mutating func append(raw text: String, from offset: Int) {
        runs.add(at: bytes.count, from: offset, isVerbatim: false)
        bytes += text.utf8
        size += text.utf8.count
    }

    /// Adds a value, which a tag at `offset` has made.
    mutating func append(_ value: TemplateValue, from offset: Int) {
        runs.add(at: bytes.count, from: offset, isVerbatim: false)
        bytes.append(Self.valueByte)
        insertions.append(Insertion(value: value, offset: offset))
        size += value.text?.utf8.count ?? 0
    }
}

/// Which bytes of a text come from where in a template.
struct SourceRuns: Sendable {
    struct Run {
        /// In the text.
        let start: Int
        /// In the template.
        let offset: Int
        /// Whether byte follows byte; otherwise all of it comes from one place.
        let isVerbatim: Bool
    }
    private(set) var runs: [Run] = []

    /// Adds a run behind all others.
    mutating func add(at start: Int, from offset: Int, isVerbatim: Bool) {
        if let last = runs.last {
            if last.start == start { runs.removeLast() }
            // What goes on as the last run did needs none of its own.
            if last.start < start, last.isVerbatim == isVerbatim,
                last.offset + (isVerbatim ? start - last.start : 0) == offset
            {
                return
            }
        }
        runs.append(Run(start: start, offset: offset, isVerbatim: isVerbatim))
    }

    /// Where a byte of the text comes from.
    func offset(of place: Int) -> Int {
        guard let run = run(at: place) else { return 0 }
        return run.isVerbatim ? run.offset + place - run.start : run.offset
    }

    /// The run that a byte lies in.
    func run(at place: Int) -> Run? {
        var (low, high) = (0, runs.count)
        while high - low > 1 {
            let middle = (low + high) / 2
            if runs[middle].start <= place { low = middle } else { high = middle }
        }
        return low < runs.count ? runs[low] : nil
    }
}
