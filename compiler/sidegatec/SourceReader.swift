internal import POSIX
internal import RouteConfig
internal import YAML

/// Reads files of the input.
enum SourceReader {
    /// All of a file, or of what comes through a pipe; the caller names the path.
    static func read(_ path: String) -> Result<[UInt8], SourceFailure> {
        do throws(FileError) {
            // One byte more than the YAML reader takes, so that it says what is too large.
            return .success(try File.readAny(path, sizeMax: YAMLLimits().bytesMax + 1))
        } catch {
            // The caller names the path; only the reason is wanted here.
            switch error {
            case .tooLarge: return .failure(SourceFailure("the file is too large"))
            case .notRegular: return .failure(SourceFailure("not a regular file"))
            case .system(_, _, let errno): return .failure(SourceFailure(errno.description))
            }
        }
    }
}
