/// Vendors' own services that speak OpenAI's protocol (LiteLLM §2.2), one entry each: code, prefix,
/// base URL, the variables that hold a key, the variable that overrides the base URL.
extension Provider {
    static let hosted: [Provider] = [
        .vendor(
            50,
            "mistral",
            "https://api.mistral.ai/v1",
            ["MISTRAL_API_KEY"],
            baseVariable: "MISTRAL_API_BASE"
        ),
        .vendor(
            51,
            "codestral",
            "https://codestral.mistral.ai/v1",
            ["CODESTRAL_API_KEY"]
        ),
        .vendor(
            52,
            "groq",
            "https://api.groq.com/openai/v1",
            ["GROQ_API_KEY"],
            baseVariable: "GROQ_API_BASE"
        ),
        .vendor(
            53,
            "deepseek",
            "https://api.deepseek.com/beta",
            ["DEEPSEEK_API_KEY"],
            baseVariable: "DEEPSEEK_API_BASE"
        ),
        .vendor(
            54,
            "together_ai",
            "https://api.together.ai/v1",
            ["TOGETHERAI_API_KEY", "TOGETHER_AI_API_KEY", "TOGETHER_API_KEY", "TOGETHER_AI_TOKEN"],
            baseVariable: "TOGETHERAI_API_BASE"
        ),
        .vendor(
            55,
            "fireworks_ai",
            "https://api.fireworks.ai/inference/v1",
            [
                "FIREWORKS_API_KEY", "FIREWORKS_AI_API_KEY", "FIREWORKSAI_API_KEY",
                "FIREWORKS_AI_TOKEN",
            ],
            baseVariable: "FIREWORKS_API_BASE"
        ),
        .vendor(
            56,
            "openrouter",
            "https://openrouter.ai/api/v1",
            ["OPENROUTER_API_KEY", "OR_API_KEY"],
            baseVariable: "OPENROUTER_API_BASE"
        ),
        .vendor(
            57,
            "perplexity",
            "https://api.perplexity.ai",
            ["PERPLEXITYAI_API_KEY", "PERPLEXITY_API_KEY"],
            baseVariable: "PERPLEXITY_API_BASE"
        ),
        .vendor(
            58,
            "xai",
            "https://api.x.ai/v1",
            ["XAI_API_KEY"],
            baseVariable: "XAI_API_BASE"
        ),
        .vendor(
            59,
            "cerebras",
            "https://api.cerebras.ai/v1",
            ["CEREBRAS_API_KEY"],
            baseVariable: "CEREBRAS_API_BASE"
        ),
        .vendor(
            60,
            "nvidia_nim",
            "https://integrate.api.nvidia.com/v1",
            ["NVIDIA_NIM_API_KEY"],
            baseVariable: "NVIDIA_NIM_API_BASE"
        ),
        .vendor(
            61,
            "sambanova",
            "https://api.sambanova.ai/v1",
            ["SAMBANOVA_API_KEY"],
            baseVariable: "SAMBANOVA_API_BASE"
        ),
        .vendor(
            62,
            "deepinfra",
            "https://api.deepinfra.com/v1/openai",
            ["DEEPINFRA_API_KEY"],
            baseVariable: "DEEPINFRA_API_BASE"
        ),
        .vendor(
            63,
            "huggingface",
            "https://router.huggingface.co/v1",
            ["HUGGINGFACE_API_KEY", "HF_TOKEN"],
            baseVariable: "HF_API_BASE"
        ),
        .vendor(
            64,
            "github",
            "https://models.inference.ai.azure.com",
            ["GITHUB_API_KEY"],
            baseVariable: "GITHUB_API_BASE"
        ),
        .vendor(
            65,
            "moonshot",
            "https://api.moonshot.ai/v1",
            ["MOONSHOT_API_KEY"],
            baseVariable: "MOONSHOT_API_BASE"
        ),
        .vendor(
            66,
            "dashscope",
            "https://dashscope.aliyuncs.com/compatible-mode/v1",
            ["DASHSCOPE_API_KEY"],
            baseVariable: "DASHSCOPE_API_BASE"
        ),
        .vendor(
            67,
            "volcengine",
            "https://ark.cn-beijing.volces.com/api/v3",
            ["VOLCENGINE_API_KEY", "ARK_API_KEY"],
            baseVariable: "VOLCENGINE_API_BASE"
        ),
        .vendor(
            68,
            "zai",
            "https://api.z.ai/api/paas/v4",
            ["ZAI_API_KEY"],
            baseVariable: "ZAI_API_BASE"
        ),
        .vendor(
            69,
            "novita",
            "https://api.novita.ai/v3/openai",
            ["NOVITA_API_KEY"],
            baseVariable: "NOVITA_API_BASE"
        ),
        .vendor(
            70,
            "nebius",
            "https://api.studio.nebius.ai/v1",
            ["NEBIUS_API_KEY"],
            baseVariable: "NEBIUS_API_BASE"
        ),
        .vendor(
            71,
            "hyperbolic",
            "https://api.hyperbolic.xyz/v1",
            ["HYPERBOLIC_API_KEY"],
            baseVariable: "HYPERBOLIC_API_BASE"
        ),
        .vendor(
            72,
            "lambda_ai",
            "https://api.lambda.ai/v1",
            ["LAMBDA_API_KEY"],
            baseVariable: "LAMBDA_API_BASE"
        ),
        .vendor(
            73,
            "featherless_ai",
            "https://api.featherless.ai/v1",
            ["FEATHERLESS_AI_API_KEY"],
            baseVariable: "FEATHERLESS_API_BASE"
        ),
        .vendor(
            74,
            "friendliai",
            "https://api.friendli.ai/serverless/v1",
            ["FRIENDLIAI_API_KEY", "FRIENDLI_TOKEN"],
            baseVariable: "FRIENDLI_API_BASE"
        ),
        .vendor(
            75,
            "nscale",
            "https://inference.api.nscale.com/v1",
            ["NSCALE_API_KEY"],
            baseVariable: "NSCALE_API_BASE"
        ),
        .vendor(
            76,
            "meta_llama",
            "https://api.llama.com/compat/v1",
            ["LLAMA_API_KEY"],
            baseVariable: "LLAMA_API_BASE"
        ),
        .vendor(
            77,
            "ai21_chat",
            "https://api.ai21.com/studio/v1",
            ["AI21_API_KEY"],
            baseVariable: "AI21_API_BASE"
        ),
        .vendor(
            78,
            "ai21",
            "https://api.ai21.com/studio/v1",
            ["AI21_API_KEY"],
            baseVariable: "AI21_API_BASE"
        ),
        .vendor(
            79,
            "baseten",
            "https://inference.baseten.co/v1",
            ["BASETEN_API_KEY"],
            baseVariable: "BASETEN_API_BASE"
        ),
        .vendor(
            80,
            "vercel_ai_gateway",
            "https://ai-gateway.vercel.sh/v1",
            ["VERCEL_AI_GATEWAY_API_KEY", "VERCEL_OIDC_TOKEN"],
            baseVariable: "VERCEL_AI_GATEWAY_API_BASE"
        ),
        .vendor(
            81,
            "wandb",
            "https://api.inference.wandb.ai/v1",
            ["WANDB_API_KEY"],
            baseVariable: "WANDB_API_BASE"
        ),
        .vendor(
            82,
            "gradient_ai",
            "https://inference.do-ai.run/v1",
            ["GRADIENT_AI_API_KEY"],
            baseVariable: "GRADIENT_AI_API_BASE"
        ),
        .vendor(
            83,
            "modelscope",
            "https://api-inference.modelscope.cn/v1",
            ["MODELSCOPE_API_KEY"],
            baseVariable: "MODELSCOPE_API_BASE"
        ),
        .vendor(
            84,
            "v0",
            "https://api.v0.dev/v1",
            ["V0_API_KEY"],
            baseVariable: "V0_API_BASE"
        ),
        .vendor(
            85,
            "inception",
            "https://api.inceptionlabs.ai/v1",
            ["INCEPTION_API_KEY"],
            baseVariable: "INCEPTION_API_BASE"
        ),
        .vendor(
            86,
            "morph",
            "https://api.morphllm.com/v1",
            ["MORPH_API_KEY"],
            baseVariable: "MORPH_API_BASE"
        ),
        .vendor(
            87,
            "aiml",
            "https://api.aimlapi.com/v1",
            ["AIML_API_KEY"],
            baseVariable: "AIML_API_BASE"
        ),
        .vendor(
            88,
            "jina_ai",
            "https://api.jina.ai/v1",
            ["JINA_AI_API_KEY"],
            baseVariable: "JINA_AI_API_BASE"
        ),
        .vendor(
            89,
            "scaleway",
            "https://api.scaleway.ai/v1",
            ["SCW_SECRET_KEY"]
        ),
        .vendor(
            90,
            "chutes",
            "https://llm.chutes.ai/v1",
            ["CHUTES_API_KEY"]
        ),
        .vendor(
            91,
            "poe",
            "https://api.poe.com/v1",
            ["POE_API_KEY"]
        ),
        .vendor(
            92,
            "nano-gpt",
            "https://nano-gpt.com/api/v1",
            ["NANOGPT_API_KEY"]
        ),
        .vendor(
            93,
            "helicone",
            "https://ai-gateway.helicone.ai",
            ["HELICONE_API_KEY"]
        ),
        .vendor(
            94,
            "synthetic",
            "https://api.synthetic.new/openai/v1",
            ["SYNTHETIC_API_KEY"]
        ),
        .vendor(
            95,
            "parasail",
            "https://api.parasail.io/v1",
            ["PARASAIL_API_KEY"]
        ),
        .vendor(
            96,
            "crusoe",
            "https://managed-inference-api-proxy.crusoecloud.com/v1",
            ["CRUSOE_API_KEY"],
            baseVariable: "CRUSOE_API_BASE"
        ),
        .vendor(
            97,
            "gmi",
            "https://api.gmi-serving.com/v1",
            ["GMI_API_KEY"]
        ),
        .vendor(
            98,
            "sarvam",
            "https://api.sarvam.ai/v1",
            ["SARVAM_API_KEY"]
        ),
        .vendor(
            99,
            "veniceai",
            "https://api.venice.ai/api/v1",
            ["VENICE_AI_API_KEY"]
        ),
        .vendor(
            100,
            "aihubmix",
            "https://aihubmix.com/v1",
            ["AIHUBMIX_API_KEY"],
            baseVariable: "AIHUBMIX_API_BASE"
        ),
        .vendor(
            101,
            "minimax",
            "https://api.minimax.io/v1",
            ["MINIMAX_API_KEY"],
            baseVariable: "MINIMAX_API_BASE"
        ),
        .vendor(
            102,
            "publicai",
            "https://api.publicai.co/v1",
            ["PUBLICAI_API_KEY"],
            baseVariable: "PUBLICAI_API_BASE"
        ),
        .vendor(
            103,
            "xiaomi_mimo",
            "https://api.xiaomimimo.com/v1",
            ["XIAOMI_MIMO_API_KEY"]
        ),
        .vendor(
            104,
            "abliteration",
            "https://api.abliteration.ai/v1",
            ["ABLITERATION_API_KEY"]
        ),
        .vendor(
            105,
            "llamagate",
            "https://api.llamagate.dev/v1",
            ["LLAMAGATE_API_KEY"]
        ),
        .vendor(
            106,
            "assemblyai",
            "https://llm-gateway.assemblyai.com/v1",
            ["ASSEMBLYAI_API_KEY"]
        ),
        .vendor(
            107,
            "charity_engine",
            "https://api.charityengine.services/remotejobs/v2/inference",
            ["CHARITY_ENGINE_API_KEY"]
        ),
        .vendor(
            108,
            "apertis",
            "https://api.stima.tech/v1",
            ["STIMA_API_KEY"]
        ),
        .vendor(
            109,
            "cometapi",
            "https://api.cometapi.com/v1",
            ["COMETAPI_KEY", "COMETAPI_API_KEY"],
            baseVariable: "COMETAPI_API_BASE"
        ),
        .vendor(
            110,
            "compactifai",
            "https://api.compactif.ai/v1",
            ["COMPACTIFAI_API_KEY"],
            baseVariable: "COMPACTIFAI_API_BASE"
        ),
        .vendor(
            111,
            "ovhcloud",
            "https://oai.endpoints.kepler.ai.cloud.ovh.net/v1",
            ["OVHCLOUD_API_KEY"],
            baseVariable: "OVHCLOUD_API_BASE"
        ),
        .vendor(
            112,
            "empower",
            "https://app.empower.dev/api/v1",
            ["EMPOWER_API_KEY"]
        ),
        .vendor(
            113,
            "galadriel",
            "https://api.galadriel.com/v1",
            ["GALADRIEL_API_KEY"],
            baseVariable: "GALADRIEL_API_BASE"
        ),
        .vendor(
            114,
            "anyscale",
            "https://api.endpoints.anyscale.com/v1",
            ["ANYSCALE_API_KEY"]
        ),
    ]
}
