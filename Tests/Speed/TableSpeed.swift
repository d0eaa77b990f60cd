import Glibc
import POSIX
import RouteTable

/// What opening a table and looking models up in it takes: one line of JSON for each round.
/// `scripts/bench` runs it on a table of the compiler's.
@main
enum TableSpeed {
    static func main() throws {
        let arguments = CommandLine.arguments
        guard arguments.count == 3, let rounds = Int(arguments[2]) else {
            print("usage: TableSpeed TABLE ROUNDS")
            exit(2)
        }
        for _ in 0..<rounds { try measure(arguments[1]) }
    }

    private static func measure(_ path: String) throws {
        let begun = Clock.monotonicNS()
        let table = try RouteTable.open(path: path)
        let openNS = Clock.monotonicNS() - begun
        // Far from the table's order, as requests are.
        var generator = SystemRandomNumberGenerator()
        let names = (0..<table.counts.models)
            .map { Array(table.name(ofModel: $0).utf8) }
            .shuffled(using: &generator)
        var found = 0
        let start = Clock.monotonicNS()
        for name in names where table.lookUp(name: name.span) != nil { found += 1 }
        let lookUpNS = Clock.monotonicNS() - start
        precondition(found == names.count, "a model of the table was not found in it")
        print("{\"open_ns\": \(openNS), \"lookup_ns\": \(lookUpNS / UInt64(max(1, found)))}")
    }
}
