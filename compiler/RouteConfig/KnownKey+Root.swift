/// Keys of the top level (LiteLLM §1.1).
extension KnownKey {
    static let rootKeys: [KnownKey] =
        handled(
            .root,
            [
                (
                    "model_list", .sections(.modelEntry),
                    "The deployments, by the names that clients ask for."
                ),
                (
                    "litellm_settings", .section(.litellmSettings),
                    "Fallbacks, the cache, parameters, metrics."
                ),
                (
                    "router_settings", .section(.routerSettings),
                    "Strategy, retries, time-outs, cooldowns, aliases."
                ),
                (
                    "general_settings", .section(.generalSettings),
                    "The master key, limits of the process, health checks."
                ),
                (
                    "environment_variables", .variables,
                    "Variables that the sidecar takes where its own environment has none."
                ),
                (
                    "credential_list", .sections(.credential),
                    "Credentials that deployments share by name."
                ),
                (
                    "include", .paths,
                    "More files, merged into this one: lists are joined, any other value replaces."
                ),
                ("sidegate", .section(.sidegate), "What LiteLLM's file has no place for."),
            ]
        )
        + guarded(.root, .content, noGuardrails, "guardrails", "policies")
        + inert(.root, "policies are not offered", "policy_attachments")
        + inert(.root, "prompts are sent by the client", "prompts")
        + inert(
            .root,
            "agents and tools are not offered",
            "mcp_servers",
            "mcp_tools",
            "agents",
            "vector_store_registry",
            "search_tools",
            "sandbox_tools",
            "vector_store_index"
        )
        + inert(
            .root,
            "files, batches, assistants and fine-tuning are not offered",
            "files_settings",
            "finetune_settings",
            "assistant_settings"
        )
        + inert(
            .root,
            "Sidegate does not speak the API that needs it",
            "default_vertex_config"
        )
        + inert(
            .root,
            "logging callbacks are not offered; scrape /metrics and read the access log",
            "callback_settings"
        )
}
