internal import CLinux

/// An open file descriptor that is closed when its owner ends.
package struct FileDescriptor: ~Copyable, Sendable {
    /// The number; valid only as long as this value lives.
    package let raw: Int32

    /// Takes over a descriptor that nobody else closes.
    package init(owning raw: Int32) {
        self.raw = raw
    }

    deinit {
        // Linux frees the number even when close(2) fails, so there is nothing to repeat; data
        // that must reach the disk is synced before.
        _ = close(raw)
    }

    /// Opens a file for reading. A pipe without a writer does not hold the caller up.
    package static func openForReading(_ path: String) throws(Errno) -> FileDescriptor {
        try open(path, flags: O_RDONLY | O_CLOEXEC | O_NONBLOCK, mode: 0)
    }

    /// Opens with the flags and mode of `open(2)`.
    package static func open(
        _ path: String,
        flags: Int32,
        mode: UInt32
    ) throws(Errno) -> FileDescriptor {
        let raw = try retrying { Int(unsafe sg_open(path, flags, mode)) }
        return FileDescriptor(owning: Int32(raw))
    }

    /// Gives the number away; the caller closes it.
    package consuming func release() -> Int32 {
        let raw = self.raw
        discard self
        return raw
    }

    /// Size in bytes, and whether this is a regular file.
    package func status() throws(Errno) -> (size: Int, isRegular: Bool) {
        var status = stat()
        _ = try retrying { Int(unsafe fstat(raw, &status)) }
        return (Int(status.st_size), status.st_mode & UInt32(S_IFMT) == UInt32(S_IFREG))
    }

    /// Reads once; 0 is the end.
    package func read(into buffer: UnsafeMutableRawBufferPointer) throws(Errno) -> Int {
        try retrying { unsafe CLinux.read(raw, buffer.baseAddress, buffer.count) }
    }

    /// Writes all of the bytes.
    package func writeAll(_ bytes: Span<UInt8>) throws(Errno) {
        var done = 0
        while done < bytes.count {
            let rest = bytes.extracting(done..<bytes.count)
            let result = unsafe rest.withUnsafeBytes { buffer -> Result<Int, Errno> in
                do throws(Errno) {
                    return .success(
                        try retrying { unsafe write(raw, buffer.baseAddress, buffer.count) }
                    )
                } catch {
                    return .failure(error)
                }
            }
            done += try result.get()
        }
    }

    /// Whether the process, or the machine, is about to run out of descriptors: four more cannot be
    /// opened. For finding out why something failed.
    package static var areScarce: Bool {
        var probes: [Int32] = []
        defer { for probe in probes { _ = close(probe) } }
        for _ in 0..<4 {
            let probe = eventfd(0, Int32(EFD_CLOEXEC))
            guard probe >= 0 else {
                let code = sg_errno()
                return code == EMFILE || code == ENFILE
            }
            probes.append(probe)
        }
        return false
    }

    /// Waits until what was written is on the disk.
    package func sync() throws(Errno) {
        _ = try retrying { Int(fsync(raw)) }
    }
}
