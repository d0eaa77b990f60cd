"""Configurations of many deployments, the same for the same numbers, as platform teams generate
them: groups of four deployments, most at a vLLM of their own, others at Azure, OpenAI and Bedrock.

    deployments.py COUNT > gateway.yaml          block style, an entry on some ten lines
    deployments.py COUNT --flow > gateway.yaml   the same in flow style, all on one line
"""

import argparse
import json
import sys
from collections.abc import Iterator

GROUP = 4
MODELS = [
    ("llama-3.1-8b", "meta-llama/Llama-3.1-8B-Instruct", 131072),
    ("qwen3-32b", "Qwen/Qwen3-32B", 40960),
    ("gemma-3-27b", "google/gemma-3-27b-it", 131072),
    ("mistral-small", "mistralai/Mistral-Small-3.2-24B-Instruct-2506", 131072),
]
REGIONS = ["eastus2", "swedencentral", "westeurope", "northcentralus", "japaneast"]
BEDROCK = ["us-east-1", "us-west-2", "eu-central-1", "ap-northeast-1"]


def entry(number: int) -> dict:
    """A deployment; its group's number decides the kind."""
    group, place = divmod(number, GROUP)
    base, model, window = MODELS[group % len(MODELS)]
    name = f"{base}-team-{group:05d}"
    kind = group % 10
    if kind == 7:
        region = REGIONS[place % len(REGIONS)]
        upper = region.upper()
        params = {"model": "azure/gpt-4o-2024-08-06",
                  "api_base": f"https://aoai-{group % 200:03d}-{region}.openai.azure.com",
                  "api_version": "2024-10-21", "api_key": f"os.environ/AZURE_API_KEY_{upper}",
                  "rpm": 6000, "tpm": 1000000}
    elif kind == 8:
        params = {"model": "openai/gpt-4o-mini", "api_key": "os.environ/OPENAI_API_KEY",
                  "organization": f"org-{group % 50:02d}-{place}", "rpm": 500}
    elif kind == 9:
        params = {"model": "bedrock/anthropic.claude-3-5-sonnet-20240620-v1:0",
                  "aws_region_name": BEDROCK[place % len(BEDROCK)],
                  "rpm": 100 + group % 40, "tpm": 400000}
    else:
        host = f"vllm-{number:06d}.inference.svc.cluster.local"
        params = {"model": f"hosted_vllm/{model}", "api_base": f"http://{host}:8000/v1",
                  "api_key": "os.environ/VLLM_API_KEY", "rpm": 600, "tpm": 200000,
                  "timeout": 120, "stream_timeout": 30}
    info = {"mode": "chat", "max_input_tokens": window}
    return {"model_name": name, "litellm_params": params, "model_info": info}


SETTINGS = {
    "router_settings": {"num_retries": 2, "timeout": 300, "allowed_fails": 3,
                        "optional_pre_call_checks": ["enforce_model_rate_limits"]},
    "general_settings": {"master_key": "os.environ/LITELLM_MASTER_KEY"},
}


def scalar(value: object) -> str:
    """A date in quotes, since it is none; everything else plain."""
    text = str(value)
    return f'"{text}"' if text.startswith("20") and "-" in text else text


def block(count: int) -> Iterator[str]:
    yield "# Generated; do not edit.\nmodel_list:\n"
    for number in range(count):
        if number % (GROUP * 100) == 0:
            yield f"  # Teams from {number // GROUP:05d} on\n"
        one = entry(number)
        yield f"  - model_name: {one['model_name']}\n"
        for section in ("litellm_params", "model_info"):
            yield f"    {section}:\n"
            for name, value in one[section].items():
                yield f"      {name}: {scalar(value)}\n"
    yield "router_settings:\n"
    for name, value in SETTINGS["router_settings"].items():
        yield f"  {name}: {json.dumps(value).replace(chr(34), '')}\n"
    yield "general_settings:\n  master_key: os.environ/LITELLM_MASTER_KEY\n"


def flow(count: int) -> Iterator[str]:
    yield '{"model_list": ['
    for number in range(count):
        yield (", " if number else "") + json.dumps(entry(number))
    yield "], " + json.dumps(SETTINGS)[1:] + "\n"


def write(count: int, is_flow: bool, out) -> None:
    """All of a file."""
    out.writelines(flow(count) if is_flow else block(count))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("count", type=int)
    parser.add_argument("--flow", action="store_true")
    options = parser.parse_args()
    write(options.count, options.flow, sys.stdout)


if __name__ == "__main__":
    main()
