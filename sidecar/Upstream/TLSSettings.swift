internal import Glibc

/// Whom TLS connections to upstreams trust.
package struct TLSSettings: Hashable, Sendable {
    /// Whether certificates and host names are checked at all.
    package var verifies: Bool
    /// PEM certificates to trust in place of the system's; nil: as the environment says.
    package var caFile: String?
    /// A directory of hashed certificates; nil: the system's.
    package var caDirectory: String?

    /// Whether HTTP/2 is offered. Not by default: a stream that libcurl 7.88 was told to pause
    /// stalls now and then when another one shares its connection (decision 0010).
    package var usesHTTP2: Bool

    package init(
        verifies: Bool = true,
        caFile: String? = nil,
        caDirectory: String? = nil,
        usesHTTP2: Bool = false
    ) {
        self.usesHTTP2 = usesHTTP2
        self.verifies = verifies
        self.caFile = caFile
        self.caDirectory = caDirectory
    }

    /// These settings, what they leave open taken from `SSL_CERT_FILE` and `SSL_CERT_DIR`, which
    /// OpenSSL and the curl command honour but libcurl does not.
    package func completed() -> TLSSettings {
        var settings = self
        guard caFile == nil, caDirectory == nil else { return settings }
        settings.caFile = TLSSettings.variable("SSL_CERT_FILE")
        settings.caDirectory = TLSSettings.variable("SSL_CERT_DIR")
        return settings
    }

    private static func variable(_ name: String) -> String? {
        guard let text = unsafe getenv(name), unsafe text.pointee != 0 else { return nil }
        return unsafe String(cString: text)
    }
}
