/// Presence, and cooldowns that are shared.
extension FleetCall {
    /// How long a sidecar is believed to be there, in milliseconds.
    package static let presenceMS: Int64 = 15_000
    /// How long one sidecar may try an endpoint before another may, unless it goes on trying.
    package static let leaseMS: Int64 = 3_000
    /// How long after its end a cooldown waits for somebody who tries; then everyone is alone.
    package static let untriedMS: Int64 = 10_000
    /// How long after its end a cooldown waits for the result of one who does.
    package static let triedMS: Int64 = 60_000
    /// How long it is said that an endpoint is well again.
    package static let wellMS: Int64 = 10_000
    /// The fleet has an endpoint cool for no longer, in milliseconds: an hour.
    package static let longestMS: Int64 = 3_600_000
    /// How many sidecars must have a cooldown before all have it, where there are so many.
    package static let quorum: Int64 = 3
    /// How many endpoints may cool in the fleet at one time; those that end first make room.
    package static let endpointsMax: Int64 = 1_000
    /// How many endpoints one beat asks to try.
    package static let wishesMax = 100

    /// What a sidecar does each second.
    /// - Parameters:
    ///   - facts: what it says of itself.
    ///   - wishes: endpoints that it would try; nil where it shares no cooldowns.
    package static func beat(
        _ instance: String,
        facts: String,
        wishes: [EndpointName]?,
        _ keys: FleetKeys
    ) -> FleetCall {
        var call = FleetCall(
            .beat,
            keys: [keys.live, keys.sidecar(instance)],
            [.text(instance), .text(facts), .number(presenceMS)]
        )
        guard let wishes else { return call }
        call.keys += [keys.cooling, keys.probes, keys.well]
        call.arguments += [
            .number(leaseMS), .number(untriedMS), .number(triedMS), .number(wellMS),
            .number(longestMS),
        ]
        call.arguments += wishes.prefix(wishesMax).map { .text($0.text) }
        return call
    }

    /// Reports that an endpoint has refused a sidecar.
    /// - Parameters:
    ///   - milliseconds: for how long the sidecar has it cool.
    ///   - live: of how many sidecars it has heard.
    package static func report(
        _ instance: String,
        _ endpoint: EndpointName,
        coolsFor milliseconds: UInt64,
        live: Int,
        _ keys: FleetKeys
    ) -> FleetCall {
        let cools = min(Int64(clamping: milliseconds), longestMS)
        return FleetCall(
            .report,
            keys: [keys.live, keys.cooling, keys.probes, keys.well, keys.reporters(endpoint)],
            [
                .text(instance), .text(endpoint.text), .number(cools), .number(quorum),
                .number(Int64(live)), .number(endpointsMax), .number(triedMS), .number(longestMS),
            ]
        )
    }

    /// Says that the one try at an endpoint has found it well.
    package static func recover(
        _ instance: String,
        _ endpoint: EndpointName,
        _ keys: FleetKeys
    ) -> FleetCall {
        FleetCall(
            .recover,
            keys: [keys.cooling, keys.probes, keys.well, keys.reporters(endpoint)],
            [
                .text(instance), .text(endpoint.text), .number(wellMS), .number(endpointsMax),
            ]
        )
    }

    /// Gives back the lease to try an endpoint: what came of it was this sidecar's own trouble.
    package static func yield(
        _ instance: String,
        _ endpoint: EndpointName,
        _ keys: FleetKeys
    ) -> FleetCall {
        FleetCall(.yield, keys: [keys.probes], [.text(instance), .text(endpoint.text)])
    }
}

/// What the fleet says to a beat.
package struct FleetNews: Hashable, Sendable {
    /// How many sidecars are there.
    package var live: Int
    package var cooldowns: [Cooldown] = []
    /// Endpoints that a try has found well in the last seconds.
    package var well: [EndpointName] = []

    /// An endpoint that the fleet has cool.
    package struct Cooldown: Hashable, Sendable {
        package var endpoint: EndpointName
        /// What is left, in milliseconds; 0 or less: since when it waits for a try.
        package var leftMS: Int64
        /// Whether this sidecar is the one to try it.
        package var isOurs: Bool

        package init(_ endpoint: EndpointName, leftMS: Int64, isOurs: Bool) {
            self.endpoint = endpoint
            self.leftMS = leftMS
            self.isOurs = isOurs
        }
    }

    /// More are not believed: limits are divided by their number.
    private static let sidecarsMax: Int64 = 1_000_000

    /// Of so many sidecars, and nothing else.
    package init(live: Int) {
        self.live = live
    }

    /// What the script has answered; nil for an answer of another shape. Names that no sidecar
    /// writes are passed over.
    package init?(_ answer: [FleetWord]) {
        guard let live = answer.first?.number, 1...Self.sidecarsMax ~= live else { return nil }
        self.init(live: Int(live))
        if answer.count == 1 { return }
        guard let count = answer[1].number, 0...FleetCall.endpointsMax ~= count,
            answer.count >= 2 + Int(count) * 3
        else { return nil }
        let end = 2 + Int(count) * 3
        for place in stride(from: 2, to: end, by: 3) {
            guard let name = answer[place].text, let left = answer[place + 1].number,
                let isOurs = answer[place + 2].number
            else { return nil }
            guard let endpoint = EndpointName(parsing: name) else { continue }
            cooldowns.append(Cooldown(endpoint, leftMS: left, isOurs: isOurs == 1))
        }
        well = answer[end...].compactMap { $0.text.flatMap { EndpointName(parsing: $0) } }
    }
}
