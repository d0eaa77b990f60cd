internal import ProviderData
internal import RouteTable

extension MediaHost {
    /// The hosts that a table lists; one that is in both of its lists may be private.
    static func all(
        _ settings: Parameters,
        values: ReferenceValues,
        table: RouteTable
    ) -> [MediaHost] {
        func hosts(_ key: ParameterKey, mayBePrivate: Bool) -> [MediaHost] {
            (settings.list(key).map { Array($0) } ?? []).compactMap { text in
                var host = table.resolve(text, using: values).flatMap { MediaHost($0) }
                host?.mayBePrivate = mayBePrivate
                return host
            }
        }
        // The first that fits decides.
        return hosts(.privateMediaHosts, mayBePrivate: true)
            + hosts(.mediaHosts, mayBePrivate: false)
    }
}
