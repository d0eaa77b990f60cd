import OpenAI
import Testing

@Suite("OpenAIError")
struct OpenAIErrorTests {
    private static let golden: [(OpenAIError, Int, String)] = [
        (
            .unauthorized(.missing), 401,
            #"""
            {"error":{"message":"Authentication Error, No api key passed in.","type":"au\#
            th_error","param":"None","code":"401"}}
            """#
        ),
        (
            .unauthorized(.expired), 401,
            #"""
            {"error":{"message":"Authentication Error - Expired Key.","type":"expired_ke\#
            y","param":"None","code":"401"}}
            """#
        ),
        (
            .unknownModel("g\"x"), 400,
            #"""
            {"error":{"message":"You passed in model=g\"x. There are no healthy deployme\#
            nts for this model.","type":"invalid_request_error","param":"model","code":"\#
            400"}}
            """#
        ),
        (
            .unknownModel(nil), 400,
            #"""
            {"error":{"message":"You passed in model=None. There are no healthy deployme\#
            nts for this model.","type":"invalid_request_error","param":"model","code":"\#
            400"}}
            """#
        ),
        (
            .missingField("messages"), 400,
            #"""
            {"error":{"message":"Missing required parameter: 'messages'.","type":"invali\#
            d_request_error","param":"messages","code":"400"}}
            """#
        ),
        (
            .modelAccessDenied(model: "m"), 403,
            #"""
            {"error":{"message":"key not allowed to access model. Tried to access m","ty\#
            pe":"key_model_access_denied","param":"model","code":"403"}}
            """#
        ),
        (
            .budgetExceeded(spent: "2.5", budget: "2"), 422,
            #"""
            {"error":{"message":"Budget has been exceeded! Current cost: 2.5, Max budget\#
            : 2","type":"budget_exceeded","param":null,"code":"422"}}
            """#
        ),
        (
            .rateLimited(
                descriptor: "api_key: ac03",
                limit: 3,
                retryAfter: 9,
                note: OpenAIError.LimitNote(type: "requests", resetsAt: 1_795_466_402)
            ),
            429,
            #"""
            {"error":{"message":"Rate limit exceeded for api_key: ac03. Limit type: requ\#
            ests. Current limit: 3, Remaining: 0. Limit resets at: 2026-11-23 20:40:02 U\#
            TC","type":"throttling_error","param":null,"code":"429"}}
            """#
        ),
        (
            .noDeployment(model: "m", retryAfter: 5, isCooldown: true), 429,
            #"""
            {"error":{"message":"No deployments available for selected model, Try again \#
            in 5 seconds. Passed model=m.","type":"all_deployments_in_cooldown","param":\#
            null,"code":"429"}}
            """#
        ),
        (
            .connectionFailed, 500,
            #"""
            {"error":{"message":"litellm.InternalServerError: OpenAIException - Connecti\#
            on error.","type":"internal_server_error","param":null,"code":"500"}}
            """#
        ),
        (
            .bodyTooLarge(bytesMax: 64), 413,
            #"""
            {"error":{"message":"The request body is larger than 64 bytes.","type":"inva\#
            lid_request_error","param":null,"code":"413"}}
            """#
        ),
        (
            .memoryExhausted, 503,
            #"""
            {"error":{"message":"The gateway holds as many request bodies as it may.","t\#
            ype":"internal_server_error","param":null,"code":"503"}}
            """#
        ),
        (
            .unsupportedEndpoint("/v1/files"), 501,
            #"""
            {"error":{"message":"/v1/files is not supported by this gateway.","type":"in\#
            ternal_server_error","param":null,"code":"501"}}
            """#
        ),
        (.unknownPath, 404, #"{"detail":"Not Found"}"#),
        (.methodNotAllowed(allow: "POST"), 405, #"{"detail":"Method Not Allowed"}"#),
        (
            .unknownListedModel("a`b"), 404,
            #"{"detail":"The model `a`b` does not exist or is not accessible"}"#
        ),
    ]

    @Test("has LiteLLM's body and status", arguments: golden.indices)
    func bodies(index: Int) {
        let (error, status, body) = Self.golden[index]
        #expect(error.status == status)
        #expect(String(decoding: error.body(), as: UTF8.self) == body)
    }

    @Test("speaks Anthropic's envelope on /v1/messages")
    func anthropic() {
        #expect(
            String(decoding: OpenAIError.unauthorized(.blocked).body(.anthropic), as: UTF8.self)
                == #"""
                {"type":"error","error":{"type":"authentication_error","message":"Authentica\#
                tion Error, Key is blocked."}}
                """#
        )
        #expect(
            String(decoding: OpenAIError.unknownPath.body(.anthropic), as: UTF8.self)
                == #"{"detail":"Not Found"}"#
        )
    }

    @Test("gives each limit its own status, class and wait")
    func limits() {
        #expect(OpenAIError.headersTooLarge(bytesMax: 1).status == 431)
        #expect(OpenAIError.requestTimeout.status == 408)
        #expect(OpenAIError.upstreamTimeout(limit: 1, taken: 1.5).errorClass == .timeout)
        #expect(OpenAIError.memoryExhausted.retryAfter == 1)
        #expect(OpenAIError.invalidResponse("x").status == 502)
        #expect(OpenAIError.unsupportedProvider("x").status == 501)
        #expect(
            OpenAIError.deploymentLimits(model: "m", retryAfter: 7).retryAfter == 7
        )
        #expect(OpenAIError.modelBlocked("m").status == 503)
    }

    @Test("tells the client of a stream in the stream's dialect")
    func events() {
        let error = OpenAIError(status: 500, message: "x", errorClass: .internalServer)
        let text = { String(decoding: error.event($0), as: UTF8.self) }
        #expect(
            text(.chat)
                == "data: {\"error\":{\"message\":\"x\",\"type\":\"internal_server_error\","
                + "\"param\":null,\"code\":\"500\"}}\n\n"
        )
        #expect(
            text(.messages)
                == "event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"api_error\","
                + "\"message\":\"x\"}}\n\n"
        )
        #expect(
            text(.responses)
                == "event: error\ndata: {\"type\":\"error\",\"code\":\"500\",\"message\":\"x\","
                + "\"param\":null}\n\n"
        )
    }
}
