internal import CHiredis

/// Makes replies of the values that hiredis' reader finds, in the order in which it finds them:
/// arrays before their elements.
final class ReplyBuilder {
    private struct Level {
        var elements: [RedisReply]
        var missing: Int
    }

    let valuesMax: Int
    private var levels: [Level] = []
    private var whole: RedisReply?
    private var values = 0
    /// Why hiredis was told to stop.
    private(set) var isOverLimit = false

    init(valuesMax: Int) {
        self.valuesMax = valuesMax
    }

    /// The reply that is whole, and nothing left of it here.
    func take() -> RedisReply? {
        values = 0
        defer { whole = nil }
        return whole
    }

    func add(_ value: RedisReply) -> Bool {
        guard takeValue() else { return false }
        close(value)
        return true
    }

    func beginArray(_ count: Int) -> Bool {
        guard takeValue(), count <= valuesMax - values else {
            isOverLimit = true
            return false
        }
        if count <= 0 {
            close(.array([]))
        } else {
            var elements: [RedisReply] = []
            // A head may promise more than ever comes.
            elements.reserveCapacity(min(count, 1_024))
            levels.append(Level(elements: elements, missing: count))
        }
        return true
    }

    private func takeValue() -> Bool {
        values += 1
        if values > valuesMax { isOverLimit = true }
        return !isOverLimit
    }

    /// Adds a value where it belongs, and every array that it completes.
    private func close(_ value: RedisReply) {
        var value = value
        while let last = levels.indices.last {
            levels[last].elements.append(value)
            levels[last].missing -= 1
            guard levels[last].missing == 0 else { return }
            value = .array(levels.removeLast().elements)
        }
        whole = value
    }
}

extension ReplyBuilder {
    /// What hiredis calls. It only asks whether an object is nil, which means that there was no
    /// memory; the builder's own address stands for every object.
    static let functions = unsafe redisReplyObjectFunctions(
        createString: { task, bytes, count in
            guard let bytes = unsafe bytes else { return nil }
            // hiredis has seen two bytes behind a string, but not looked at them.
            guard unsafe bytes[count] == 0x0D, unsafe bytes[count + 1] == 0x0A else { return nil }
            let raw = unsafe UnsafeRawBufferPointer(start: bytes, count: count)
            let isError = unsafe task?.pointee.type == REDIS_REPLY_ERROR
            let copy = unsafe Array(raw)
            return unsafe ReplyBuilder.build(task) {
                $0.add(isError ? .error(ServerError(line: copy)) : .string(copy))
            }
        },
        createArray: { task, count in
            unsafe ReplyBuilder.build(task) { $0.beginArray(Int(count)) }
        },
        createInteger: { task, value in
            unsafe ReplyBuilder.build(task) { $0.add(.integer(Int(value))) }
        },
        createNil: { task in unsafe ReplyBuilder.build(task) { $0.add(.null) } },
        freeObject: { _ in }
    )

    private static func build(
        _ task: UnsafePointer<redisReadTask>?,
        _ body: (ReplyBuilder) -> Bool
    ) -> UnsafeMutableRawPointer? {
        guard let address = unsafe task?.pointee.privdata else { return nil }
        let builder = unsafe Unmanaged<ReplyBuilder>.fromOpaque(address).takeUnretainedValue()
        return body(builder) ? unsafe address : nil
    }
}
