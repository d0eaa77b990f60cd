/// Gives each document of a request a name that Bedrock takes, and that no other has. The same
/// request has the same names, or the model's cache would not know it again.
struct DocumentNames {
    /// Bedrock's limit, in characters; all are ASCII here.
    static let lengthMax = 200

    private var used: Set<String> = []
    /// The last number behind a name that many documents want; none is tried twice.
    private var numbers: [Substring: Int] = [:]
    /// A space and a number, in characters.
    private static let endingLengthMax = 10

    mutating func name(forFile file: String?) -> String {
        let wanted = DocumentNames.cleaned(file ?? "")
        if used.insert(wanted).inserted { return wanted }
        let stem = wanted.prefix(DocumentNames.lengthMax - DocumentNames.endingLengthMax)
        var number = numbers[stem] ?? 1
        var name: String
        repeat {
            number += 1
            name = "\(stem) \(number)"
        } while !used.insert(name).inserted
        numbers[stem] = number
        return name
    }

    /// Letters, digits, single spaces and a few signs (Bedrock's rule); no extension.
    private static func cleaned(_ file: String) -> String {
        var stem = file[...]
        if let dot = file.lastIndex(of: ".") { stem = file[..<dot] }
        var name = ""
        for scalar in stem.unicodeScalars {
            if scalar.isBlank {
                if !name.isEmpty, name.last != " " { name.append(" ") }
            } else {
                name.unicodeScalars.append(isAllowed(scalar) ? scalar : "-")
            }
            if name.utf8.count == lengthMax { break }
        }
        if name.last == " " { name.removeLast() }
        return name.isEmpty ? "document" : name
    }

    private static func isAllowed(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar {
        case "a"..."z", "A"..."Z", "0"..."9", "-", "(", ")", "[", "]": true
        default: false
        }
    }
}
