internal import POSIX

/// The files that credentials and tokens come from.
package enum LocalFile {
    /// The longest token that is read, in bytes.
    package static let tokenBytesMax = 64 << 10

    /// A shared file's bytes; nil where there is none.
    package static func shared(_ path: String) throws(CredentialFailure) -> [UInt8]? {
        // Without a home there is no default file.
        if path.hasPrefix("~/") { return nil }
        do throws(FileError) {
            return try File.read(path, sizeMax: ProfileFile.bytesMax)
        } catch {
            switch error {
            case .system(_, _, .noSuchFile), .system(_, _, .notAFolder): return nil
            default: throw CredentialFailure(.configuration, error.description)
            }
        }
    }

    /// The text of a token's file, white space around it cut off: a secret.
    ///
    /// A file that cannot be read is no mistake for ever: the kubelet may be about to write it.
    package static func token(_ path: String) throws(CredentialFailure) -> String {
        let bytes: [UInt8]
        do throws(FileError) {
            bytes = try File.read(path, sizeMax: tokenBytesMax)
        } catch {
            throw CredentialFailure(.transient, "the token's file: \(error)")
        }
        return try token(bytes, from: path)
    }

    /// A token of a file's bytes, or of a variable's: a secret.
    static func token(_ bytes: [UInt8], from path: String) throws(CredentialFailure) -> String {
        let isSpace: (UInt8) -> Bool = { $0 == 0x20 || (9...13).contains($0) }
        let start = bytes.drop(while: isSpace)
        let end = start.lastIndex { !isSpace($0) }.map { $0 + 1 } ?? start.startIndex
        let text = start[..<end]
        guard !text.isEmpty else {
            throw CredentialFailure(.transient, "the token of \(path) is empty")
        }
        // It may end up in a header, perhaps behind a scheme's name and a space.
        guard text.allSatisfy({ $0 >= 0x20 && $0 < 0x7F }) else {
            throw CredentialFailure(
                .configuration,
                "the token of \(path) holds line ends or other characters that no token has"
            )
        }
        return String(decoding: text, as: UTF8.self)
    }
}
