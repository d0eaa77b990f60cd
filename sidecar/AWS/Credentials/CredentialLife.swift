/// How far one source's credentials have come: whether they may be signed with, and when others are
/// to be fetched. A pure state machine; its owner locks, fetches and wakes those who wait.
///
/// All times are milliseconds of one monotonic clock, on which ends are put by the issuer's clock
/// when credentials arrive, so that neither a wrong clock nor one that is set matters afterwards.
/// Between the soft and the hard time of credentials they are used while others are fetched.
package struct CredentialLife: Sendable {
    /// What one who wants to sign gets.
    package enum Answer {
        case use(IssuedCredential)
        /// Others are being fetched, or will be soon.
        case wait
        case failed(CredentialFailure)
    }

    /// What a fetch that has ended is to the log.
    package enum Report: Hashable, Sendable {
        case nothingNew
        /// The first failure, or another one than the last time.
        case failing(CredentialFailure)
        case recovered
    }

    private let terms: CredentialTerms
    /// Nil before the first and after a refusal.
    package private(set) var credential: IssuedCredential?
    /// Why the last fetch failed; nil when it did not.
    package private(set) var failure: CredentialFailure?
    package private(set) var isFetching = false
    /// When the next fetch is due.
    private var fetchAt: UInt64 = 0
    /// From when on the credential is not signed with.
    private var hardAt: UInt64 = .max
    /// What failed fetches in a row have to do with: the time from soft to hard, the lifetime.
    private var windowMS: UInt64 = .max
    private var lifetimeMS: UInt64 = .max
    private var failures: UInt64 = 0
    /// Until when a refusal drops nothing.
    private var dropsAgainAt: UInt64 = 0

    /// Nothing yet; the first fetch is due at once.
    package init(_ terms: CredentialTerms = CredentialTerms()) {
        self.terms = terms
    }

    // MARK: - Use

    /// What one gets who is ready to wait until a time.
    package func answer(at now: UInt64, patience: UInt64) -> Answer {
        if let credential, isUsable(at: now) { return .use(credential) }
        if isFetching { return .wait }
        guard let failure, fetchAt > now else { return .wait }
        // What has to be changed at AWS or here will hardly be changed within seconds.
        return failure.cause == .configuration || fetchAt > patience ? .failed(failure) : .wait
    }

    /// Why there is nothing to sign with; nil where there is, or nothing has failed yet.
    package func outage(at now: UInt64) -> CredentialFailure? { isUsable(at: now) ? nil : failure }

    private func isUsable(at now: UInt64) -> Bool {
        credential != nil && (now < hardAt || terms.outliveExpiry)
    }

    // MARK: - Fetching

    /// When the next fetch is due; nil while one is under way.
    package var nextFetch: UInt64? { isFetching ? nil : fetchAt }

    /// Begins a fetch if one is due and none is under way.
    package mutating func begin(at now: UInt64) -> Bool {
        guard !isFetching, now >= fetchAt else { return false }
        isFetching = true
        return true
    }

    /// A fetch has brought credentials.
    /// - Parameters:
    ///   - issuedAt: when the call was sent that brought them.
    ///   - wallSeconds: what the issuer's clock showed then, in seconds since 1970.
    ///   - now: when they came.
    package mutating func arrived(
        _ fresh: AWSCredential,
        issuedAt: UInt64,
        wallSeconds: Int,
        at now: UInt64,
        using generator: inout some RandomNumberGenerator
    ) -> Report {
        let left = fresh.expiresAt.map { UInt64(clamping: $0 - wallSeconds) * 1_000 }
        let end = left.map { issuedAt.addingReportingOverflow($0).partialValue }
        if let end, end <= now, !terms.outliveExpiry {
            let failure = CredentialFailure(.transient, "credentials came that had expired already")
            return failed(failure, at: now, using: &generator)
        }
        let hadFailed = failure != nil
        isFetching = false
        failure = nil
        failures = 0
        // The same ones again stay the same object: nobody need sign anew with them.
        if credential?.value != fresh { credential = IssuedCredential(fresh) }
        guard let left, let end else {
            hardAt = .max
            (lifetimeMS, windowMS) = (.max, .max)
            fetchAt = now + terms.rereadMS - terms.jitter(terms.rereadMS / 16, &generator)
            return hadFailed ? .recovered : .nothingNew
        }
        if end <= now {
            (lifetimeMS, windowMS, hardAt) = (.max, .max, end)
            fetchAt = now + terms.stepMaxMS - terms.jitter(terms.stepMaxMS / 4, &generator)
            return hadFailed ? .recovered : .nothingNew
        }
        let soft = end - terms.softMarginMS(left) - terms.jitter(terms.jitterMS(left), &generator)
        hardAt = end - terms.hardMarginMS(left)
        lifetimeMS = left
        windowMS = hardAt > soft ? hardAt - soft : 0
        fetchAt = max(soft, now + terms.spacingMS)
        return hadFailed ? .recovered : .nothingNew
    }

    /// A fetch has failed.
    package mutating func failed(
        _ cause: CredentialFailure,
        at now: UInt64,
        using generator: inout some RandomNumberGenerator
    ) -> Report {
        let isNews = failure != cause
        isFetching = false
        failure = cause
        failures += 1
        var step = terms.stepMS(failures, lifetimeMS: lifetimeMS)
        // Several tries must fit before the hard time.
        if isUsable(at: now) { step = min(step, max(windowMS / 4, terms.spacingMS)) }
        fetchAt = now + step - terms.jitter(step / 4, &generator)
        return isNews ? .failing(cause) : .nothingNew
    }

    // MARK: - Refusals

    /// AWS did not accept a signature by this credential: others are fetched at once, unless there
    /// are others already. Where AWS refuses one after the other, no more are fetched for a while.
    /// - Returns: whether a fetch is due now.
    package mutating func drop(_ refused: IssuedCredential, at now: UInt64) -> Bool {
        guard credential === refused, now >= dropsAgainAt else { return false }
        credential = nil
        dropsAgainAt = now + terms.dropPauseMS
        fetchAt = now
        return !isFetching
    }
}

/// A credential as a source handed it out. A class, so that it is taken whole and told from its
/// successors by identity.
package final class IssuedCredential: Sendable {
    package let value: AWSCredential

    package init(_ value: AWSCredential) {
        self.value = value
    }
}
