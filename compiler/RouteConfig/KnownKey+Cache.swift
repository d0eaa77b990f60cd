internal import RouteTable

/// Keys of `litellm_settings.cache_params` (LiteLLM §7.1) and of `sidegate.cache`.
extension KnownKey {
    static let cacheKeys: [KnownKey] =
        parameters(
            .cacheParams,
            [
                (
                    "type", .cacheType, .text,
                    "Where answers are kept besides memory: at a Redis, or nowhere else."
                ),
                ("ttl", .cacheTTLMS, .seconds, "How long an answer is kept, at both levels."),
                (
                    "default_in_memory_ttl", .cacheMemoryTTLMS, .seconds,
                    "How long an answer is kept in memory."
                ),
                (
                    "default_in_redis_ttl", .cacheSharedTTLMS, .seconds,
                    "How long an answer is kept in Redis."
                ),
                (
                    "namespace", .cacheNamespace, .text,
                    "Sets the entries of this configuration apart from others' at one Redis."
                ),
                (
                    "mode", .cacheMode, .word(["default_on", "default_off"]),
                    "Whether all requests are cached, or only those that ask for it."
                ),
                (
                    "supported_call_types", .cacheCallTypes, .list,
                    "The kinds of calls whose answers are cached."
                ),
            ]
        )
        // Where Redis is: kept as they stand, with the rest of `cache_params`.
        + connectionKeys(.cacheParams)
        + inert(.cacheParams, "there are no semantic caches here", "similarity_threshold")
        + inert(
            .cacheParams,
            "there are no semantic caches here",
            "redis_semantic_cache_embedding_model",
            "redis_semantic_cache_use_async",
            "redis_semantic_cache_index_name",
            "valkey_semantic_cache_embedding_model",
            "qdrant_semantic_cache_embedding_model",
            "qdrant_api_base",
            "qdrant_api_key",
            "qdrant_collection_name",
            "qdrant_quantization_config",
            "qdrant_semantic_cache_vector_size"
        )
        + inert(
            .cacheParams,
            "the cache is Redis, or memory",
            "s3_bucket_name",
            "s3_region_name",
            "s3_api_version",
            "s3_use_ssl",
            "s3_verify",
            "s3_endpoint_url",
            "s3_aws_access_key_id",
            "s3_aws_secret_access_key",
            "s3_aws_session_token",
            "s3_config",
            "s3_path",
            "gcs_bucket_name",
            "gcs_path_service_account",
            "gcs_path",
            "azure_account_url",
            "azure_blob_container",
            "disk_cache_dir",
            "gcp_service_account",
            "gcp_ssl_ca_certs"
        )
        + inert(
            .cacheParams,
            "long chats are cached like short ones",
            "max_messages"
        )
        + inert(
            .cacheParams,
            "each worker has one connection, and writes what there is at once",
            "redis_flush_size",
            "max_connections"
        )
        + parameters(
            .sidegateCache,
            [
                (
                    "memory_bytes", .cacheMemoryBytes, .integer,
                    "What the answers in memory may take, of the whole process."
                ),
                ("entry_bytes", .cacheEntryBytes, .integer, "The largest answer that is kept."),
                (
                    "request_bytes", .cacheRequestBytes, .integer,
                    "The largest request that is looked up."
                ),
                (
                    "scope", .cacheScope, .word(["team", "key", "all"]),
                    "Who shares answers: a team, a key, or everybody."
                ),
                (
                    "secret", .cacheSecret, .secret,
                    "What authenticates the answers that lie in Redis."
                ),
            ]
        )
}
