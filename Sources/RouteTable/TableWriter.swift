internal import Cryptography

/// Turns contents into the bytes of a table (docs/table-format.md).
package enum TableWriter {
    /// Encodes a table. The same contents give the same bytes on every machine: models, aliases,
    /// virtual keys and fallback rules are sorted; everything else keeps its order.
    ///
    /// - Throws: what the format has no room for. The compiler finds such mistakes earlier, with
    ///   their line; this is the last line of defence.
    package static func encode(_ contents: TableContents) throws(TableWriterError) -> [UInt8] {
        var builder = TableBuilder()
        try builder.addSettings(contents.settings)
        try builder.addCredentials(contents.credentials)
        try builder.addModels(contents.models, credentialCount: contents.credentials.count)
        try builder.addAliases(contents.aliases)
        try builder.addFallbacks(contents.fallbacks)
        try builder.addVirtualKeys(contents.virtualKeys)
        try builder.addEnvironment(contents.environment)
        try builder.addNameIndex()
        return try builder.assemble(generation: contents.generation)
    }
}

/// What cannot be written as a table.
package enum TableWriterError: Error, Hashable, Sendable {
    /// More of something than the format allows.
    case overLimit(TableLimit, count: Int)
    /// Two models or aliases, or one of each, have the same name.
    case duplicateName(String)
    /// Two fallback rules have the same trigger and model.
    case duplicateFallback(String)
    /// Two virtual keys have the same digest.
    case duplicateVirtualKey
    /// A model, alias, target, reference or variable without a name.
    case emptyName
    /// An alias or fallback rule, named here, without a target.
    case noTargets(String)
    /// A deployment of this model names a credential that is not there.
    case noSuchCredential(model: String)
    /// A deployment of this model has an order of 32,767.
    case orderOutOfRange(model: String)
    /// A digest that is not 32 bytes.
    case badDigest
    /// A number that is infinite or not a number.
    case notFinite(ParameterKey)
}

extension TableWriterError: CustomStringConvertible {
    /// What cannot be written, and of which model.
    package var description: String {
        switch self {
        case .overLimit(let limit, let count):
            "\(count) \(limit.rawValue) are more than a table can hold (\(limit.maximum))"
        case .duplicateName(let name): "two models or aliases are named \(name)"
        case .duplicateFallback(let name): "two fallback rules of one kind are for \(name)"
        case .duplicateVirtualKey: "two virtual keys have the same digest"
        case .emptyName: "a name is empty"
        case .noTargets(let name): "\(name) has no targets"
        case .noSuchCredential(let model): "a deployment of \(model) names a missing credential"
        case .orderOutOfRange(let model): "a deployment of \(model) has an order above 32766"
        case .badDigest: "a digest is not 32 bytes long"
        case .notFinite(let key): "the number of \(key) is not finite"
        }
    }
}
