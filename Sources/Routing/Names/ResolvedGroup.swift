package import RouteTable

/// A model group that may serve a request, and how it was found.
package struct ResolvedGroup: Sendable {
    /// The name that the client knows the group by: responses, metrics and cache keys carry it.
    package enum PublicName: Hashable, Sendable {
        /// A name of the table: the model's, or the alias's by which it was found.
        case table(StringID)
        /// The requested name itself: a pattern matched it, or it was a deployment's identifier.
        case requested(String)
    }

    /// What a pattern took from a name.
    package struct PatternMatch: Hashable, Sendable {
        /// The name that matched: the requested one, or an alias's target.
        package let name: String
        /// One for each `*` of the pattern.
        package let captures: [String]
    }

    /// An index for `RouteTable.model(at:)`.
    package let model: Int
    package let publicName: PublicName
    /// nil when the group was found by its exact name.
    package let match: PatternMatch?
    /// The only deployment to use, when the request named one by its identifier.
    package let pinnedDeployment: Int?

    init(
        model: Int,
        publicName: PublicName,
        match: PatternMatch? = nil,
        pinnedDeployment: Int? = nil
    ) {
        self.model = model
        self.publicName = publicName
        self.match = match
        self.pinnedDeployment = pinnedDeployment
    }

    /// The deployments of the group: all of the model's, or the pinned one. Indexes for
    /// `RouteTable.deployment(at:)`.
    package func deployments(in table: RouteTable) -> Range<Int> {
        pinnedDeployment.map { $0..<$0 + 1 } ?? table.model(at: model).deployments
    }

    /// `publicName` as text.
    package func publicName(in table: RouteTable) -> String {
        switch publicName {
        case .table(let id): table.string(id)
        case .requested(let name): name
        }
    }
}

/// Groups to try in order. Nearly always one, which is held without an allocation.
package struct ResolvedGroups: RandomAccessCollection, Sendable {
    private let only: ResolvedGroup?
    private let several: [ResolvedGroup]

    /// No group: the name is unknown.
    package init() {
        only = nil
        several = []
    }

    /// The one group of a name.
    package init(_ group: ResolvedGroup) {
        only = group
        several = []
    }

    /// The groups of a list alias, in order.
    package init(_ groups: [ResolvedGroup]) {
        only = nil
        several = groups
    }

    package var startIndex: Int { 0 }
    package var endIndex: Int { only == nil ? several.count : 1 }
    /// The group at a place; traps outside the list.
    package subscript(index: Int) -> ResolvedGroup {
        if let only {
            precondition(index == 0, "no such group")
            return only
        }
        return several[index]
    }
}
