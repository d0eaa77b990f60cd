/// Walks a template's nodes with values, and writes a text.
struct TemplateRenderer {
    private let source: [UInt8]
    private let limits: TemplateLimits
    private let root: TemplateValue
    private(set) var text = TemplateText()
    private(set) var failures: [TemplateFailure] = []
    /// Places that are told of already: a loop comes by many times.
    private var told: Set<Int> = []
    private var iterations = 0
    /// `this` and, before it, those that `../` leads to.
    private var contexts: [TemplateValue]
    private var loops: [Loop] = []
    private var parameters: [(name: String, value: TemplateValue)] = []

    /// One run of a loop's body.
    private struct Loop {
        let index: Int
        let key: TemplateValue
        let isLast: Bool
    }

    init(_ source: [UInt8], values: TemplateValue, limits: TemplateLimits) {
        self.source = source
        self.limits = limits
        root = values
        contexts = [values]
    }

    /// Writes nodes behind what is there.
    mutating func render(_ nodes: [TemplateNode]) throws(TemplateFailure) {
        for node in nodes {
            switch node {
            case .text(let range):
                text.append(source, range)
                try checkSize(range.lowerBound)
            case .output(let path, let isRaw, let offset):
                output(path, isRaw: isRaw, offset)
                try checkSize(offset)
            case .block(let block): try render(block)
            }
        }
    }

    private mutating func output(_ path: TemplatePath, isRaw: Bool, _ offset: Int) {
        guard let value = value(of: path, isNeeded: true) else { return }
        guard let scalar = value.text else {
            var isList = false
            if case .list = value { isList = true }
            return tell(.notScalar(path: path.text, isList: isList), at: path.offset)
        }
        if isRaw {
            text.append(raw: scalar, from: offset)
        } else {
            text.append(value, from: offset)
        }
    }

    private func checkSize(_ offset: Int) throws(TemplateFailure) {
        if text.size > limits.outputBytesMax {
            let most = limits.outputBytesMax >> 20
            throw TemplateFailure(
                .limit("the rendered text is larger than \(most) MiB"),
                at: offset
            )
        }
    }

    // MARK: Blocks

    private mutating func render(_ block: TemplateBlock) throws(TemplateFailure) {
        // A condition asks whether there is a value; `else` says what to do without one.
        let isCondition = block.kind == .if || block.kind == .unless
        let value = value(of: block.argument, isNeeded: !isCondition && block.otherwise == nil)
        switch block.kind {
        case .if, .unless:
            let isTrue = value?.isTrue ?? false
            try render(isTrue == (block.kind == .if) ? block.body : block.otherwise ?? [])
        case .with:
            guard let value, value.isTrue || value.isZero else {
                return try render(block.otherwise ?? [])
            }
            try render(block, with: value, parameters: [value])
        case .each: try each(value ?? .null, block)
        }
    }

    private mutating func each(
        _ value: TemplateValue,
        _ block: TemplateBlock
    ) throws(TemplateFailure) {
        let items: [(key: TemplateValue, value: TemplateValue)]
        switch value {
        case .list(let list):
            items = list.enumerated().map { (.plain(String($0), isZero: $0 == 0), $1) }
        case .mapping(let members): items = members.map { (.string($0.name), $0.value) }
        case .null: items = []
        case .bool, .plain, .string:
            tell(
                .misplaced("#each takes a list or a mapping, not a scalar", hint: nil),
                at: block.offset
            )
            return
        }
        guard !items.isEmpty else { return try render(block.otherwise ?? []) }
        for (index, item) in items.enumerated() {
            iterations += 1
            guard iterations <= limits.iterationsMax else {
                throw TemplateFailure(
                    .limit("loops run more than \(limits.iterationsMax) times"),
                    at: block.offset
                )
            }
            loops.append(Loop(index: index, key: item.key, isLast: index == items.count - 1))
            try render(block, with: item.value, parameters: [item.value, item.key])
            loops.removeLast()
        }
    }

    private mutating func render(
        _ block: TemplateBlock,
        with context: TemplateValue,
        parameters values: [TemplateValue]
    ) throws(TemplateFailure) {
        let before = parameters.count
        for (name, value) in zip(block.parameters, values) {
            parameters.append((name: name, value: value))
        }
        contexts.append(context)
        try render(block.body)
        contexts.removeLast()
        parameters.removeLast(parameters.count - before)
    }

    // MARK: Values

    private mutating func value(
        of expression: TemplateExpression,
        isNeeded: Bool
    ) -> TemplateValue? {
        switch expression {
        case .literal(let value): value
        case .path(let path): value(of: path, isNeeded: isNeeded)
        }
    }

    /// What a path leads to; nil, and told of if it is needed, where it leads to nothing.
    private mutating func value(of path: TemplatePath, isNeeded: Bool) -> TemplateValue? {
        var names = path.names[...]
        guard var value = start(of: path, &names) else {
            // Too many steps up can be a mistake only.
            if isNeeded || path.isUpward {
                tell(.missing(path: path.text, name: path.text, known: []), at: path.offset)
            }
            return nil
        }
        while let name = names.popFirst() {
            guard let next = value[name] else {
                if isNeeded {
                    let known = value.names
                    tell(.missing(path: path.text, name: name, known: known), at: path.offset)
                }
                return nil
            }
            value = next
        }
        return value
    }

    /// Where a path begins, with the names left to go.
    private func start(
        of path: TemplatePath,
        _ names: inout ArraySlice<String>
    ) -> TemplateValue? {
        switch path.root {
        case .root: return root
        case .context(let up):
            if path.mayNameParameter, let first = names.first,
                let parameter = parameters.last(where: { $0.name == first })
            {
                names.removeFirst()
                return parameter.value
            }
            return up < contexts.count ? contexts[contexts.count - 1 - up] : nil
        case .loop(let variable, let up):
            guard up < loops.count else { return nil }
            let loop = loops[loops.count - 1 - up]
            switch variable {
            case .index: return .plain(String(loop.index), isZero: loop.index == 0)
            case .key: return loop.key
            case .first: return .bool(loop.index == 0)
            case .last: return .bool(loop.isLast)
            }
        }
    }

    private mutating func tell(_ kind: TemplateProblem.Kind, at offset: Int) {
        guard told.insert(offset).inserted else { return }
        failures.append(TemplateFailure(kind, at: offset))
    }
}

extension TemplatePath {
    fileprivate var isUpward: Bool {
        if case .context(let up) = root { up > 0 } else { false }
    }
}

extension TemplateValue {
    /// Whether it is a number that is 0, which `#with` takes and `#if` does not.
    fileprivate var isZero: Bool {
        if case .plain(_, let isZero) = self { isZero } else { false }
    }
}
