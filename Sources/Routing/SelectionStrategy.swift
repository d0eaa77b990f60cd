package import RouteTable

/// The deployments among which a strategy chooses.
package struct Candidates: Sendable {
    package let table: RouteTable
    /// Indexes for `RouteTable.deployment(at:)`.
    package let deployments: Range<Int>

    /// A range of a table's deployments, such as one model's.
    package init(table: RouteTable, deployments: Range<Int>) {
        self.table = table
        self.deployments = deployments
    }

    /// The deployments of a resolved group: all of the model's, or the pinned one.
    package init(table: RouteTable, group: ResolvedGroup) {
        let deployments =
            group.pinnedDeployment.map { $0..<$0 + 1 }
            ?? table.model(at: group.model).deployments
        self.init(table: table, deployments: deployments)
    }

    /// The lowest order among the available deployments: only those of it are eligible (LiteLLM
    /// §5.7). nil when no available one has an order: then all are eligible alike.
    package func lowestOrder(isAvailable: (Int) -> Bool) -> Int16? {
        var lowest: Int16?
        for index in deployments {
            guard let order = table.order(ofDeployment: index), isAvailable(index) else { continue }
            lowest = min(lowest ?? order, order)
        }
        return lowest
    }
}

/// A rule that chooses one deployment of a model group.
///
/// Pure: what changes from request to request (who is available, chance) is passed in.
package protocol SelectionStrategy: Sendable {
    /// Chooses a deployment.
    ///
    /// - Parameters:
    ///   - isAvailable: whether a deployment, by its index, may be chosen at all: false for those
    ///     that cool down, are disabled, or failed in this request already. Asked more than once.
    ///   - generator: where chance comes from.
    /// - Returns: the deployment's index; nil when none is available.
    func select(
        from candidates: Candidates,
        isAvailable: (Int) -> Bool,
        using generator: inout some RandomNumberGenerator
    ) -> Int?
}
