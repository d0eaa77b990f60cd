internal import AWS
internal import EventLoop
internal import POSIX

/// One fetch of a source's credentials.
final class CredentialFetch {
    private let context: WorkerContext
    private let store: CredentialStore

    /// How long STS may take (botocore's is 60 s; nobody should wait for that).
    private static let stsMS: UInt64 = 5_000
    /// botocore's numbers for the container's endpoint: each try, tries, and the pause between.
    private static let containerMS: UInt64 = 2_000
    private static let containerTries = 3
    private static let pauseMS: UInt64 = 1_000
    /// How long a role waits for those that assume it.
    private static let baseMS: UInt64 = 10_000

    init(_ context: WorkerContext, _ store: CredentialStore) {
        self.context = context
        self.store = store
    }

    func run(_ source: CredentialSource) async throws(CredentialFailure) -> CredentialArrival {
        switch source {
        case .keys(let keys): return local(keys)
        case .profile(let profile): return try read(profile)
        case .webIdentity(let role): return try await assume(role)
        case .container(let endpoint): return try await ask(endpoint)
        case .instance(let metadata): return try await ask(metadata)
        case .role(let role, let base): return try await assume(role, base)
        }
    }

    // MARK: - This machine

    private func local(_ keys: AWSCredential) -> CredentialArrival {
        CredentialArrival(credential: keys, sentAt: .now(), wallSeconds: context.wallSeconds)
    }

    private func read(_ profile: SharedProfile) throws(CredentialFailure) -> CredentialArrival {
        let files = try SharedFiles(
            credentialsPath: profile.credentialsFile,
            configPath: profile.configFile,
            read: LocalFile.shared
        )
        guard let keys = try files.keys(of: profile.name) else {
            throw CredentialFailure(.configuration, "the profile has no keys any more")
        }
        return local(keys)
    }

    private static func text(of token: TokenOrigin) throws(CredentialFailure) -> String {
        switch token {
        case .text(let text): text
        case .file(let path): try LocalFile.token(path)
        }
    }

    // MARK: - STS

    private func assume(_ role: WebIdentityRole) async throws(CredentialFailure)
        -> CredentialArrival
    {
        let token = try Self.text(of: role.token)
        let call = CredentialCall(
            try STSCall.assumeRole(role, token: token),
            timeoutMS: Self.stsMS,
            context
        )
        let answer = try await call.run()
        return CredentialArrival(
            credential: try STSCall.credential(
                status: answer.status,
                body: answer.body,
                role: role.roleARN,
                isSigned: false
            ),
            sentAt: call.sentAt,
            wallSeconds: answer.date
        )
    }

    /// Assumes a role. What STS says of the base's credentials, or of the clock, is heeded once.
    private func assume(
        _ role: AssumedRole,
        _ base: CredentialSource
    ) async throws(CredentialFailure) -> CredentialArrival {
        let request = try STSCall.assumeRole(role)
        var mayRepair: Set<CredentialFailure.Cause> = [.baseRefused, .clockSkew]
        while true {
            let signer = try await credential(of: base)
            let call = CredentialCall(
                request,
                signer: signer.value,
                timeoutMS: Self.stsMS,
                context
            )
            let answer = try await call.run()
            do throws(CredentialFailure) {
                return CredentialArrival(
                    credential: try STSCall.credential(
                        status: answer.status,
                        body: answer.body,
                        role: role.roleARN,
                        isSigned: true
                    ),
                    sentAt: call.sentAt,
                    wallSeconds: answer.date
                )
            } catch {
                guard mayRepair.remove(error.cause) != nil else { throw error }
                try repair(error, base, signer, request, answer)
            }
        }
    }

    private func repair(
        _ failure: CredentialFailure,
        _ base: CredentialSource,
        _ signer: IssuedCredential,
        _ request: CredentialRequest,
        _ answer: CredentialCall.Answer
    ) throws(CredentialFailure) {
        if failure.cause == .clockSkew {
            guard answer.hasDate else { throw failure }
            context.correctClock(of: request.endpoint.authority, serverSeconds: answer.date)
        } else {
            guard !base.fetched.isEmpty else { throw failure }
            if store.entry(base).drop(signer, at: .now()) { store.wakeRefresher() }
        }
    }

    /// What the base of a role has, once it has something.
    private func credential(
        of base: CredentialSource
    ) async throws(CredentialFailure) -> IssuedCredential {
        if case .keys(let keys) = base, base.fetched.isEmpty { return IssuedCredential(keys) }
        let patience = Instant.now().advanced(milliseconds: Self.baseMS)
        let wait = CredentialWait(store.entry(base), patience: patience, context.loop)
        switch await wait.run() {
        case .use(let credential): return credential
        case .failed(let failure):
            throw CredentialFailure(failure.cause, base.problem(failure))
        case .wait: throw CredentialFailure(.transient, "\(base.shown) has none yet")
        }
    }

    // MARK: - Endpoints of the pod and the instance

    private func ask(
        _ endpoint: ContainerEndpoint
    ) async throws(CredentialFailure) -> CredentialArrival {
        try await trying(Self.containerTries) { [context] () throws(CredentialFailure) in
            let token = try endpoint.authorization.map(Self.text)
            let call = CredentialCall(
                try ContainerCall.request(endpoint, authorization: token),
                timeoutMS: Self.containerMS,
                context
            )
            let answer = try await call.run()
            return CredentialArrival(
                credential: try ContainerCall.credential(
                    status: answer.status,
                    body: answer.body
                ),
                sentAt: call.sentAt,
                wallSeconds: answer.date
            )
        }
    }

    private func ask(
        _ metadata: InstanceMetadata
    ) async throws(CredentialFailure) -> CredentialArrival {
        try await trying(metadata.attempts) { [self] () throws(CredentialFailure) in
            let first = try await run(try InstanceMetadataCall.token(metadata), metadata)
            let token = try InstanceMetadataCall.token(status: first.status, body: first.body)
            let second = try await run(
                try InstanceMetadataCall.role(metadata, token: token),
                metadata
            )
            let role = try InstanceMetadataCall.role(status: second.status, body: second.body)
            let sentAt = Instant.now()
            let third = try await run(
                try InstanceMetadataCall.credential(metadata, role: role, token: token),
                metadata
            )
            return CredentialArrival(
                credential: try InstanceMetadataCall.credential(
                    status: third.status,
                    body: third.body
                ),
                sentAt: sentAt,
                wallSeconds: third.date
            )
        }
    }

    private func run(
        _ request: CredentialRequest,
        _ metadata: InstanceMetadata
    ) async throws(CredentialFailure) -> CredentialCall.Answer {
        try await CredentialCall(request, timeoutMS: metadata.timeoutMS, context).run()
    }

    /// Tries again, a second apart, what may come to something else.
    private func trying(
        _ tries: Int,
        _ body: () async throws(CredentialFailure) -> CredentialArrival
    ) async throws(CredentialFailure) -> CredentialArrival {
        var left = tries
        while true {
            left -= 1
            do throws(CredentialFailure) {
                return try await body()
            } catch {
                guard left > 0, error.cause != .configuration else { throw error }
            }
            let end = Instant.now().advanced(milliseconds: Self.pauseMS)
            _ = await Waiter(loop: context.loop).wait(until: end)
        }
    }
}
