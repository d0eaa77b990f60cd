"""Models on the tests' Bedrock, as a configuration names them."""

from aws_keys import REGION, Key

HAIKU = "us.anthropic.claude-3-5-haiku-20241022-v1:0"
OTHER_HAIKU = "anthropic.claude-3-haiku-20240307-v1:0"
#: Thinks with a budget.
SONNET_3_7 = "us.anthropic.claude-3-7-sonnet-20250219-v1:0"
#: Knows structured outputs.
SONNET_4_5 = "us.anthropic.claude-sonnet-4-5-20250929-v1:0"
NOVA = "amazon.nova-lite-v1:0"
LLAMA = "us.meta.llama3-3-70b-instruct-v1:0"
PROFILE = "arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/a1b2c3d4e5f6"

CHAT = {"claude": HAIKU, "thinker": SONNET_3_7, "schema": SONNET_4_5, "nova": f"converse/{NOVA}",
        "llama": LLAMA, "profile": PROFILE}
EMBEDDINGS = {"titan-1": "amazon.titan-embed-text-v1", "titan-2": "amazon.titan-embed-text-v2:0",
              "cohere-3": "cohere.embed-english-v3", "cohere-4": "cohere.embed-v4:0"}


def model(name: str, identifier: str, base: str, info: dict | None = None, **more: object) -> dict:
    """A `model_list` entry; its credentials are those of the environment unless it has some."""
    own = {"model": f"bedrock/{identifier}", "aws_region_name": REGION,
           "aws_bedrock_runtime_endpoint": base, **more}
    return {"model_name": name, "litellm_params": own, "model_info": {"id": name, **(info or {})}}


#: Where a deployment's long-term key is, as `references` puts it there.
BY_REFERENCE = {"aws_access_key_id": "os.environ/TEAM_KEY_ID",
                "aws_secret_access_key": "os.environ/TEAM_SECRET_KEY"}


def references(key: Key) -> dict[str, str]:
    return {"TEAM_KEY_ID": key.identifier, "TEAM_SECRET_KEY": key.secret,
            "AWS_EC2_METADATA_DISABLED": "true"}


def chat_models(base: str) -> list[dict]:
    """One of each, and `dropping`, which drops what Claude does not know."""
    entries = [model(name, identifier, base, **BY_REFERENCE) for name, identifier in CHAT.items()]
    entries[-1]["model_info"]["base_model"] = HAIKU
    return [*entries, model("dropping", HAIKU, base, drop_params=True, **BY_REFERENCE)]


def embedding_models(base: str) -> list[dict]:
    entries = [model(name, identifier, base, **BY_REFERENCE)
               for name, identifier in EMBEDDINGS.items()]
    return [*entries, model("dropping-titan", EMBEDDINGS["titan-1"], base, drop_params=True,
                            **BY_REFERENCE)]
