internal import CCurl

/// libcurl's set-up for the whole process.
package enum CurlStartup {
    /// libcurl's code of the one call of `curl_global_init` (0: ready), made on first use.
    private static let code: UInt32 = curl_global_init(SG_CURL_GLOBAL_ALL).rawValue

    /// Initialises libcurl, once however often it is called.
    ///
    /// OpenSSL must have been initialised without its exit handler before, or that handler races
    /// with what still runs when the process ends.
    /// - Throws: when libcurl or its TLS library cannot start.
    package static func run() throws(CurlFailure) {
        guard code == 0 else { throw CurlFailure(code: code, systemCode: 0, detail: "") }
    }

    /// libcurl's version, such as `7.88.1`.
    package static var version: String {
        guard let text = unsafe sg_curl_version() else { return "unknown" }
        return unsafe String(cString: text)
    }
}
