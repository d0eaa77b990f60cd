internal import Synchronization

/// Adds up the shards and writes them in Prometheus' text format 0.0.4.
package struct MetricsText {
    /// The content type of a scrape.
    package static let contentType = "text/plain; version=0.0.4; charset=utf-8"

    var text = ""
    private var series: [SeriesKey: RequestSeries] = [:]
    private var failures: [FailureKey: UInt64] = [:]

    /// The whole answer to a scrape.
    package static func render(_ shards: [MetricsShard], _ process: ProcessFacts) -> [UInt8] {
        var writer = MetricsText()
        var sums = Sums()
        for shard in shards { writer.merge(shard, into: &sums) }
        for family in MetricFamily.all { writer.write(family) }
        writer.writeDeployments()
        writer.write(sums)
        writer.write(sums.routing)
        writer.write(sums.cache)
        writer.write(process.cache)
        writer.write(process.redis)
        writer.write(sums.credentials)
        writer.write(process.deploymentStates)
        writer.write(process)
        return Array(writer.text.utf8)
    }

    /// What has no labels.
    struct Sums {
        var inFlight = 0
        var openConnections = 0
        var upstreamConnections = 0
        var bufferedBytes = 0
        var seriesCount = 0
        var overflows: UInt64 = 0
        var bytesIn: UInt64 = 0
        var bytesOut: UInt64 = 0
        var retries: UInt64 = 0
        var fallbacks: UInt64 = 0
        var upstreamErrors = [UInt64](repeating: 0, count: UpstreamErrorKind.allCases.count)
        var routing = RoutingCounts()
        var cache = CacheCounts()
        var credentials = CredentialCounts()
    }

    private mutating func merge(_ shard: MetricsShard, into sums: inout Sums) {
        sums.inFlight += shard.inFlight.load(ordering: .relaxed)
        sums.openConnections += shard.openConnections.load(ordering: .relaxed)
        sums.upstreamConnections += shard.upstreamConnections.load(ordering: .relaxed)
        sums.bufferedBytes += shard.bufferedBytes.load(ordering: .relaxed)
        // Copied under the lock, added up outside it: a worker must not wait for a scrape.
        let state = shard.state.withLock { $0 }
        sums.seriesCount += state.series.count
        sums.overflows &+= state.overflows
        sums.bytesIn &+= state.bytesIn
        sums.bytesOut &+= state.bytesOut
        sums.retries &+= state.retries
        sums.fallbacks &+= state.fallbacks
        sums.routing.merge(state.routing)
        sums.cache.merge(state.cache)
        sums.credentials.merge(state.credentials)
        for kind in sums.upstreamErrors.indices {
            sums.upstreamErrors[kind] &+= state.upstreamErrors[kind]
        }
        for (key, place) in state.places {
            series[key, default: RequestSeries()].merge(state.series[place])
        }
        for (key, count) in state.failures { failures[key, default: 0] &+= count }
    }

    // MARK: families over requests

    private mutating func write(_ family: MetricFamily) {
        let counted = series.filter { family.isCounted?($0.key) ?? true }
        switch family.value {
        case .counter(let value):
            var totals: [String: UInt64] = [:]
            for (key, series) in counted {
                totals[MetricLabel.text(family.labels, key), default: 0] &+= value(series)
            }
            write(counter: family.name, family.help, totals)
        case .histogram(let value):
            var totals: [String: Histogram] = [:]
            for (key, series) in counted where value(series).count > 0 {
                totals[MetricLabel.text(family.labels, key), default: Histogram()]
                    .merge(value(series))
            }
            write(histogram: family, totals)
        }
    }

    private mutating func write(histogram family: MetricFamily, _ totals: [String: Histogram]) {
        header(family.name, family.help, "histogram")
        for (labels, histogram) in totals.sorted(by: { $0.key < $1.key }) {
            var sum: UInt64 = 0
            for (index, bound) in Histogram.bounds.enumerated() {
                sum &+= histogram.counts[index]
                text += "\(family.name)_bucket{\(labels),le=\"\(bound)\"} \(sum)\n"
            }
            text += "\(family.name)_bucket{\(labels),le=\"+Inf\"} \(histogram.count)\n"
            text += "\(family.name)_count{\(labels)} \(histogram.count)\n"
            text += "\(family.name)_sum{\(labels)} \(Double(histogram.sum) / 1e9)\n"
        }
    }

    private mutating func writeDeployments() {
        var successes: [String: UInt64] = [:]
        var totals: [String: UInt64] = [:]
        for (key, series) in series where series.upstreamSuccesses > 0 {
            let labels = MetricLabel.text(MetricFamily.deploymentLabels, key)
            successes[labels, default: 0] &+= series.upstreamSuccesses
            totals[labels, default: 0] &+= series.upstreamSuccesses
        }
        var failed: [String: UInt64] = [:]
        for (failure, count) in failures {
            let key = SeriesKey(failure)
            totals[MetricLabel.text(MetricFamily.deploymentLabels, key), default: 0] &+= count
            let labels = MetricFamily.deploymentLabels + [.exceptionStatus, .exceptionClass]
            failed[MetricLabel.text(labels, key), default: 0] &+= count
        }
        write(
            counter: "litellm_deployment_total_requests_total",
            "Attempts at a deployment.",
            totals
        )
        write(
            counter: "litellm_deployment_success_responses_total",
            "Attempts that went well.",
            successes
        )
        write(
            counter: "litellm_deployment_failure_responses_total",
            "Attempts that failed.",
            failed
        )
    }

    // MARK: the rest

    private mutating func write(_ sums: Sums) {
        gauge("litellm_in_flight_requests", "Requests being served.", sums.inFlight)
        gauge("sidegate_open_connections", "Clients' connections.", sums.openConnections)
        gauge(
            "sidegate_upstream_connections",
            "Connections to upstreams.",
            sums.upstreamConnections
        )
        gauge("sidegate_buffered_body_bytes", "Bytes of bodies held.", sums.bufferedBytes)
        gauge("sidegate_metric_series", "Series kept.", sums.seriesCount)
        write(
            counter: "sidegate_metric_overflows_total",
            "Requests counted under the label value other.",
            ["": sums.overflows]
        )
        write(
            counter: "sidegate_received_bytes_total",
            "Bytes of requests.",
            ["": sums.bytesIn]
        )
        write(counter: "sidegate_sent_bytes_total", "Bytes of answers.", ["": sums.bytesOut])
        write(counter: "sidegate_retries_total", "Retries.", ["": sums.retries])
        write(counter: "sidegate_fallbacks_total", "Fallbacks.", ["": sums.fallbacks])
        var errors: [String: UInt64] = [:]
        for kind in UpstreamErrorKind.allCases {
            errors["kind=\"\(kind.label)\""] = sums.upstreamErrors[kind.rawValue]
        }
        write(counter: "sidegate_upstream_errors_total", "Upstreams' errors by kind.", errors)
    }

    private mutating func write(_ process: ProcessFacts) {
        let version = MetricLabel.escaped(process.version)
        let commit = MetricLabel.escaped(process.commit)
        header("sidegate_build_info", "The program's version.", "gauge")
        text += "sidegate_build_info{version=\"\(version)\",commit=\"\(commit)\"} 1\n"
        header("sidegate_table_info", "The table being served.", "gauge")
        text += "sidegate_table_info{generation=\"\(process.tableGeneration)\","
        text += "digest=\"\(MetricLabel.escaped(process.tableDigest))\"} 1\n"
        gauge("sidegate_table_generation", "The table's generation.", process.tableGeneration)
        gauge("sidegate_deployments", "Deployments in the table.", process.deployments)
        gauge("sidegate_fleet_sidecars", "Sidecars that meet at one Redis.", process.fleetSidecars)
        gauge("sidegate_queued_requests", "Requests that wait for room.", process.queuedRequests)
        gauge(
            "sidegate_disabled_deployments",
            "Deployments without their credentials.",
            process.disabledDeployments
        )
        write(
            counter: "sidegate_reloads_total",
            "Loads of a new table by result.",
            [
                "result=\"success\"": process.reloadsSucceeded,
                "result=\"failure\"": process.reloadsFailed,
            ]
        )
        write(
            counter: "sidegate_untrusted_reloads_total",
            "Failed loads of a table that no trusted key had signed.",
            ["": process.reloadsUntrusted]
        )
        write(
            counter: "sidegate_access_log_lines_dropped_total",
            "Lines of the access log that its target did not take.",
            ["": process.accessLogLinesDropped]
        )
        header("process_start_time_seconds", "When the process began.", "gauge")
        text += "process_start_time_seconds \(process.startTime)\n"
    }

    mutating func write(counter name: String, _ help: String, _ totals: [String: UInt64]) {
        header(name, help, "counter")
        for (labels, count) in totals.sorted(by: { $0.key < $1.key }) {
            text += labels.isEmpty ? "\(name) \(count)\n" : "\(name){\(labels)} \(count)\n"
        }
    }

    mutating func gauge(_ name: String, _ help: String, _ value: some BinaryInteger) {
        header(name, help, "gauge")
        text += "\(name) \(value)\n"
    }

    mutating func header(_ name: String, _ help: String, _ type: String) {
        text += "# HELP \(name) \(help)\n# TYPE \(name) \(type)\n"
    }
}

extension SeriesKey {
    /// A failed attempt, as far as labels go.
    fileprivate init(_ failure: FailureKey) {
        let record = RequestRecord()
        record.requestedModel = failure.requestedModel
        record.modelGroup = failure.modelGroup
        record.key = failure.key
        record.deployment = failure.attempt.deployment
        record.status = failure.attempt.status
        record.errorClass = failure.attempt.errorClass
        self.init(record)
    }
}
