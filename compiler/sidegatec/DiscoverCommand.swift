internal import ArgumentParser
internal import Discovery
internal import POSIX
internal import RouteConfig

/// `sidegatec discover --vllm URL… | --kubernetes-services FILE | --bedrock`.
struct DiscoverCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "discover",
        abstract: "Ask vLLM servers for their models; print entries of model_list.",
        discussion: """
            The one command that uses the network. Status 0: all servers answered; 3: some did, and \
            their models are printed; 4: none did, and nothing is.
            """
    )

    @Option(parsing: .upToNextOption, help: "Servers to ask, with or without /v1.")
    var vllm: [String] = []

    @Option(
        help: "A file of Services, as kubectl prints them, to ask each of.",
        completion: .file()
    )
    var kubernetesServices: String?

    @Flag(
        help: "Add the models that BEDROCK_MODELS names, in the regions that the environment names."
    )
    var bedrock = false

    @Option(help: "The servers' key, as os.environ/NAME or file:/path; never the key itself.")
    var apiKey: String?

    @Option(
        help: "A configuration whose discovered entries are brought up to date.",
        completion: .file()
    )
    var merge: String?

    @Option(
        name: .shortAndLong,
        help: "Where the text goes; standard output without it.",
        completion: .file()
    )
    var output: String?

    @Option(help: "Seconds until a server must have answered.")
    var timeout = 10.0

    @Option(help: "How many servers are asked at a time.")
    var concurrency = 8

    @Option(help: "Certificates to trust in place of the system's, as PEM.", completion: .file())
    var caFile: String?

    func validate() throws {
        guard !vllm.isEmpty || kubernetesServices != nil || bedrock else {
            throw ValidationError(
                "Name servers with --vllm or --kubernetes-services, or --bedrock."
            )
        }
        guard timeout >= 0.001, timeout <= 600 else {
            throw ValidationError("--timeout takes seconds, up to 600.")
        }
        guard (1...64).contains(concurrency) else {
            throw ValidationError("--concurrency takes 1 to 64.")
        }
    }

    func run() throws {
        do {
            try discover()
        } catch let error as DiscoveryError {
            Console.errors.write("sidegatec: \(error.description)\n")
            throw ExitCode.badUsage
        }
    }

    private func discover() throws {
        var report = DiscoveryReport()
        let addresses = try addresses(&report)
        let file = try merge.map { try Self.file($0) }
        var models: [DiscoveredModel] = []
        var sources: Set<ModelListFile.Source> = []
        if bedrock {
            models = try BedrockEnvironment.models(ProcessEnvironment.value)
            sources.insert(.bedrock)
            report.sourceCount += 1
            report.answerCount += 1
        }
        let inquiry = Inquiry(
            key: try apiKey.map { try KeyReference($0) },
            timeoutMS: UInt64(timeout * 1000),
            concurrency: concurrency,
            caFile: caFile
        )
        for (address, answer) in zip(addresses, try inquiry.ask(addresses)) {
            report.add(answer, from: address)
            guard case .success(let answer) = answer else { continue }
            models += answer.models
            sources.insert(.server(address))
        }
        try finish(report, models, sources, file)
    }

    /// The servers to ask, each once.
    private func addresses(_ report: inout DiscoveryReport) throws -> [ServerAddress] {
        var addresses: [ServerAddress] = []
        for url in vllm {
            let address = try ServerAddress(url)
            if !addresses.contains(address) { addresses.append(address) }
        }
        if let path = kubernetesServices {
            let services = try KubernetesServices(try Self.read(path))
            for refused in services.refused { report.addRefused(refused) }
            for address in services.addresses where !addresses.contains(address) {
                addresses.append(address)
            }
        }
        return addresses
    }

    private func finish(
        _ report: DiscoveryReport,
        _ models: [DiscoveredModel],
        _ sources: Set<ModelListFile.Source>,
        _ file: ModelListFile?
    ) throws {
        guard report.answerCount > 0 else {
            Console.errors.write("sidegatec: \(report.summary); nothing is written\n")
            throw ExitCode.noneAnswered
        }
        let text: [UInt8]
        var changes = ""
        if let file {
            let update = try file.updated(with: models, of: sources)
            text = update.text
            changes =
                "; \(update.added) added, \(update.updated) updated, \(update.removed) removed"
                + (update.skipped > 0 ? ", \(update.skipped) there by hand" : "")
        } else {
            text = Array(DiscoveredModel.document(models).utf8)
        }
        try write(text)
        Console.errors.write("sidegatec: \(report.summary)\(changes)\n")
        if report.isPartial { throw ExitCode.someAnswered }
    }

    private func write(_ text: [UInt8]) throws {
        guard let output else { return Console.output.write(text) }
        do throws(FileError) {
            try File.writeAtomically(output, text)
        } catch {
            Console.errors.write("sidegatec: \(error.description)\n")
            throw ExitCode.badUsage
        }
    }

    // MARK: Files

    private static func file(_ path: String) throws(DiscoveryError) -> ModelListFile {
        let bytes = try read(path)
        do throws(DiscoveryError) {
            return try ModelListFile(bytes)
        } catch {
            throw .badFile("\(path): \(error.description)")
        }
    }

    private static func read(_ path: String) throws(DiscoveryError) -> [UInt8] {
        switch SourceReader.read(path) {
        case .success(let bytes): return bytes
        case .failure(let failure): throw .badFile("cannot read \(path): \(failure.reason)")
        }
    }
}

/// Tells of each server, and counts.
struct DiscoveryReport {
    var sourceCount = 0
    var answerCount = 0
    private var modelCount = 0
    private var isIncomplete = false

    /// Whether something that was asked for is not among the models.
    var isPartial: Bool { answerCount < sourceCount || isIncomplete }

    /// `2 models from 1 of 2 sources`.
    var summary: String {
        "\(CompileResult.counted(modelCount, "model")) from \(answerCount) of "
            + CompileResult.counted(sourceCount, "source")
    }

    mutating func add(_ answer: Result<ModelAnswer, DiscoveryError>, from address: ServerAddress) {
        sourceCount += 1
        switch answer {
        case .failure(let error): say("\(address.base): \(error.description)")
        case .success(let answer):
            answerCount += 1
            modelCount += answer.models.count
            isIncomplete = isIncomplete || !answer.refused.isEmpty
            for refused in answer.refused { say("\(address.base): left out \(refused)") }
            let server = answer.models.first?.server.map { ", \($0)" } ?? ""
            say("\(address.base): \(CompileResult.counted(answer.models.count, "model"))\(server)")
        }
    }

    /// Tells of a Service that cannot be asked.
    mutating func addRefused(_ reason: String) {
        sourceCount += 1
        say(reason)
    }

    private func say(_ text: String) { Console.errors.write("sidegatec: \(text)\n") }
}

extension ExitCode {
    /// Some servers answered, some did not.
    static let someAnswered = ExitCode(3)
    /// No server answered.
    static let noneAnswered = ExitCode(4)
}
