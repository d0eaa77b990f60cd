internal import CLinux

/// Whole files.
package enum File {
    /// Reads a regular file to its end.
    ///
    /// - Throws: `FileError.tooLarge` when there are more than `sizeMax` bytes, before they are
    ///   read where the size tells; `FileError.notRegular` for pipes, devices and folders, which
    ///   could hold the caller up or have no end.
    package static func read(_ path: String, sizeMax: Int) throws(FileError) -> [UInt8] {
        do throws(Errno) {
            let file = try FileDescriptor.openForReading(path)
            let status = try file.status()
            guard status.isRegular else { throw .notAFile }
            guard status.size <= sizeMax else { throw .tooMuch }
            return try readAll(file, sizeMax: sizeMax)
        } catch {
            if error == .tooMuch { throw .tooLarge(path: path, sizeMax: sizeMax) }
            if error == .notAFile { throw .notRegular(path: path) }
            throw .system(operation: "read", path: path, error)
        }
    }

    /// Reads a file, or what comes through a pipe, to its end; for a program that may wait.
    ///
    /// - Throws: `FileError.tooLarge` when there are more than `sizeMax` bytes.
    package static func readAny(_ path: String, sizeMax: Int) throws(FileError) -> [UInt8] {
        do throws(Errno) {
            let file = try FileDescriptor.open(path, flags: O_RDONLY | O_CLOEXEC, mode: 0)
            return try readAll(file, sizeMax: sizeMax)
        } catch {
            if error == .tooMuch { throw .tooLarge(path: path, sizeMax: sizeMax) }
            throw .system(operation: "read", path: path, error)
        }
    }

    /// Replaces a file in one step: readers see the old bytes or all of the new ones, also after
    /// a power failure. The new file's mode is 0644, for what reads it may be another user.
    ///
    /// - Throws: `FileError.notRegular` when the path is a device, pipe or folder, which a rename
    ///   would destroy. A symbolic link is replaced, not followed.
    package static func writeAtomically(_ path: String, _ bytes: [UInt8]) throws(FileError) {
        guard isReplaceable(path) else { throw .notRegular(path: path) }
        let folder = folder(of: path)
        let temporary = "\(path).\(getpid()).tmp"
        do throws(Errno) {
            try writeSynced(temporary, bytes)
            _ = try retrying { Int(unsafe rename(temporary, path)) }
            let opened = try FileDescriptor.open(
                folder,
                flags: O_RDONLY | O_DIRECTORY | O_CLOEXEC,
                mode: 0
            )
            try opened.sync()
        } catch {
            _ = unsafe unlink(temporary)
            throw .system(operation: "write", path: path, error)
        }
    }

    /// Writes a file that is not there yet, with exactly this mode whatever the umask.
    ///
    /// - Throws: `FileError.system` with `EEXIST` when something of that name is there, a dangling
    ///   link included; it is left as it is.
    package static func writeNew(
        _ path: String,
        _ bytes: [UInt8],
        mode: UInt32
    ) throws(FileError) {
        do throws(Errno) {
            let file = try FileDescriptor.open(
                path,
                flags: O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW,
                // Nobody else may look while it is made.
                mode: mode & 0o600
            )
            do throws(Errno) {
                _ = try retrying { Int(fchmod(file.raw, mode)) }
                try file.writeAll(bytes.span)
                try file.sync()
            } catch {
                remove(path)
                throw error
            }
        } catch {
            throw .system(operation: "write", path: path, error)
        }
    }

    /// Removes a file; one that is not there is no error.
    package static func remove(_ path: String) {
        _ = unsafe unlink(path)
    }

    /// The folder that holds a path, `.` when it names none.
    package static func folder(of path: String) -> String {
        guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) else { return "." }
        return slash == path.utf8.startIndex ? "/" : String(path[..<slash])
    }

    private static func isReplaceable(_ path: String) -> Bool {
        var status = stat()
        guard unsafe stat(path, &status) == 0 else { return true }
        return status.st_mode & UInt32(S_IFMT) == UInt32(S_IFREG)
    }

    private static func writeSynced(_ path: String, _ bytes: [UInt8]) throws(Errno) {
        let file = try FileDescriptor.open(
            path,
            flags: O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW,
            mode: 0o644
        )
        // The process's umask must not hide the file from the sidecar's user.
        _ = try retrying { Int(fchmod(file.raw, 0o644)) }
        try file.writeAll(bytes.span)
        try file.sync()
    }

    /// Reads what is there rather than what the size says: both may change, and pipes have none.
    static func readAll(
        _ file: borrowing FileDescriptor,
        sizeMax: Int
    ) throws(Errno) -> [UInt8] {
        let (hint, isRegular) = try file.status()
        if isRegular, hint > sizeMax { throw .tooMuch }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(min(max(hint, 0), sizeMax) + 1)
        while true {
            let room = min(max(hint - bytes.count + 1, 65_536), sizeMax + 1 - bytes.count)
            var failure: Errno?
            let chunk = unsafe [UInt8](unsafeUninitializedCapacity: room) { buffer, count in
                do throws(Errno) {
                    count = try unsafe file.read(into: UnsafeMutableRawBufferPointer(buffer))
                } catch {
                    failure = error
                    count = 0
                }
            }
            if let failure { throw failure }
            if chunk.isEmpty { return bytes }
            if bytes.isEmpty { bytes = chunk } else { bytes += chunk }
            if bytes.count > sizeMax { throw .tooMuch }
        }
    }
}

extension Errno {
    /// Our own sign for more bytes than allowed.
    static let tooMuch = Errno(code: EFBIG)
    /// Our own sign for what is no regular file.
    static let notAFile = Errno(code: ENOTBLK)
}

/// What went wrong with a file.
package enum FileError: Error, Hashable, Sendable {
    /// The operation (`read`, `write`, `map`), the path and the system's error.
    case system(operation: String, path: String, Errno)
    /// More than `sizeMax` bytes.
    case tooLarge(path: String, sizeMax: Int)
    /// A folder, device or pipe where a regular file is needed.
    case notRegular(path: String)
}

extension FileError: CustomStringConvertible {
    /// The operation, the path and the system's text.
    package var description: String {
        switch self {
        case .system(let operation, let path, let error): "cannot \(operation) \(path): \(error)"
        case .tooLarge(let path, let sizeMax): "\(path) is larger than \(sizeMax) bytes"
        case .notRegular(let path): "\(path) is not a regular file"
        }
    }
}
