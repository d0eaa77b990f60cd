internal import Cryptography

// Models, deployments, and the ways in which they are found.
extension TableVerifier {
    func verifyModels() throws(TableError) {
        typealias Layout = TableLayout.Model
        try verifyNames(.models, at: Layout.name)
        try verifyRising(.models, at: Layout.name)
        try verifyParameterField(.models, at: Layout.parameters)
        var next = 0
        for index in 0..<count(.models) {
            let record = sections[.models].record(index)
            try require(
                Int(bytes.u32(at: record + Layout.firstDeployment)) == next,
                .offsets,
                .models,
                index
            )
            next += Int(bytes.u32(at: record + Layout.deploymentCount))
            try require(next <= count(.deployments), .count, .models, index)
            let name = string(bytes.u32(at: record + Layout.name))
            let stars = starCount(name)
            try require(stars <= TableLimit.patternStars.maximum, .overLimit, .models, index)
            try require(
                bytes.u32(at: record + Layout.flags) == (stars > 0 ? Layout.isPattern : 0),
                .reserved,
                .models,
                index
            )
        }
        try require(next == count(.deployments), .count, .models, count(.models))
    }

    private func starCount(_ name: Span<UInt8>) -> Int {
        var stars = 0
        for index in name.indices where name[index] == UInt8(ascii: "*") { stars += 1 }
        return stars
    }

    func verifyDeployments() throws(TableError) {
        typealias Layout = TableLayout.Deployment
        try verifyParameterField(.deployments, at: Layout.parameters)
        for model in 0..<count(.models) {
            let owner = sections[.models].record(model)
            let first = Int(bytes.u32(at: owner + TableLayout.Model.firstDeployment))
            let count = Int(bytes.u32(at: owner + TableLayout.Model.deploymentCount))
            for index in first..<first + count {
                let record = sections[.deployments].record(index)
                try require(
                    Int(bytes.u32(at: record + Layout.model)) == model,
                    .reference,
                    .deployments,
                    index
                )
                try verifyDeployment(at: record, index)
            }
        }
    }

    private func verifyDeployment(at record: Int, _ index: Int) throws(TableError) {
        typealias Layout = TableLayout.Deployment
        let flags = bytes.u16(at: record + Layout.flags)
        try require(
            flags & ~Layout.hasExplicitID == 0 && bytes.u16(at: record + Layout.reserved) == 0,
            .reserved,
            .deployments,
            index
        )
        if flags & Layout.hasExplicitID != 0 {
            let id = bytes.u64(at: record + Layout.id)
            try require(id < UInt64(stringCount), .reference, .deployments, index)
            let length = string(UInt32(truncatingIfNeeded: id)).count
            try require(length > 0, .value, .deployments, index)
            try require(
                length <= TableLimit.nameBytes.maximum,
                .overLimit,
                .deployments,
                index
            )
        }
        try require(
            isText(bytes.u32(at: record + Layout.upstreamModel)),
            .reference,
            .deployments,
            index
        )
        let apiBase = bytes.u32(at: record + Layout.apiBase)
        try require(
            apiBase == TableLayout.none || isText(apiBase),
            .reference,
            .deployments,
            index
        )
        let credential = bytes.u32(at: record + Layout.credential)
        try require(
            credential == TableLayout.none || credential < UInt32(count(.credentials)),
            .reference,
            .deployments,
            index
        )
    }

    /// Strictly rising pairs of identifier and index, as many as there are deployments: each is
    /// there once.
    func verifyDeploymentOrder() throws(TableError) {
        let order = sections[.deploymentsByID]
        try require(order.count == count(.deployments), .count, .deploymentsByID, order.count)
        var last: UInt32?
        for place in 0..<order.count {
            let index = bytes.u32(at: order.record(place))
            try require(
                index < UInt32(count(.deployments)),
                .reference,
                .deploymentsByID,
                place
            )
            if let last {
                let difference = compareIDs(Int(last), Int(index))
                try require(
                    difference < 0 || difference == 0 && last < index,
                    .order,
                    .deploymentsByID,
                    place
                )
            }
            last = index
        }
    }

    private func compareIDs(_ left: Int, _ right: Int) -> Int {
        let (first, second) = (explicitID(left), explicitID(right))
        if let second {
            guard let first else {
                return DerivedIDDigits(derivedID(left)).compare(to: string(second))
            }
            return string(first).compare(string(second))
        }
        if let first { return -DerivedIDDigits(derivedID(right)).compare(to: string(first)) }
        // Digits sort as the numbers do.
        let (low, high) = (derivedID(left), derivedID(right))
        return low == high ? 0 : low < high ? -1 : 1
    }

    private func derivedID(_ index: Int) -> UInt64 {
        bytes.u64(at: sections[.deployments].record(index) + TableLayout.Deployment.id)
    }

    private func explicitID(_ index: Int) -> UInt32? {
        let record = sections[.deployments].record(index)
        let flags = bytes.u16(at: record + TableLayout.Deployment.flags)
        return flags & TableLayout.Deployment.hasExplicitID == 0
            ? nil : UInt32(truncatingIfNeeded: derivedID(index))
    }

    func verifyPatterns() throws(TableError) {
        let patterns = sections[.patterns]
        var total = 0
        for index in 0..<count(.models) where isPattern(index) { total += 1 }
        try require(patterns.count == total, .count, .patterns, patterns.count)
        for index in 0..<patterns.count {
            let model = bytes.u32(at: patterns.record(index))
            try require(model < UInt32(count(.models)), .reference, .patterns, index)
            try require(isPattern(Int(model)), .reference, .patterns, index)
            if index > 0 {
                let before = bytes.u32(at: patterns.record(index - 1))
                try require(
                    PatternSpecificity.precedes(
                        string(modelName(Int(before))),
                        string(modelName(Int(model)))
                    ),
                    .order,
                    .patterns,
                    index
                )
            }
        }
    }

    private func isPattern(_ model: Int) -> Bool {
        bytes.u32(at: sections[.models].record(model) + TableLayout.Model.flags) != 0
    }

    private func modelName(_ index: Int) -> UInt32 {
        bytes.u32(at: sections[.models].record(index) + TableLayout.Model.name)
    }
}
