import ProviderData
import Testing

@Suite("Joining base URL and endpoint")
struct ProviderURLTests {
    @Test(
        "keeps the base and adds the endpoint once",
        arguments: [
            (.openAI, "http://v:8000/v1", "http://v:8000/v1/chat/completions"),
            (.openAI, "http://v:8000/v1/", "http://v:8000/v1/chat/completions"),
            (.openAI, "http://v:8000", "http://v:8000/chat/completions"),
            (.openAI, "http://v/v1/chat/completions", "http://v/v1/chat/completions"),
            (.openAI, "https://h/v1?tenant=a", "https://h/v1/chat/completions?tenant=a"),
            (.openAI, "http://[::1]:8000/v1", "http://[::1]:8000/v1/chat/completions"),
            (
                .anthropic, "https://api.anthropic.com",
                "https://api.anthropic.com/v1/chat/completions"
            ),
            (
                .anthropic, "https://api.anthropic.com/v1/messages",
                "https://api.anthropic.com/v1/chat/completions"
            ),
            (
                .anthropic, "https://proxy/anthropic/v1/",
                "https://proxy/anthropic/v1/chat/completions"
            ),
            (
                .gemini, "https://generativelanguage.googleapis.com/v1beta",
                "https://generativelanguage.googleapis.com/v1beta/openai/chat/completions"
            ),
            (
                .gemini, "https://generativelanguage.googleapis.com/",
                "https://generativelanguage.googleapis.com/v1beta/openai/chat/completions"
            ),
            (.gemini, "https://h/v1beta/openai/", "https://h/v1beta/openai/chat/completions"),
            (.ollama, "http://localhost:11434", "http://localhost:11434/v1/chat/completions"),
            (.ollama, "http://o:11434/api/chat", "http://o:11434/v1/chat/completions"),
            (.ollama, "http://o:11434/v1/", "http://o:11434/v1/chat/completions"),
            (
                .azureAI, "https://x.models.ai.azure.com",
                "https://x.models.ai.azure.com/chat/completions"
            ),
            (
                .azureAI, "https://x.services.ai.azure.com/",
                "https://x.services.ai.azure.com/models/chat/completions"
            ),
        ] as [(Provider.Dialect, String, String)]
    )
    func joins(dialect: Provider.Dialect, base: String, url: String) {
        #expect(
            ProviderURL.join(
                dialect: dialect,
                base: base,
                endpoint: "chat/completions",
                model: "m"
            ) == url
        )
    }

    @Test(
        "puts Azure's deployment into the path and the version into the query",
        arguments: [
            (
                "https://x.openai.azure.com", "2024-10-21",
                "https://x.openai.azure.com/openai/deployments/gpt-4o/chat/completions?api-version=2024-10-21"
            ),
            (
                "https://x.openai.azure.com/", "2024-10-21",
                "https://x.openai.azure.com/openai/deployments/gpt-4o/chat/completions?api-version=2024-10-21"
            ),
            (
                "https://x.openai.azure.com/openai", nil,
                "https://x.openai.azure.com/openai/deployments/gpt-4o/chat/completions?api-version=2025-02-01-preview"
            ),
            (
                "https://x/openai/deployments/other", "v",
                "https://x/openai/deployments/other/chat/completions?api-version=v"
            ),
            (
                "https://x/openai/deployments/other/chat/completions?api-version=old", nil,
                "https://x/openai/deployments/other/chat/completions?api-version=old"
            ),
            (
                "https://x/openai/deployments/other/chat/completions?api-version=old", "new",
                "https://x/openai/deployments/other/chat/completions?api-version=new"
            ),
            ("https://x/openai/v1/", nil, "https://x/openai/v1/chat/completions"),
        ] as [(String, String?, String)]
    )
    func azure(base: String, version: String?, url: String) {
        #expect(
            ProviderURL.join(
                dialect: .azure,
                base: base,
                endpoint: "chat/completions",
                model: "gpt-4o",
                version: version
            ) == url
        )
    }

    @Test("encodes what cannot stand in a path, and leaves the deployment out for responses")
    func azureSpecials() {
        #expect(
            ProviderURL.join(
                dialect: .azure,
                base: "https://x",
                endpoint: "embeddings",
                model: "a b/c",
                version: "v"
            )
                == "https://x/openai/deployments/a%20b%2Fc/embeddings?api-version=v"
        )
        #expect(
            ProviderURL.join(
                dialect: .azure,
                base: "https://x",
                endpoint: "responses",
                model: "m",
                version: "v"
            ) == "https://x/openai/responses?api-version=v"
        )
    }

    @Test("takes URLs apart")
    func parts() {
        let parts = URLParts("HTTPS://user:pw@Example.COM:8443/v1/?a=b#c")
        #expect(parts.scheme == "https")
        #expect(parts.host == "example.com")
        #expect(parts.path == "/v1")
        #expect(parts.query == "a=b")
        #expect(URLParts("").host == "")
        #expect(URLParts("://").path == "")
    }
}
