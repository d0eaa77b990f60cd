internal import Cryptography

/// The signing keys in use: one each for a credential, a day and a scope. Belongs to one worker.
package final class SigningKeyCache {
    private var entries: [Entry] = []
    private let countMax: Int
    /// Counts look-ups, to know which key was used longest ago.
    private var clock: UInt64 = 0

    private struct Entry {
        let accessKeyID: String
        let secret: String
        let day: String
        let scope: SigningScope
        let key: HMACKey
        var lastUse: UInt64
    }

    /// How many keys are held.
    var count: Int { entries.count }

    /// Whether a key of this secret is held.
    func holds(secret: String) -> Bool { entries.contains { $0.secret == secret } }

    /// A cache of at most `countMax` keys, about 300 bytes each.
    ///
    /// The default is room for eight credentials in four regions; with more, keys are derived
    /// again, which costs a few microseconds.
    package init(countMax: Int = 32) {
        self.countMax = max(countMax, 1)
    }

    /// The key for a credential on a day within a scope, derived when it is not there.
    func key(credential: AWSCredential, day: String, scope: SigningScope) -> HMACKey {
        clock += 1
        // A walk over a few entries costs less than hashing five strings.
        for index in entries.indices {
            let entry = entries[index]
            guard entry.accessKeyID == credential.accessKeyID, entry.day == day,
                entry.scope == scope, entry.secret == credential.secretAccessKey
            else { continue }
            entries[index].lastUse = clock
            return entry.key
        }
        let key = HMACKey(
            SigV4.signingKey(secret: credential.secretAccessKey, day: day, scope: scope)
        )
        let entry = Entry(
            accessKeyID: credential.accessKeyID,
            secret: credential.secretAccessKey,
            day: day,
            scope: scope,
            key: key,
            lastUse: clock
        )
        if entries.count < countMax {
            entries.append(entry)
        } else if let oldest = entries.indices.min(by: { entries[$0].lastUse < entries[$1].lastUse }
        ) {
            entries[oldest] = entry
        }
        return key
    }
}
