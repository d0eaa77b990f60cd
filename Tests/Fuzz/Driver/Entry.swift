internal import Glibc

// libFuzzer's side: it calls `LLVMFuzzerTestOneInput` with one input after the other, and
// `LLVMFuzzerCustomMutator` for new ones. One binary has all targets, since building with
// sanitizers is what takes long; the first argument names the one to run.

/// libFuzzer's own loop.
@_silgen_name("LLVMFuzzerRunDriver")
private func runDriver(
    _ count: UnsafeMutablePointer<CInt>,
    _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>>,
    _ test: @convention(c) (UnsafePointer<UInt8>?, Int) -> CInt
) -> CInt

/// libFuzzer's own mutation, in place; returns the new length.
@_silgen_name("LLVMFuzzerMutate")
private func mutateBytes(_ bytes: UnsafeMutablePointer<UInt8>, _ count: Int, _ max: Int) -> Int

/// Finds the target and hands over to libFuzzer.
@main
enum FuzzProcess {
    /// What this process fuzzes; set once, before libFuzzer's loop.
    nonisolated(unsafe) static var target: Target?

    static func main() {
        let arguments = CommandLine.arguments
        if arguments.dropFirst().first == "--list" {
            for target in Target.all where !target.isSelfTest { print(target.name) }
            return
        }
        // Where libFuzzer starts itself again, the name comes by the environment.
        let variable = "SIDEGATE_FUZZ_TARGET"
        let isNamed = arguments.count > 1 && !arguments[1].hasPrefix("-")
        let name =
            isNamed ? arguments[1] : unsafe getenv(variable).map { unsafe String(cString: $0) }
        guard let found = Target.all.first(where: { $0.name == name }) else {
            print("usage: Fuzz --list | Fuzz TARGET [what libFuzzer takes]")
            exit(2)
        }
        unsafe target = found
        unsafe setenv(variable, found.name, 1)
        exit(run(arguments[..<1] + arguments.dropFirst(isNamed ? 2 : 1)))
    }

    private static func run(_ arguments: ArraySlice<String>) -> CInt {
        // libFuzzer keeps them, so they are never freed.
        var texts = unsafe arguments.map { unsafe strdup($0) } + [nil]
        return unsafe texts.withUnsafeMutableBufferPointer { buffer in
            guard var list = buffer.baseAddress else { return 2 }
            var count = CInt(arguments.count)
            return unsafe runDriver(&count, &list, testOneInput)
        }
    }
}

@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let bytes = unsafe [UInt8](UnsafeBufferPointer(start: start, count: count))
    // -1 keeps an input that says nothing out of the corpus.
    return unsafe FuzzProcess.target?.check(bytes) == .passed ? 0 : -1
}

@_cdecl("LLVMFuzzerCustomMutator")
public func mutateInput(
    _ bytes: UnsafeMutablePointer<UInt8>,
    _ count: Int,
    _ max: Int,
    _ seed: UInt32
) -> Int {
    var random = MutationRandom(seed: UInt64(seed))
    let target = unsafe FuzzProcess.target
    if target?.isJSON == true, random.below(2) == 0 {
        let document = unsafe [UInt8](UnsafeBufferPointer(start: bytes, count: count))
        let changed = JSONMutation.mutated(document, &random)
        if let changed, changed.count <= max { return unsafe store(changed, to: bytes) }
    }
    let mutated = unsafe mutateBytes(bytes, count, max)
    guard let repair = target?.repair, random.below(8) > 0 else { return mutated }
    let repaired = repair(unsafe [UInt8](UnsafeBufferPointer(start: bytes, count: mutated)))
    return repaired.count <= max ? unsafe store(repaired, to: bytes) : mutated
}

private func store(_ bytes: [UInt8], to place: UnsafeMutablePointer<UInt8>) -> Int {
    for (offset, byte) in bytes.enumerated() { unsafe place[offset] = byte }
    return bytes.count
}
