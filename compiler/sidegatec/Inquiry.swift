internal import Cryptography
internal import Curl
internal import Discovery
internal import POSIX

/// Asks servers which models they have.
struct Inquiry {
    let key: KeyReference?
    /// For each answer.
    let timeoutMS: UInt64
    let concurrency: Int
    let caFile: String?

    /// Far more than thousands of adapters take.
    private static let answerBytesMax = 4 << 20

    /// Asks all of them at once, as far as `concurrency` allows; what each one said, in their
    /// order. Fails only where nothing can be asked at all.
    func ask(
        _ addresses: [ServerAddress]
    ) throws(DiscoveryError) -> [Result<ModelAnswer, DiscoveryError>] {
        guard !addresses.isEmpty else { return [] }
        CryptographyStartup.run()
        do throws(CurlFailure) {
            try CurlStartup.run()
        } catch {
            throw .badEnvironment("libcurl does not start: \(error.description)")
        }
        let lists = get(addresses.map(\.modelsURL), key)
        // Whoever did not answer at one place is not asked at another; nor is anybody told the
        // key who need not know it.
        let answered = addresses.indices.filter { place in
            if case .success = lists[place] { true } else { false }
        }
        let said = get(answered.map { addresses[$0].versionURL }, nil)
        var versions: [Int: String] = [:]
        for (place, answer) in zip(answered, said) {
            if case .success(let body) = answer { versions[place] = ModelAnswer.version(body) }
        }
        return addresses.indices.map { place in
            lists[place].flatMap { body in
                do throws(DiscoveryError) {
                    return .success(
                        try ModelAnswer(
                            body,
                            from: addresses[place],
                            apiKey: key?.text,
                            version: versions[place]
                        )
                    )
                } catch {
                    return .failure(error)
                }
            }
        }
    }

    private func get(
        _ urls: [String],
        _ key: KeyReference?
    ) -> [Result<[UInt8], DiscoveryError>] {
        var lines = "Accept: application/json\r\nUser-Agent: sidegatec/\(Version.text)\r\n"
        if let key { lines += "Authorization: Bearer \(key.value)\r\n" }
        let requests = urls.map { url in
            var request = CurlRequest(url: url, method: "GET", body: .none, connectMS: timeoutMS)
            request.totalMS = timeoutMS
            request.caFile = caFile
            return request
        }
        let answers = CurlBatch.get(
            requests,
            headerLines: Array(lines.utf8),
            concurrency: concurrency,
            bodyBytesMax: Self.answerBytesMax
        )
        return answers.map(Self.body)
    }

    private static func body(
        _ answer: Result<CurlAnswer, CurlBatchError>
    ) -> Result<[UInt8], DiscoveryError> {
        switch answer {
        case .success(let answer) where answer.status == 200: return .success(answer.body)
        case .success(let answer):
            let hint = answer.status == 401 || answer.status == 403 ? "; it wants --api-key" : ""
            return .failure(.badAnswer("status \(answer.status)\(hint)"))
        case .failure(.tooLarge):
            return .failure(.badAnswer("the answer is larger than \(answerBytesMax >> 20) MiB"))
        case .failure(.failed(let failure)): return .failure(.badAnswer(failure.description))
        }
    }
}

/// A key by reference, and its value here.
struct KeyReference {
    /// What stands in a configuration.
    let text: String
    /// What servers are shown; never printed.
    let value: String

    /// Looks the value up.
    init(_ text: String) throws(DiscoveryError) {
        self.text = text
        let found: String
        if text.hasPrefix("os.environ/") {
            let name = String(text.dropFirst(11))
            guard let value = ProcessEnvironment.value(name) else {
                throw .badEnvironment("\(text) of --api-key is not set")
            }
            found = value
        } else if text.hasPrefix("file:/") {
            var path = text.dropFirst(5)
            while path.hasPrefix("//") { path = path.dropFirst() }
            do throws(FileError) {
                let bytes = try File.read(String(path), sizeMax: 65_536)
                found = String(decoding: bytes, as: UTF8.self)
            } catch {
                throw .badEnvironment(error.description)
            }
        } else {
            throw .badEnvironment(
                "--api-key takes os.environ/NAME or file:/path, never the key itself"
            )
        }
        var value = Substring(found)
        while let last = value.last, last.isWhitespace { value.removeLast() }
        guard !value.isEmpty, value.unicodeScalars.allSatisfy({ (0x21...0x7E).contains($0.value) })
        else { throw .badEnvironment("what \(text) of --api-key holds is no key") }
        self.value = String(value)
    }
}
