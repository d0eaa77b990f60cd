/// The lines of files with their masks. What a line means depends on the lines before it, so they
/// are scanned in order; diagnostics come sorted, which makes that one pass.
///
/// Long lines and the far end of large files are not quoted: nobody would find a place in them by
/// eye, and scanning them would take longer than all else.
final class MaskedLines {
    private let files: [SourceFile]
    private let secrets: SecretSet
    private var scanner = SecretScanner()
    private var file = -1
    private var number = 0
    private var last: SourceLine?
    private var scannedBytes = 0
    private static let lineBytesMax = 65_536
    /// Of one file.
    private static let scannedBytesMax = 4 << 20

    init(files: [SourceFile], secrets: SecretSet) {
        self.files = files
        self.secrets = secrets
    }

    /// A line that counts from 1; nil when there is none, or it is not quoted.
    func line(_ wanted: Int, ofFile file: Int) -> SourceLine? {
        guard files.indices.contains(file) else { return nil }
        if file != self.file || wanted < number {
            (scanner, self.file, number, last) = (SecretScanner(), file, 0, nil)
            scannedBytes = 0
        }
        while number < wanted {
            guard scannedBytes <= Self.scannedBytesMax,
                let line = files[file].bytes(ofLine: number + 1)
            else { return nil }
            // What is not scanned leaves unknown what the lines behind it are about.
            scannedBytes += line.count > Self.lineBytesMax ? .max / 2 : line.count
            guard scannedBytes <= Self.scannedBytesMax else { return nil }
            number += 1
            let scalars = Array(String(decoding: line, as: UTF8.self).unicodeScalars)
            let isTemplate = files[file].isTemplate
            let masks = scanner.scan(isTemplate ? Self.withoutTags(scalars) : scalars)
            if number == wanted {
                let looks = SecretMask.ranges(in: scalars) + secrets.ranges(in: scalars)
                last = SourceLine(scalars, masks: SecretMask.merged(masks + looks))
            }
        }
        return last
    }

    /// A line of a template with blanks in place of its tags: they name values and hold none, and
    /// their braces are none of YAML's.
    private static func withoutTags(_ line: [Unicode.Scalar]) -> [Unicode.Scalar] {
        var result = line
        var index = 0
        while let start = pair("{", in: line, from: index) {
            guard var end = pair("}", in: line, from: start + 2) else { break }
            end += 2
            while end < line.count, line[end] == "}" { end += 1 }
            for place in start..<end { result[place] = " " }
            index = end
        }
        return result
    }

    private static func pair(
        _ brace: Unicode.Scalar,
        in line: [Unicode.Scalar],
        from start: Int
    ) -> Int? {
        guard line.count > start + 1 else { return nil }
        return (start..<line.count - 1).first { line[$0] == brace && line[$0 + 1] == brace }
    }
}
