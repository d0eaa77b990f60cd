package import HTTP
package struct TLSSettings: Sendable {
    package var verifies = true
    package var caFile: String?
    package init() {}
}
package final class CurlTransport: UpstreamTransport {
    package init(context: IOContext, tls: TLSSettings) throws(UpstreamError) {}
    package func makeExchange() -> any UpstreamExchange { fatalError("") }
    package func closeIdle() {}
    package static func usesProxy(for origin: Origin) -> Bool { false }
}
