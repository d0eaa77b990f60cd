internal import Glibc

/// Fails in each way that a target can, when it is told to: `scripts/fuzz --self-test` looks
/// whether that is seen.
extension Target {
    static let selfTest = Target(name: "self-test", isSelfTest: true) { bytes in
        switch String(decoding: bytes, as: UTF8.self) {
        case "ignored": return .ignored
        case "require": require(bytes.isEmpty, "as told")
        case "trap": print(bytes[bytes.count + 3])
        case "memory": read(beyond: bytes)
        case "hang": while true { sleep(60) }
        default: break
        }
        // What libFuzzer has to find by itself.
        if bytes.first == UInt8(ascii: "F"), bytes.dropFirst().first == UInt8(ascii: "Z") {
            fail("found", #fileID, #line)
        }
        return .passed
    }

    private static func read(beyond bytes: [UInt8]) {
        let byte = unsafe bytes.withUnsafeBufferPointer { buffer in
            unsafe buffer.baseAddress.map { unsafe $0[buffer.count + 1] }
        }
        print(byte ?? 0)
    }
}
