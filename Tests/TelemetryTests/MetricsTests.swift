import Synchronization
import Telemetry
import Testing

/// One line of a scrape, taken apart.
private struct Sample: Hashable {
    var name: String
    var labels: [String: String]
    var value: Double
}

@Suite("MetricsText")
struct MetricsTests {
    private func record(_ change: (RequestRecord) -> Void = { _ in }) -> RequestRecord {
        let record = RequestRecord()
        record.route = "/v1/chat/completions"
        record.status = 200
        record.requestedModel = "gpt"
        record.modelGroup = "gpt"
        record.deployment = DeploymentLabels(
            id: "d1",
            model: "up",
            apiBase: "http://h/v1",
            provider: "openai"
        )
        record.duration = 30_000_000
        record.upstreamDuration = 20_000_000
        record.timeToFirstToken = 6_000_000
        record.promptTokens = 10
        record.completionTokens = 4
        record.isUpstreamSuccess = true
        change(record)
        return record
    }

    @Test("tells what was asked of Redis")
    func redis() throws {
        var facts = ProcessFacts()
        facts.redis.answered = 5
        facts.redis.timedOut = 4
        facts.redis.refused = 3
        facts.redis.lost = 2
        facts.redis.breakerOpenings = 1
        facts.redis.connections = 6
        facts.redis.redirections = 7
        facts.redis.bytesOut = 8
        facts.redis.bytesIn = 9
        let samples = try parse(MetricsText.render([MetricsShard()], facts))
        let own = samples.filter { $0.name.hasPrefix("sidegate_redis_") }
        let values = Dictionary(
            uniqueKeysWithValues: own.map { ($0.name + ($0.labels["result"] ?? ""), $0.value) }
        )
        #expect(
            values == [
                "sidegate_redis_commands_totalanswered": 5,
                "sidegate_redis_commands_totaltimed_out": 4,
                "sidegate_redis_commands_totalrefused": 3,
                "sidegate_redis_commands_totallost": 2,
                "sidegate_redis_breaker_openings_total": 1,
                "sidegate_redis_connections_total": 6,
                "sidegate_redis_redirections_total": 7,
                "sidegate_redis_sent_bytes_total": 8,
                "sidegate_redis_received_bytes_total": 9,
            ]
        )
    }

    /// Parses the text format strictly: every sample follows its HELP and TYPE.
    private func parse(_ bytes: [UInt8]) throws -> [Sample] {
        let text = String(decoding: bytes, as: UTF8.self)
        #expect(text.hasSuffix("\n"))
        let line = try Regex(#"([a-z_:]+)(?:\{(.*)\})? ([0-9.e+-]+|\+Inf)"#)
        let label = try Regex(#"([a-z_]+)="((?:[^"\\\n]|\\[\\n"])*)"(?:,|$)"#)
        var samples: [Sample] = []
        var family = ""
        var seen: Set<String> = []
        for part in text.split(separator: "\n") {
            let words = part.split(separator: " ", maxSplits: 3)
            if words[0] == "#" {
                if words[1] == "TYPE" {
                    family = String(words[2])
                    #expect(seen.insert(family).inserted, "\(family) twice")
                }
                continue
            }
            let match = try #require(try line.wholeMatch(in: part), "\(part)")
            let name = String(match[1].substring ?? "")
            #expect(name.hasPrefix(family))
            var labels: [String: String] = [:]
            if let text = match[2].substring {
                let matches = text.matches(of: label)
                #expect(matches.map { $0.range.upperBound }.last == text.endIndex)
                for match in matches {
                    labels[String(match[1].substring ?? "")] = String(match[2].substring ?? "")
                }
            }
            samples.append(
                Sample(name: name, labels: labels, value: Double(match[3].substring ?? "") ?? -1)
            )
        }
        #expect(Set(samples).count == samples.count)
        return samples
    }

    private func scrape(_ shards: [MetricsShard]) throws -> [Sample] {
        try parse(MetricsText.render(shards, ProcessFacts()))
    }

    private func value(
        _ samples: [Sample],
        _ name: String,
        _ labels: [String: String] = [:]
    ) -> Double? {
        let found = samples.filter { sample in
            sample.name == name && labels.allSatisfy { sample.labels[$0.key] == $0.value }
        }
        return found.isEmpty ? nil : found.reduce(0) { $0 + $1.value }
    }

    @Test("adds up the workers under LiteLLM's names and labels")
    func sums() throws {
        let shards = [MetricsShard(), MetricsShard()]
        shards[0].record(record())
        shards[1].record(record())
        shards[1].record(
            record {
                $0.status = 500; $0.errorClass = "InternalServerError"
            }
        )
        let samples = try scrape(shards)
        let total = "litellm_proxy_total_requests_metric_total"
        #expect(value(samples, total, ["status_code": "200"]) == 2)
        #expect(value(samples, total, ["status_code": "500"]) == 1)
        let labels = try #require(samples.first { $0.name == total }?.labels)
        #expect(
            Set(labels.keys) == [
                "end_user", "hashed_api_key", "api_key_alias", "requested_model", "team",
                "team_alias", "user", "user_email", "route", "client_ip", "user_agent", "model_id",
                "status_code", "api_provider", "org_id", "org_alias",
            ]
        )
        #expect(labels["client_ip"] == "None")
        let failed = "litellm_proxy_failed_requests_metric_total"
        #expect(value(samples, failed) == 1)
        #expect(value(samples, failed, ["exception_class": "InternalServerError"]) == 1)
        #expect(value(samples, "litellm_total_tokens_metric_total") == 42)
        #expect(value(samples, "litellm_input_tokens_metric_total") == 30)
        #expect(value(samples, "litellm_output_tokens_metric_total") == 12)
    }

    @Test("puts durations into LiteLLM's buckets, cumulative")
    func histograms() throws {
        let shard = MetricsShard()
        shard.record(record())
        shard.record(
            record {
                $0.duration = 5_000_000; $0.upstreamDuration = 6_000_000
            }
        )
        shard.record(
            record {
                $0.duration = 700_000_000_000; $0.upstreamDuration = nil
            }
        )
        let samples = try scrape([shard])
        let name = "litellm_request_total_latency_metric"
        #expect(value(samples, name + "_bucket", ["le": "0.005"]) == 1)
        #expect(value(samples, name + "_bucket", ["le": "0.05"]) == 2)
        #expect(value(samples, name + "_bucket", ["le": "600.0"]) == 2)
        #expect(value(samples, name + "_bucket", ["le": "+Inf"]) == 3)
        #expect(value(samples, name + "_count") == 3)
        #expect(value(samples, name + "_sum") == 700.035)
        #expect(value(samples, "litellm_overhead_latency_metric_count") == 2)
        #expect(value(samples, "litellm_overhead_latency_metric_sum") == 0.01)
        #expect(value(samples, "litellm_llm_api_time_to_first_token_metric_count") == 3)
    }

    @Test("counts attempts at deployments, failures with their class")
    func deployments() throws {
        let shard = MetricsShard()
        let bad = DeploymentLabels(id: "d0", model: "up", apiBase: "b", provider: "openai")
        shard.record(
            record {
                $0.failures = [
                    FailedAttempt(deployment: bad, status: 429, errorClass: "RateLimitError")
                ]
                $0.retries = 1
            }
        )
        shard.record(.rateLimited)
        let samples = try scrape([shard])
        let total = "litellm_deployment_total_requests_total"
        #expect(value(samples, total, ["model_id": "d0"]) == 1)
        #expect(value(samples, total, ["model_id": "d1"]) == 1)
        #expect(value(samples, "litellm_deployment_success_responses_total") == 1)
        #expect(
            value(
                samples,
                "litellm_deployment_failure_responses_total",
                ["exception_status": "429", "exception_class": "RateLimitError"]
            ) == 1
        )
        #expect(value(samples, "sidegate_retries_total") == 1)
        #expect(value(samples, "sidegate_upstream_errors_total", ["kind": "rate_limited"]) == 1)
    }

    @Test("keeps no more series than it may, and loses no request")
    func cardinality() throws {
        let shard = MetricsShard(seriesMax: 10)
        for number in 0..<1000 {
            shard.record(
                record {
                    $0.requestedModel = "m\(number)"; $0.status = 200 + number % 400
                }
            )
        }
        let samples = try scrape([shard])
        let total = "litellm_proxy_total_requests_metric_total"
        #expect(value(samples, total) == 1000)
        #expect(try #require(value(samples, "sidegate_metric_series")) <= 74)
        #expect(value(samples, "sidegate_metric_overflows_total") == 990)
        #expect(value(samples, total, ["requested_model": "other"]) == 990)
    }

    @Test("counts names that nothing serves as one")
    func unknownModels() throws {
        let shard = MetricsShard()
        for number in 0..<50 {
            shard.record(
                record {
                    $0.requestedModel = "unknown-\(number)"; $0.isModelKnown = false
                    $0.deployment = nil
                }
            )
        }
        let samples = try scrape([shard])
        let total = "litellm_proxy_total_requests_metric_total"
        #expect(samples.filter { $0.name == total }.count == 1)
        #expect(value(samples, total, ["requested_model": "other"]) == 50)
    }

    @Test("escapes what others named")
    func escapes() throws {
        let shard = MetricsShard()
        shard.record(record { $0.requestedModel = "a\"b\\c\nd" })
        let samples = try scrape([shard])
        #expect(
            value(
                samples,
                "litellm_proxy_total_requests_metric_total",
                ["requested_model": #"a\"b\\c\nd"#]
            ) == 1
        )
    }

    @Test("tells of the process and its table")
    func process() throws {
        var facts = ProcessFacts()
        facts.version = "1.2"
        facts.tableGeneration = 7
        facts.tableDigest = "ab"
        facts.reloadsFailed = 2
        facts.reloadsUntrusted = 1
        let shard = MetricsShard()
        shard.inFlight.add(3, ordering: .relaxed)
        let samples = try parse(MetricsText.render([shard], facts))
        #expect(value(samples, "sidegate_build_info", ["version": "1.2"]) == 1)
        #expect(value(samples, "sidegate_table_info", ["generation": "7", "digest": "ab"]) == 1)
        #expect(value(samples, "sidegate_reloads_total", ["result": "failure"]) == 2)
        #expect(value(samples, "sidegate_untrusted_reloads_total") == 1)
        #expect(value(samples, "litellm_in_flight_requests") == 3)
    }

    @Test("adds up fetches of credentials by source and result, and waits")
    func credentials() throws {
        let shards = [MetricsShard(), MetricsShard()]
        for shard in shards { shard.countRefresh(.webIdentity, isGood: true) }
        shards[0].countRefresh(.webIdentity, isGood: false)
        shards[1].countCredentialWait()
        let samples = try scrape(shards)
        let name = "sidegate_credential_refreshes_total"
        let good = ["source": "web_identity", "result": "success"]
        #expect(value(samples, name, good) == 2)
        #expect(value(samples, name, ["source": "web_identity", "result": "failure"]) == 1)
        #expect(value(samples, "sidegate_credential_waits_total") == 1)
    }
}
