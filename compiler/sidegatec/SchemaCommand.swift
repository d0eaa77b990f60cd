internal import ArgumentParser
internal import RouteConfig

/// `sidegatec schema`.
struct SchemaCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "schema",
        abstract: "Print the configuration's JSON Schema."
    )

    @Flag(help: "Refuse what 'compile --strict' refuses, unknown keys among it.")
    var strict = false

    @Flag(help: "Print all keys as a document instead.")
    var document = false

    func validate() throws {
        if strict, document { throw ValidationError("Give '--strict' or '--document'") }
    }

    func run() {
        Console.output.write(document ? ConfigDocument.text : ConfigSchema(isStrict: strict).text)
    }
}
