import Testing

@testable import RouteTable

@Suite("A table read back")
struct RoundTripTests {
    @Test("is empty when nothing was written")
    func empty() throws {
        let table = try RouteTable(bytes: TableWriter.encode(TableContents()))
        #expect(table.contents() == TableContents())
        #expect(table.lookUp(name: "") == nil)
        #expect(table.lookUp(name: "x") == nil)
    }

    @Test("holds one of everything")
    func rich() throws {
        let table = try RouteTable(bytes: TableWriter.encode(SampleContents.rich))
        #expect(table.contents() == SampleContents.rich)
        #expect(table.generation == 42)
    }

    @Test("holds what chance wrote")
    func random() throws {
        let seed = TestSeed.value
        print("seed \(seed)")
        for round in 0..<200 {
            var random = RandomContents(seed: seed &+ UInt64(round))
            let contents = random.make()
            let table = try RouteTable(bytes: TableWriter.encode(contents))
            #expect(table.contents() == contents, "seed \(seed), round \(round)")
            for (index, model) in contents.models.enumerated() {
                #expect(table.lookUp(name: model.name) == .model(index))
                #expect(table.lookUp(name: model.name + "?") == nil)
            }
            for (index, alias) in contents.aliases.enumerated() {
                #expect(table.lookUp(name: alias.name) == .alias(index))
            }
        }
    }
}
