/// What is said first on a connection: who we are, and what the server is.
enum Greeting {
    enum Step: Hashable {
        case authenticate
        case select
        case setName
        case info
        case snapshots
        case ping
    }

    /// The commands, all sent at once.
    static func commands(for settings: RedisSettings) -> [(step: Step, command: RedisCommand)] {
        var commands: [(step: Step, command: RedisCommand)] = []
        // A user may need no password; without AUTH we would be the default one.
        if settings.password != nil || settings.username != nil {
            var command = RedisCommand("AUTH")
            if let username = settings.username { command.append(username) }
            command.append(settings.password ?? "")
            commands.append((.authenticate, command))
        }
        if settings.database != 0 {
            var command = RedisCommand("SELECT")
            command.append(settings.database)
            commands.append((.select, command))
        }
        if !settings.clientName.isEmpty {
            var command = RedisCommand("CLIENT SETNAME")
            command.append(settings.clientName)
            commands.append((.setName, command))
        }
        commands.append((.info, RedisCommand("INFO")))
        var snapshots = RedisCommand("CONFIG GET")
        snapshots.append("save")
        commands.append((.snapshots, snapshots))
        commands.append((.ping, RedisCommand("PING")))
        return commands
    }

    /// What the answers say.
    /// - Throws: `.down` when the server cannot be used, with the reason.
    static func judge(
        _ answers: [(step: Step, outcome: Result<RedisReply, RedisError>)],
        allowsReplica: Bool
    ) throws(RedisError) -> ServerFacts {
        var facts = ServerFacts()
        var refused: [String] = []
        for (step, outcome) in answers {
            switch (step, outcome) {
            case (.info, .success(let reply)): facts = ServerFacts(info: reply.text ?? "")
            case (.snapshots, .success(let reply)): facts.snapshots = reply.elements?.last?.text
            case (_, .success): break
            case (_, .failure(.server(let error))):
                if let right = try judge(error, at: step) { refused.append(right) }
            case (_, .failure(let error)): throw error
            }
        }
        facts.refused = refused
        if facts.isLoading { throw .down(isLoading) }
        if facts.isReplica, !allowsReplica, !facts.isClusterMember { throw .down(isReplica) }
        return facts
    }

    private static let isLoading = "it is loading its data"
    private static let isReplica =
        "it is a replica, which takes no writes; give the master's address"

    /// Why an answer means that the server cannot be used now, in the words of a new connection's
    /// greeting; nil when it is about the command alone.
    static func trouble(_ error: ServerError) -> String? {
        switch error.code {
        case "LOADING": isLoading
        case "READONLY", "MASTERDOWN": isReplica
        case "NOAUTH": "it wants a password: \(error)"
        // Before 7.0 what a script ran into is in the middle of the text.
        case "ERR" where error.text.hasPrefix("Error running script"):
            error.text.contains("READONLY ") ? isReplica : nil
        default: nil
        }
    }

    /// - Returns: the right that is missing, when the connection can do without it.
    private static func judge(_ error: ServerError, at step: Step) throws(RedisError) -> String? {
        switch (step, error.code) {
        case (.authenticate, _): throw .down("it refuses the user or password: \(error)")
        case (_, "NOAUTH"): throw .down(trouble(error) ?? "\(error)")
        case (.select, _): throw .down("it refuses the database: \(error)")
        case (.ping, "NOPERM"): return "PING"
        case (.ping, _), (.info, "LOADING"): throw .down("\(error)")
        case (.setName, "NOPERM"): return "CLIENT SETNAME"
        case (.info, "NOPERM"): return "INFO"
        // An administrator has good reasons to forbid CONFIG, or to have no such command at all.
        default: return nil
        }
    }
}
