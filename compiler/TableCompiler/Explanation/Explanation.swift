package import Routing

/// Where a request goes and why: what `sidegatec explain` prints. All texts may be shown.
package struct Explanation: Sendable {
    /// How a name leads to groups.
    package enum Resolution: Hashable, Sendable {
        case model
        /// Its models in order.
        case alias([String])
        /// The identifier of one deployment of a model.
        case deployment(model: String)
        /// A pattern, and what each of its stars took.
        case pattern(String, captures: [String])
    }

    package var name: String
    package var resolution: Resolution
    package var key: Key?
    package var isStream: Bool
    /// In the order in which they are tried.
    package var groups: [Group] = []
    package var fallbacks: [Fallback] = []
    /// Nil where no state was given.
    package var retryBudget: RetryBudget.Counts?
    package var isRetryBudgetSpent = false

    /// A virtual key, and whether it may use the model.
    package struct Key: Hashable, Sendable {
        package var label: String
        /// Why not; nil when it may.
        package var refusal: String?
        /// Tags that it adds to each request.
        package var tags: [String]
    }

    /// A model group.
    package struct Group: Sendable {
        package var model: String
        package var strategy: StrategyName
        /// `name value`, those that the strategy goes by.
        package var arguments: [String]
        /// In the order in which they would be tried, each one failing.
        package var candidates: [Candidate] = []
        /// How many more would be tried after those.
        package var unlistedCount = 0
        package var leftOut: [LeftOut] = []
        /// What a request gets when there is no candidate for it.
        package var outcome: String?
        package var retries: Retries
        package var times: Times
        package var cooldown: Cooldown
        package var worstCase: WorstCase
    }

    /// A deployment at one of its endpoints.
    package struct Candidate: Sendable {
        package var deployment: String
        /// Address and port; empty for a deployment with one endpoint.
        package var endpoint: String
        /// With the provider's prefix, a pattern's captures put in.
        package var upstream: String
        /// The base URL; nil for the provider's own.
        package var base: String?
        /// Of all requests like this one, those that are sent here first, from 0 to 1.
        package var share: Double
        /// What else counts: its weight, its load, its limits.
        package var facts: [String]
        /// References, and variables of its provider, that the sidecar must find.
        package var needs: [String]
    }

    /// One that is not tried.
    package struct LeftOut: Hashable, Sendable {
        package var deployment: String
        package var endpoint: String
        package var reason: String
    }

    /// How often a group is tried again.
    package struct Retries: Hashable, Sendable {
        package var count: Int
        /// By kinds of failure as `retry_policy` names them.
        package var byKind: [Counted]
        /// By deployment.
        package var ofDeployments: [Counted]
        /// The least wait, in milliseconds.
        package var waitMinMS: UInt64
    }

    /// A number of something.
    package struct Counted: Hashable, Sendable {
        package var name: String
        package var count: Int
    }

    /// In milliseconds.
    package struct Times: Hashable, Sendable {
        /// By deployment; one without a name when all have the same.
        package var attempts: [Timed]
        package var connectMS: Int
        package var deadlineMS: Int
    }

    /// The times of an attempt at a deployment.
    package struct Timed: Hashable, Sendable {
        package var deployment: String
        package var attempt: RequestTimes.Attempt
    }

    /// When and for how long endpoints cool.
    package struct Cooldown: Hashable, Sendable {
        package var isDisabled: Bool
        package var milliseconds: UInt64
        /// Nil for the rules by status.
        package var allowedFails: Int?
        package var byKind: [Counted]
        /// Deployments with rules of their own.
        package var overrides: [Override]

        /// What a deployment says differently.
        package struct Override: Hashable, Sendable {
            package var deployment: String
            package var milliseconds: UInt64?
            package var allowedFails: Int?
            package var byKind: [Counted]
        }
    }

    /// Where a request goes when its groups have failed in a way.
    package struct Fallback: Hashable, Sendable {
        /// The kind of failure.
        package enum Failure: String, Hashable, Sendable {
            case any
            case contextWindow
            case contentPolicy
        }

        package var failure: Failure
        /// Names in order, depth first, each once.
        package var names: [String]
    }
}
