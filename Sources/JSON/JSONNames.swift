internal import CSimdJSON

/// The keys that a scan recognises: built once, shared by all workers.
package struct JSONNames: Sendable {
    /// No names: every key is unknown.
    package static let none = JSONNames([])

    /// All names' UTF-8, shortest first, so that a search stops at the first longer one.
    private let bytes: [UInt8]
    private let offsets: [UInt32]
    private let numbers: [Int16]

    /// Keeps at most 32,767 `names`; the index of each is what a scan reports.
    package init(_ names: [String]) {
        let order = names.indices.sorted {
            (names[$0].utf8.count, $0) < (names[$1].utf8.count, $1)
        }
        var bytes: [UInt8] = []
        var offsets: [UInt32] = [0]
        for index in order {
            bytes += Array(names[index].utf8)
            offsets.append(UInt32(bytes.count))
        }
        self.bytes = bytes
        self.offsets = offsets
        numbers = order.map { Int16($0) }
    }

    /// Lends the names in C's form, for the length of `body`.
    func withCNames<Result>(_ body: (UnsafePointer<sg_json_names>) -> Result) -> Result {
        unsafe bytes.withUnsafeBufferPointer { bytes in
            unsafe offsets.withUnsafeBufferPointer { offsets in
                unsafe numbers.withUnsafeBufferPointer { numbers in
                    var names = unsafe sg_json_names(
                        bytes: bytes.baseAddress,
                        offsets: offsets.baseAddress,
                        numbers: numbers.baseAddress,
                        count: UInt32(numbers.count)
                    )
                    return unsafe body(&names)
                }
            }
        }
    }
}
