package import JSON

extension [DropPath] {
    /// The members of a request without what the paths name. It is what `RequestPolicy` does to
    /// bytes, for bodies that are taken apart anyway.
    package func applied(to members: [JSONValue.Member]) -> [JSONValue.Member] {
        var members = members
        for path in self {
            let isThere = members.contains { $0.key.utf8.elementsEqual(path.name) }
            if isThere || !path.isNested {
                members.removeAll { $0.key.utf8.elementsEqual(path.name) }
            } else {
                path.steps[...].delete(in: &members)
            }
        }
        return members
    }
}

extension ArraySlice<DropPath.Step> {
    fileprivate func delete(in members: inout [JSONValue.Member]) {
        guard case .member(let key)? = first else { return }
        if count == 1 { return members.removeAll { $0.key.utf8.elementsEqual(key) } }
        for place in members.indices where members[place].key.utf8.elementsEqual(key) {
            dropFirst().delete(in: &members[place].value)
        }
    }

    private func delete(in value: inout JSONValue) {
        switch (first, value) {
        case (.member?, .object(var members)):
            delete(in: &members)
            value = .object(members)
        case (.element(let index)?, .array(var elements)) where elements.indices.contains(index):
            dropFirst().delete(in: &elements[index])
            value = .array(elements)
        case (.everyElement?, .array(var elements)):
            for place in elements.indices { dropFirst().delete(in: &elements[place]) }
            value = .array(elements)
        default: break
        }
    }
}
