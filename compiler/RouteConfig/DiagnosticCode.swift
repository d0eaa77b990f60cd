/// What a diagnostic is about. The number is stable: pipelines filter by it.
package enum DiagnosticCode: UInt16, CaseIterable, Hashable, Sendable {
    // The YAML.
    case yamlSyntax = 1
    case yamlEncoding = 2
    case yamlLimit = 3
    case duplicateKey = 4
    case yamlAlias = 5
    case yamlTag = 6
    case yamlMerge = 7
    case yamlKey = 8
    // Files.
    case includeMissing = 10
    case notAConfiguration = 11
    case includeShape = 12
    case noModels = 13
    // Keys and values.
    case unknownKey = 20
    case noEffect = 21
    case wrongType = 22
    case missingKey = 23
    case misplacedKey = 24
    case notExpanded = 25
    case duplicateName = 26
    case refusedKey = 27
    case guardedKey = 28
    case uselessAllowance = 29
    // Secrets.
    case literalSecret = 30
    case weakMasterKey = 31
    case literalVirtualKey = 32
    case userInURL = 33
    case plainHTTP = 34
    // Providers.
    case unknownProvider = 40
    case unsupportedProvider = 41
    case refusedProvider = 42
    case missingBase = 43
    case bareDate = 44
    case unknownCredential = 45
    case missingRegion = 46
    // Routing.
    case invalidStrategy = 50
    case renamedStrategy = 51
    case routingGroup = 52
    case fallbackShape = 60
    case danglingTarget = 61
    case fallbackLoop = 62
    case duplicateID = 70
    case zeroWeight = 71
    case unenforcedLimit = 72
    case zeroLimit = 73
    case boundedValue = 74
    case missingPrice = 75
    case nothingToCheck = 76
    case priceMap = 77
    case neverChosen = 78
    case unsealedCache = 79
    case tableTooLarge = 80
    // Templates.
    case templateSyntax = 90
    case templateUnsupported = 91
    case templateMissing = 92
    case templateMisplaced = 93
    case templateLimit = 94
    case templateValues = 95

    /// `SG0042`.
    package var text: String {
        let digits = String(rawValue)
        return "SG" + String(repeating: "0", count: 4 - digits.count) + digits
    }
}
