/// `# sidegate: allow(SG0021)`, several codes by commas: a comment that says that what is reported
/// on its line is meant.
enum Allowance {
    /// One code on one line.
    struct Place: Hashable {
        let file: Int32
        let line: Int32
        let code: String
    }

    /// The codes that a line allows, as they are written.
    static func codes(in line: String) -> [String] {
        guard let start = line.firstRange(of: marker) else { return [] }
        let before = line[..<start.lowerBound].last
        guard before == nil || before == " " || before == "\t" else { return [] }
        let rest = line[start.upperBound...].drop { $0 == " " }
        guard rest.hasPrefix(word), let end = rest.firstIndex(of: ")") else { return [] }
        return rest[rest.index(rest.startIndex, offsetBy: word.count)..<end].split(separator: ",")
            .map { part in String(part.filter { $0 != " " }).uppercased() }
    }

    private static let marker = "# sidegate:"
    private static let word = "allow("

    /// What the comments of a file allow.
    static func places(in file: SourceFile, number: Int32) -> Set<Place> {
        var places: Set<Place> = []
        for line in file.lines(with: Array(marker.utf8)) {
            for code in codes(in: file.line(line) ?? "") {
                places.insert(Place(file: number, line: Int32(line), code: code))
            }
        }
        return places
    }
}
