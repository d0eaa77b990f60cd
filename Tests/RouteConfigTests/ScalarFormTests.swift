import RouteTable
import Testing

@testable import RouteConfig

@Suite("The forms of known keys")
struct ScalarFormTests {
    @Test("agree with how the sidecar reads a reference in their place")
    func agreement() {
        var compared = 0
        for row in KnownKey.all {
            guard case .parameter(let key, let form) = row.fate else { continue }
            #expect(key.scalarForm == form.scalar, "\(row.section.rawValue).\(row.name)")
            compared += 1
        }
        #expect(compared > 100)
    }

    @Test("let a reference be a whole number, but no mapping")
    func references() {
        let decoded = Decoded(
            """
            model_list:
              - model_name: g
                litellm_params:
                  model: openai/gpt
                  rpm: os.environ/RPM
                  tags: os.environ/TAGS
                  extra_headers: os.environ/HEADERS
            """
        )
        let parameters = decoded.config.deployments.first?.parameters ?? [:]
        let tags = Reference(kind: .environment, name: "TAGS", isSecret: false)
        guard case .text(.reference(let rpm))? = parameters[.requestsPerMinute] else {
            Issue.record("rpm is \(String(describing: parameters[.requestsPerMinute]))")
            return
        }
        #expect(rpm.name == "RPM")
        #expect(parameters[.tags] == .list([.reference(tags)]))
        #expect(parameters[.extraHeaders] == nil)
    }
}
