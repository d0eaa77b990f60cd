// One mistake for each sanitizer, for the self-test of scripts/sanitize.
import Glibc

nonisolated(unsafe) var shared = 0

func useAfterFree() {
    let memory = UnsafeMutablePointer<Int>.allocate(capacity: 1)
    memory.initialize(to: 1)
    memory.deallocate()
    print(memory.pointee)
}

func race() {
    var threads = [pthread_t](repeating: 0, count: 2)
    for place in threads.indices {
        pthread_create(
            &threads[place],
            nil,
            { _ in
                for _ in 0..<100_000 { shared += 1 }
                return nil
            },
            nil
        )
    }
    for thread in threads { pthread_join(thread, nil) }
    print(shared)
}

switch CommandLine.arguments.dropFirst().first {
case "address": useAfterFree()
// Often enough that the threads meet, however busy the machine is.
case "thread": for _ in 0..<50 { race() }
default: print("no mistake")
}
