/// A string of the table's pool.
package struct StringID: Hashable, Sendable {
    let raw: UInt32
}

/// A text in the table: a string, a secret string, or a reference known at load.
package struct TextRef: Hashable, Sendable {
    /// Whether the text stands in the table or is looked up.
    package enum Kind: Hashable, Sendable {
        case literal(StringID)
        /// Never to be printed.
        case secret(StringID)
        /// An index into `RouteTable.references`.
        case reference(Int)
    }

    let raw: UInt32

    static let valueMask: UInt32 = 0x3FFF_FFFF

    init(raw: UInt32) {
        self.raw = raw
    }

    init(_ kind: Kind) {
        switch kind {
        case .literal(let id): raw = id.raw
        case .reference(let index): raw = 0x4000_0000 | UInt32(index)
        case .secret(let id): raw = 0x8000_0000 | id.raw
        }
    }

    /// Whether this is a string that must never be printed. A reference says so itself.
    package var isSecret: Bool {
        if case .secret = kind { true } else { false }
    }

    /// What the top two bits say. The verifier refuses the fourth value.
    package var kind: Kind {
        switch raw >> 30 {
        case 0: .literal(StringID(raw: raw))
        case 1: .reference(Int(raw & Self.valueMask))
        default: .secret(StringID(raw: raw & Self.valueMask))
        }
    }
}

/// What a requested name is.
package enum NameTarget: Hashable, Sendable {
    /// An index for `RouteTable.model(at:)`.
    case model(Int)
    /// An index for `RouteTable.alias(at:)`.
    case alias(Int)
}

/// A model group as the table has it.
package struct ModelRecord: Sendable {
    package let name: StringID
    /// Indexes for `RouteTable.deployment(at:)`, in the configuration's order.
    package let deployments: Range<Int>
    /// Whether the name holds a `*`.
    package let isPattern: Bool
    package let parameters: Parameters
}

/// A deployment as the table has it.
package struct DeploymentRecord: Sendable {
    /// See `Deployment.ID`.
    package enum ID: Hashable, Sendable {
        case explicit(StringID)
        /// Printed as 16 hexadecimal digits.
        case derived(UInt64)
    }
    /// How clients and logs name it.
    package let id: ID
    /// The index of the model group.
    package let model: Int
    /// See `Deployment.upstreamModel`.
    package let upstreamModel: TextRef
    /// nil for the provider's default.
    package let apiBase: TextRef?
    /// `ProviderData`'s number; 0 when the model's name is a reference.
    package let provider: UInt16
    /// Lower is tried first; nil is after all others.
    package let order: Int16?
    /// An index for `RouteTable.credential(at:)`.
    package let credential: Int?
    /// The share under `simple-shuffle`, in thousandths.
    package let weight: UInt32
    package let parameters: Parameters
}

/// Another name for models, as the table has it.
package struct AliasRecord: Sendable {
    package let name: StringID
    package let isHidden: Bool
    package let targets: TargetList
}

/// Names to try in order: an alias's or a fallback rule's.
package struct TargetList: RandomAccessCollection, Sendable {
    /// One name, and the model it stands for when that is in the table.
    package struct Element: Hashable, Sendable {
        package let name: StringID
        /// The model of exactly this name; nil for a name that patterns or aliases may match.
        package let model: Int?
    }

    let table: RouteTable
    let first: Int
    package let count: Int

    package var startIndex: Int { 0 }
    package var endIndex: Int { count }
    /// The target at a place; traps outside the list.
    package subscript(index: Int) -> Element {
        precondition(index >= 0 && index < count, "no such target")
        return table.target(first + index)
    }
}

/// A credential as the table has it.
package struct CredentialRecord: Sendable {
    /// Empty for a deployment's own.
    package let name: StringID
    package let parameters: Parameters
}

/// A fallback rule as the table has it.
package struct FallbackRecord: Sendable {
    package let trigger: FallbackRule.Trigger
    package let model: StringID
    package let targets: TargetList
}

/// An environment variable as the table has it.
package struct EnvironmentRecord: Sendable {
    package let name: StringID
    package let value: TextRef
}

/// How many of each a table holds.
package struct TableCounts: Hashable, Sendable {
    package let models: Int
    package let deployments: Int
    package let aliases: Int
    package let patterns: Int
    package let credentials: Int
    package let virtualKeys: Int
    package let fallbacks: Int
    package let references: Int
    package let environment: Int
}
