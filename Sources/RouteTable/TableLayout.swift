/// Every size, offset, number and limit of the format, and nothing else (docs/table-format.md).
enum TableLayout {
    /// A byte above 127, the name, and the line ends that text-mode copying changes.
    static let magic: [UInt8] = [0x89, 0x53, 0x47, 0x54, 0x0D, 0x0A, 0x1A, 0x0A]
    /// A reader refuses tables whose read version is not its own.
    static let readVersion: UInt16 = 1
    /// What the writer knows; a reader takes any.
    static let writeVersion: UInt16 = 1
    static let alignment = 8
    /// "None" in every index and text reference.
    static let none: UInt32 = 0xFFFF_FFFF

    enum Header {
        static let readVersion = 8
        static let writeVersion = 10
        static let headerSize = 12
        static let fileSize = 16
        static let generation = 24
        static let sectionCount = 32
        static let flags = 36
        static let bodyDigest = 40
        static let reserved = 72
        static let size = 128
        static let sizeMax = 4096
        /// The checksum is the last thing in the header, wherever that ends.
        static let checksumSize = 8
        /// Flags that a reader must know.
        static let mustUnderstandFlags: UInt32 = 0xFFFF_0000
    }

    enum Directory {
        static let kind = 0
        static let flags = 2
        static let stride = 4
        static let offset = 8
        static let count = 16
        static let size = 24
        static let mustUnderstand: UInt16 = 1
        /// Flags that a reader must know.
        static let mustUnderstandFlags: UInt16 = 0xFF00
        static let strideMax: UInt32 = 4096
    }

    /// After the declared size; outside the digest, so that signing changes no other byte.
    enum Signature {
        static let magic: [UInt8] = [0x89, 0x53, 0x47, 0x53, 0x0D, 0x0A, 0x1A, 0x0A]
        static let keyID = 8
        static let signature = 16
        static let size = 80
        /// How many may follow one table.
        static let countMax = 8
    }

    /// A table of the largest size with all signatures that may follow it.
    static var signedBytesMax: Int {
        TableLimit.fileBytes.maximum + Signature.countMax * Signature.size
    }

    enum Reference {
        static let name = 0
        static let kind = 4
        static let flags = 5
        static let reserved = 6
        static let isSecret: UInt8 = 1
        static let isRequired: UInt8 = 2
    }

    enum Parameter {
        static let key = 0
        static let type = 2
        static let flags = 3
        static let aux = 4
        static let value = 8
        static let mustUnderstand: UInt8 = 1
    }

    enum Model {
        static let name = 0
        static let firstDeployment = 4
        static let deploymentCount = 8
        static let parameters = 12
        static let flags = 16
        static let isPattern: UInt32 = 1
    }

    enum Deployment {
        static let id = 0
        static let model = 8
        static let upstreamModel = 12
        static let apiBase = 16
        static let provider = 20
        static let order = 22
        static let credential = 24
        static let parameters = 28
        static let weight = 32
        static let flags = 36
        static let reserved = 38
        static let hasExplicitID: UInt16 = 1
        /// An order of "none": after all others.
        static let noOrder = Int16.max
    }

    enum Name {
        static let hash = 0
        static let target = 8
        static let name = 12
        /// Marks the target as an alias.
        static let alias: UInt32 = 0x8000_0000
    }

    enum Alias {
        static let name = 0
        static let flags = 4
        static let firstTarget = 8
        static let targetCount = 12
        static let isHidden: UInt32 = 1
    }

    enum Target {
        static let name = 0
        static let model = 4
    }

    enum Credential {
        static let name = 0
        static let parameters = 4
    }

    enum VirtualKey {
        static let digest = 0
        static let parameters = 32
        static let reserved = 36
    }

    enum Fallback {
        static let model = 0
        static let trigger = 4
        static let reserved = 5
        static let firstTarget = 8
        static let targetCount = 12
    }

    enum Environment {
        static let name = 0
        static let value = 4
    }

    enum Settings {
        static let parameters = 0
        static let reserved = 4
    }
}

/// The sections, in the order in which a file has them.
package enum SectionKind: UInt16, CaseIterable, Hashable, Sendable {
    case stringBytes = 1
    case stringOffsets = 2
    case lists = 3
    case references = 4
    case digests = 5
    case parameters = 6
    case parameterSets = 7
    case models = 8
    case deployments = 9
    case deploymentsByID = 10
    case names = 11
    case patterns = 12
    case aliases = 13
    case targets = 14
    case credentials = 15
    case virtualKeys = 16
    case fallbacks = 17
    case environment = 18
    case settings = 19

    /// The bytes of one record as this version knows it; a file may have longer ones.
    var recordSize: Int {
        switch self {
        case .stringBytes: 1
        case .stringOffsets, .lists, .parameterSets, .deploymentsByID, .patterns: 4
        case .references, .targets, .credentials, .environment, .settings: 8
        case .parameters, .names, .aliases, .fallbacks: 16
        case .models: 20
        case .digests: 32
        case .deployments, .virtualKeys: 40
        }
    }
}

/// The types of parameter values, as they are numbered in a file.
enum ParameterType: UInt8 {
    case bool = 1
    case integer = 2
    case number = 3
    case text = 4
    case list = 5
    case json = 6
    case digest = 7
}

/// The largest table that the format allows; each is checked by the writer and by the reader.
package enum TableLimit: String, CaseIterable, Hashable, Sendable {
    case fileBytes
    case sections
    /// Bytes of one string.
    case stringBytes
    case strings
    /// Bytes of a model's or alias's name.
    case nameBytes
    case listElements
    case references
    case digests
    case parameters
    case parameterSets
    case models
    case deployments
    case patterns
    /// `*` in one pattern.
    case patternStars
    case aliases
    /// Targets of one alias or fallback rule.
    case targets
    case credentials
    case virtualKeys
    case fallbacks
    case environmentVariables

    /// The largest number allowed.
    package var maximum: Int {
        switch self {
        case .fileBytes: 256 << 20
        case .sections: 64
        case .stringBytes: 1 << 20
        case .strings, .listElements, .parameters: 1 << 24
        case .nameBytes: 1024
        case .references, .fallbacks: 1 << 16
        case .digests, .parameterSets: 1 << 22
        case .models, .deployments, .aliases, .credentials, .virtualKeys: 1 << 20
        case .patterns, .environmentVariables: 4096
        case .patternStars: 16
        case .targets: 256
        }
    }
}
