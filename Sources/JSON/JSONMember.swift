internal import CSimdJSON

/// What a JSON value is, known from its first byte.
package enum JSONKind: UInt8, Hashable, Sendable {
    case object = 1
    case array = 2
    case string = 3
    case number = 4
    case `true` = 5
    case `false` = 6
    case null = 7

    package var isBool: Bool { self == .true || self == .false }
}

/// Where a member of an object, or an element of an array, lies in its document.
package struct JSONMember: Hashable, Sendable {
    /// From the key's quote to after its closing quote; empty for an array's element.
    package let key: Range<Int>
    /// From the value's first byte to after its last.
    package let value: Range<Int>
    package let kind: JSONKind
    /// The key's place among the names that were looked for; nil for any other.
    package let name: Int?
    /// The value's place in the scanner's list of structural characters.
    let structuralIndex: UInt32

    /// From the key's quote to the end of the value.
    package var range: Range<Int> { key.lowerBound..<value.upperBound }

    init(_ member: sg_json_member) {
        key = Int(member.key_start)..<Int(member.key_end)
        value = Int(member.value_start)..<Int(member.value_end)
        // Every kind that the walk lets by is one of ours; `null` stands for what cannot be.
        kind = JSONKind(rawValue: member.kind) ?? .null
        name = member.known < 0 ? nil : Int(member.known)
        structuralIndex = member.value_index
    }
}
