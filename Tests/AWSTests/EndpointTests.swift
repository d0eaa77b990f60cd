import Testing

@testable import AWS

@Suite("A region")
struct AWSRegionTests {
    @Test(
        "knows its cloud, and so its hosts",
        arguments: [
            ("us-east-1", .commercial, "amazonaws.com", "api.aws"),
            ("ap-southeast-7", .commercial, "amazonaws.com", "api.aws"),
            ("xx-new-1", .commercial, "amazonaws.com", "api.aws"),
            ("us-gov-west-1", .govCloud, "amazonaws.com", "api.aws"),
            ("cn-north-1", .china, "amazonaws.com.cn", "api.amazonwebservices.com.cn"),
            ("eusc-de-east-1", .europeanSovereign, "amazonaws.eu", "api.amazonwebservices.eu"),
            ("us-iso-east-1", .iso, "c2s.ic.gov", "api.aws.ic.gov"),
            ("us-isob-east-1", .isoB, "sc2s.sgov.gov", "api.aws.scloud"),
            ("eu-isoe-west-1", .isoE, "cloud.adc-e.uk", nil),
            ("us-isof-south-1", .isoF, "csp.hci.ic.gov", nil),
        ] as [(String, AWSPartition, String, String?)]
    )
    func clouds(
        name: String,
        partition: AWSPartition,
        suffix: String,
        dualStack: String?
    ) throws {
        let region = try AWSRegion(name)
        #expect(region.partition == partition)
        let usual = try AWSEndpoint(service: "bedrock-runtime", region: region)
        #expect(usual.url == "https://bedrock-runtime.\(name).\(suffix)")
        let fips = try AWSEndpoint(service: "sts", region: region, variant: .init(isFIPS: true))
        #expect(fips.authority == "sts-fips.\(name).\(suffix)")
        let both = AWSHostVariant(isFIPS: true, isDualStack: true)
        guard let dualStack else {
            #expect(throws: AWSEndpointError.noDualStack(region)) {
                try AWSEndpoint(service: "s", region: region, variant: both)
            }
            return
        }
        let endpoint = try AWSEndpoint(service: "s", region: region, variant: both)
        #expect(endpoint.host == "s-fips.\(name).\(dualStack)")
    }

    @Test(
        "never leads to another host",
        arguments: [
            "", "-", "us-east-1.evil.com", "us-east-1/", "us-east-1#", "us-east-1?", "us-east-1@e",
            "us-east-1:443", "US-EAST-1", "us east", "us-east-1\n", "-us-east-1", "us-east-1-",
            "123",
            "ü", "us%2e", "us_east_1", String(repeating: "a", count: 64),
        ]
    )
    func refused(name: String) {
        #expect(throws: AWSEndpointError.region(name)) { try AWSRegion(name) }
    }

    @Test("is one label of a host at most", arguments: ["a", String(repeating: "a", count: 63)])
    func longest(name: String) throws {
        #expect(try AWSRegion(name).name == name)
    }
}

@Suite("A given endpoint")
struct AWSEndpointTests {
    @Test(
        "is taken apart, and its own port is not named",
        arguments: [
            ("https://vpce-1.example.com", "https://vpce-1.example.com", "vpce-1.example.com"),
            ("https://Example.COM:443/", "https://example.com", "example.com"),
            ("HTTP://127.0.0.1:8099", "http://127.0.0.1:8099", "127.0.0.1:8099"),
            ("http://h:80//", "http://h", "h"), ("http://h:443", "http://h:443", "h:443"),
            ("https://h:8443/a/b/", "https://h:8443/a/b", "h:8443"),
            ("https://[::1]:9/x", "https://[::1]:9/x", "[::1]:9"),
            ("https://[fd00::1]", "https://[fd00::1]", "[fd00::1]"),
            ("http://my_service:1/%41", "http://my_service:1/%41", "my_service:1"),
        ]
    )
    func accepted(url: String, normal: String, authority: String) throws {
        let endpoint = try AWSEndpoint(url: url)
        #expect(endpoint.url == normal)
        #expect(endpoint.authority == authority)
    }

    @Test(
        "is refused when it is no base URL, or could be read as another one",
        arguments: [
            "", "h", "//h", "ftp://h", "https://", "https:///a", "https://h:0", "https://h:65536",
            "https://h:", "https://h:+1", "https://h:1:2", "https://u@h", "https://u:p@h",
            "https://h?x", "https://h/?x", "https://h/#x", "https://h x", "https://h/a b",
            "https://h\r\n", "https://h/\u{0}", "https://h..x", "https://.h", "https://[::1",
            "https://[::1]x", "https://[]", "https://[g::1]", "https://h\\x", "https://ü",
            "https://h%2e", " https://h", "https://h\u{2F}\u{308}",
        ]
    )
    func refused(url: String) {
        #expect(throws: AWSEndpointError.endpoint(url)) { try AWSEndpoint(url: url) }
    }
}

@Suite("A resource's name")
struct AWSResourceNameTests {
    @Test("is taken apart at its first five colons")
    func parts() throws {
        let name = try #require(
            AWSResourceName("arn:aws-cn:bedrock:cn-north-1:123456789012:prompt/abc:1")
        )
        #expect(name.partition == "aws-cn" && name.service == "bedrock")
        #expect(name.region == "cn-north-1" && name.account == "123456789012")
        #expect(name.resource == "prompt/abc:1")
        let ownerless = AWSResourceName("arn:aws:bedrock:us-east-1::foundation-model/m")
        #expect(ownerless?.account == "")
    }

    @Test(
        "is nothing else",
        arguments: [
            "", "arn", "arn:aws:bedrock:r:a", "arn:aws:bedrock:r:a:", "arn::s:r:a:x",
            "arn:aws::r:a:x", "brn:aws:s:r:a:x", "anthropic.claude-v2:1",
        ]
    )
    func refused(text: String) {
        #expect(AWSResourceName(text) == nil)
    }
}
