internal import ArgumentParser
internal import Glibc
internal import POSIX

/// Standard output and standard error, unbuffered.
enum Console: Int32 {
    case output = 1
    case errors = 2

    /// Writes all of it. A reader that went away is not our problem.
    func write(_ text: String) { write(Array(text.utf8)) }

    /// Writes all of it.
    func write(_ bytes: [UInt8]) {
        let file = FileDescriptor(owning: rawValue)
        try? file.writeAll(bytes.span)
        _ = file.release()
    }
}

/// Ends the process.
func leave(_ status: Int32) -> Never {
    exit(status)
}

extension ExitCode {
    /// An error in the input.
    static let badInput = ExitCode(1)
    /// Wrong usage, or a file that cannot be read or written.
    static let badUsage = ExitCode(2)
}
