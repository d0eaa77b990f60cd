internal import CLinux

/// An error number of the operating system, with its text.
package struct Errno: Error, Hashable, Sendable {
    /// The number as `errno(3)` has it.
    package let code: Int32

    /// - Parameter code: a number as `errno(3)` has it.
    package init(code: Int32) {
        self.code = code
    }

    /// The number that the last failed call of this thread left.
    package static var current: Errno { Errno(code: sg_errno()) }

    /// ENOENT.
    package static let noSuchFile = Errno(code: ENOENT)
    /// ENOTDIR: a part of the path is no folder.
    package static let notAFolder = Errno(code: ENOTDIR)
    /// EINTR.
    package static let interrupted = Errno(code: EINTR)
    /// EAGAIN: try again when the descriptor is ready.
    package static let wouldBlock = Errno(code: EAGAIN)
    /// EINVAL.
    package static let invalidArgument = Errno(code: EINVAL)
}

extension Errno: CustomStringConvertible {
    /// The operating system's own text, such as `No such file or directory`.
    package var description: String {
        // GNU's constant texts: no buffer, no locale, safe from every thread.
        guard let text = unsafe strerrordesc_np(code) else { return "error \(code)" }
        return unsafe String(cString: text)
    }
}

/// Runs a system call until it is not interrupted by a signal.
func retrying(_ call: () -> Int) throws(Errno) -> Int {
    while true {
        let result = call()
        if result >= 0 { return result }
        let error = Errno.current
        if error != .interrupted { throw error }
    }
}
