internal import CLinux

/// Bytes mapped read-only until the last owner lets go.
///
/// A sealed copy cannot change any more. A mapped file can: who truncates it in place makes a later
/// read end the process (SIGBUS), so it is only for files that are replaced by rename.
@safe
package final class MappedRegion: Sendable {
    // Nobody writes through it and only `deinit` unmaps it, so it may be read from any thread.
    nonisolated(unsafe) private let base: UnsafeRawPointer?
    /// How many bytes are mapped.
    package let count: Int

    private init(mapping file: borrowing FileDescriptor, count: Int) throws(Errno) {
        self.count = count
        guard count > 0 else {
            unsafe base = nil
            return
        }
        let address = unsafe mmap(nil, count, PROT_READ, MAP_SHARED, file.raw, 0)
        // MAP_FAILED is ~0.
        guard let address = unsafe address, UInt(bitPattern: address) != UInt.max else {
            throw .current
        }
        unsafe base = UnsafeRawPointer(address)
    }

    deinit {
        if let base = unsafe base {
            _ = unsafe munmap(UnsafeMutableRawPointer(mutating: base), count)
        }
    }

    /// Copies bytes into memory that is sealed against every change, and maps it.
    package static func sealedCopy(of bytes: [UInt8]) throws(Errno) -> MappedRegion {
        let number = try retrying {
            Int(unsafe sg_memfd_create("sidegate", SG_MFD_CLOEXEC | SG_MFD_ALLOW_SEALING))
        }
        let memory = FileDescriptor(owning: Int32(number))
        try memory.writeAll(bytes.span)
        _ = try retrying { Int(sg_seal(memory.raw)) }
        return try MappedRegion(mapping: memory, count: bytes.count)
    }

    /// Reads a file once into a sealed copy.
    package static func sealedCopy(
        ofFile path: String,
        sizeMax: Int
    ) throws(FileError) -> MappedRegion {
        let bytes = try File.read(path, sizeMax: sizeMax)
        do throws(Errno) {
            return try sealedCopy(of: bytes)
        } catch {
            throw .system(operation: "copy to sealed memory", path: path, error)
        }
    }

    /// Maps the file itself, so that all processes of a machine share one page cache.
    package static func file(_ path: String, sizeMax: Int) throws(FileError) -> MappedRegion {
        do throws(Errno) {
            let file = try FileDescriptor.openForReading(path)
            let status = try file.status()
            guard status.isRegular else { throw .notAFile }
            guard status.size <= sizeMax else { throw .tooMuch }
            return try MappedRegion(mapping: file, count: status.size)
        } catch {
            switch error {
            case .tooMuch: throw .tooLarge(path: path, sizeMax: sizeMax)
            case .notAFile: throw .notRegular(path: path)
            default: throw .system(operation: "map", path: path, error)
            }
        }
    }

    /// The bytes, valid as long as this region; for owners that keep the region beside it.
    @unsafe
    package var unsafeBuffer: UnsafeRawBufferPointer {
        unsafe UnsafeRawBufferPointer(start: base, count: count)
    }

    /// The bytes, valid as long as this region.
    package var bytes: RawSpan {
        @_lifetime(borrow self)
        get {
            let buffer = unsafe UnsafeRawBufferPointer(start: base, count: count)
            return unsafe _overrideLifetime(RawSpan(_unsafeBytes: buffer), borrowing: self)
        }
    }
}
