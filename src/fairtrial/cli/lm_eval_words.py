"""lm-eval's way of naming a model, `--model hf --model_args pretrained=X`, in our words.

Only what means the same here is taken; every other key is named and refused.
"""

from __future__ import annotations

from fairtrial.core.errors import UnknownName, UsageError

KINDS = {
    "hf": ("hf", "pretrained"),
    "local-chat-completions": ("openai-api", "model"),
    "local-completions": ("openai-api", "model"),
    "openai-chat-completions": ("openai", "model"),
    "openai-completions": ("openai", "model"),
    "anthropic-chat-completions": ("anthropic", "model"),
}
"""lm-eval's --model -> our provider, and the key of --model_args that holds the model's name."""

OF_WEIGHTS = ("dtype", "device", "batch_size", "add_bos_token", "revision")
"""Keys of lm-eval's `hf` that mean the same behind `hf/PATH,`."""


def translate(model: str, arguments: str) -> tuple[str, dict[str, str]]:
    """`provider/name`, and the options that go with it (base_url, api, and "max_connections", "max_retries"
    as text). Raises UnknownName for another kind, UsageError for keys that have no equal here."""
    if model not in KINDS:
        raise UnknownName(
            "model kind of lm-eval", model, KINDS, "or leave --model-args out: --model provider/name"
        )
    provider, name_key = KINDS[model]
    given: dict[str, str] = {}
    for part in arguments.split(","):
        key, equals, value = part.partition("=")
        if not equals or not value:
            raise UsageError(f"--model-args holds {part!r}", "write key=value,key=value")
        given[key.strip()] = value.strip()
    name = given.pop(name_key, None)
    if name is None:
        raise UsageError(f"--model-args names no {name_key}", f"add {name_key}=…")
    if model == "hf":
        name = ",".join([name, *(f"{key}={given.pop(key)}" for key in OF_WEIGHTS if key in given)])
    options: dict[str, str] = {}
    for theirs, ours in (("num_concurrent", "max_connections"), ("max_retries", "max_retries")):
        if theirs in given:
            options[ours] = given.pop(theirs)
            if not options[ours].isdigit():
                raise UsageError(f"--model-args {theirs}={options[ours]} is no whole number", "give a number")
    if "base_url" in given:
        # lm-eval names the whole address; here it is the base that both APIs hang below.
        address = given.pop("base_url").rstrip("/")
        options["base_url"] = address.removesuffix("/chat/completions").removesuffix("/completions")
    if model.endswith("-completions") and not model.endswith("chat-completions"):
        options["api"] = "completions"
    if given:
        raise UsageError(
            f"--model-args {', '.join(sorted(given))}: no equal here",
            "leave them out, and see `fairtrial run --help`",
        )
    return f"{provider}/{name}", options
