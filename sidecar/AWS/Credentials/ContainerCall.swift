internal import JSON

/// The call to the endpoint that hands a container its credentials (EKS Pod Identity, ECS).
package enum ContainerCall {
    /// - Parameter authorization: the value of that header; nil for none.
    package static func request(
        _ container: ContainerEndpoint,
        authorization: String?
    ) throws(CredentialFailure) -> CredentialRequest {
        let target = try EndpointTarget(container.url, "the container's endpoint")
        var request = CredentialRequest(
            method: "GET",
            endpoint: target.endpoint,
            path: target.path
        )
        request.query = target.query
        request.headers = [(name: "accept", value: "application/json")]
        if let authorization {
            request.headers.append((name: "authorization", value: authorization))
        }
        return request
    }

    /// The credentials of an answer.
    package static func credential(
        status: Int,
        body: [UInt8]
    ) throws(CredentialFailure) -> AWSCredential {
        let name = "the container's endpoint"
        guard status == 200 else {
            let told = JSONAnswer(body)
            let text = [told?["code"], told?["message"]].compactMap { $0 }.joined(separator: ": ")
            throw CredentialFailure(
                status == 429 || status >= 500 ? .transient : .configuration,
                "\(name) answered \(status)"
                    + (text.isEmpty ? "" : ": " + CredentialFailure.quote(text))
            )
        }
        return try JSONAnswer.credential(body, from: name)
    }
}

/// A URL with a path and perhaps a query of its own, taken apart.
struct EndpointTarget {
    let endpoint: AWSEndpoint
    let path: String
    let query: String

    /// - Parameter name: what it is, for the failure.
    init(_ url: String, _ name: String) throws(CredentialFailure) {
        let start = url.firstRange(of: "://")?.upperBound ?? url.startIndex
        let slash = url[start...].firstIndex(of: "/") ?? url.endIndex
        let parts = url[slash...].split(
            separator: "?",
            maxSplits: 1,
            omittingEmptySubsequences: false
        )
        do throws(AWSEndpointError) {
            endpoint = try AWSEndpoint(url: String(url[..<slash]))
        } catch {
            throw CredentialFailure(.configuration, "\(name): \(error)")
        }
        path = parts.first.map(String.init).flatMap { $0.isEmpty ? nil : $0 } ?? "/"
        query = parts.count > 1 ? String(parts[1]) : ""
        let isClean = (path + query).utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && $0 != 0x23 }
        guard isClean else {
            throw CredentialFailure(.configuration, "\(name) is no URL that can be asked")
        }
    }
}

/// An answer in JSON, of which only texts are wanted.
struct JSONAnswer {
    private let value: JSONValue

    init?(_ body: [UInt8]) {
        guard let value = try? JSONValue(parsing: body, depthMax: 8) else {
            return nil
        }
        self.value = value
    }

    subscript(name: String) -> String? {
        guard case .string(let text)? = value[name], !text.isEmpty else { return nil }
        return text
    }

    /// Credentials as the container's endpoint and the instance's metadata write them.
    static func credential(
        _ body: [UInt8],
        from name: String
    ) throws(CredentialFailure) -> AWSCredential {
        guard let answer = JSONAnswer(body) else {
            throw CredentialFailure(.transient, "\(name) answered without JSON")
        }
        if let code = answer["Code"], code != "Success" {
            let text = answer["Message"].map { "\(code): \($0)" } ?? code
            throw CredentialFailure(.transient, "\(name) says " + CredentialFailure.quote(text))
        }
        guard let identifier = answer["AccessKeyId"], let secret = answer["SecretAccessKey"] else {
            throw CredentialFailure(.transient, "\(name) answered without whole credentials")
        }
        var expiresAt: Int?
        if let expiration = answer["Expiration"] {
            guard let seconds = Timestamp.seconds(expiration) else {
                throw CredentialFailure(
                    .transient,
                    "\(name) answered an Expiration that is no date"
                )
            }
            expiresAt = seconds
        }
        let credential = AWSCredential(
            accessKeyID: identifier,
            secretAccessKey: secret,
            sessionToken: answer["Token"],
            expiresAt: expiresAt
        )
        guard credential.isPlain else {
            throw CredentialFailure(.transient, "\(name) answered keys that are none")
        }
        return credential
    }
}
