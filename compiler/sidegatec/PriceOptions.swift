internal import ArgumentParser
internal import RouteConfig

/// The price list of a compilation.
struct PriceOptions: ParsableArguments {
    @Option(
        help: "What models cost, in the form of LiteLLM's model_prices_and_context_window.json.",
        completion: .file()
    )
    var prices: String?

    /// The list; nil when none is given. What is wrong in it is reported.
    func load(_ sink: DiagnosticSink) throws -> PriceMap? {
        guard let prices else { return nil }
        switch PriceMap.load(prices, sink: sink, read: SourceReader.read) {
        case .success(let map): return map
        case .failure(let failure):
            Console.errors.write("sidegatec: cannot read \(failure.reason)\n")
            throw ExitCode.badUsage
        }
    }
}
