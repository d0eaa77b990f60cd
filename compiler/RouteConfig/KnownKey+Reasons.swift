/// Why keys have no effect, where several say so.
extension KnownKey {
    /// Why requests are not pinned, and what does nearly the same.
    static let noAffinity =
        "requests are not pinned; routing_strategy: prefix-affinity keeps alike prompts together"

    /// Why a guardrail does nothing, and what to do.
    static let noGuardrails =
        "requests and answers are not looked into; guard them behind or before the sidecar"

    /// Why a key's budget does nothing, and what to do.
    static let noKeyBudgets = "spending is not counted here; limit keys by rpm and tpm"

    /// Why a budget does nothing.
    static let noBudgets = "spending is not counted here, so no budget ends a deployment's use"
}
