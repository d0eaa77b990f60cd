internal import RouteTable

/// Keys of `litellm_settings.cache_params` (LiteLLM §7.1) and of `sidegate.cache`.
extension KnownKey {
    static let cacheKeys: [KnownKey] =
        parameters(
            .cacheParams,
            [
                ("type", .cacheType, .text),
                ("ttl", .cacheTTLMS, .seconds),
                ("default_in_memory_ttl", .cacheMemoryTTLMS, .seconds),
                ("default_in_redis_ttl", .cacheSharedTTLMS, .seconds),
                ("namespace", .cacheNamespace, .text),
                ("mode", .cacheMode, .text),
                ("supported_call_types", .cacheCallTypes, .list),
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
                ("memory_bytes", .cacheMemoryBytes, .integer),
                ("entry_bytes", .cacheEntryBytes, .integer),
                ("request_bytes", .cacheRequestBytes, .integer),
                ("scope", .cacheScope, .text),
                ("secret", .cacheSecret, .secret),
            ]
        )
}
