"""From a name to a model: the table, other people's plug-ins, and addresses from the environment."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from fairtrial.adapters.models.anthropic import Anthropic
from fairtrial.adapters.models.function import Function
from fairtrial.adapters.models.google import Google
from fairtrial.adapters.models.openai import PRESETS, OpenAI
from fairtrial.adapters.models.setting import Timeouts
from fairtrial.adapters.registry import PROVIDERS, located, open_model
from fairtrial.core.errors import UnknownName, UsageError
from fairtrial.core.plan import ModelSpec

KEYS = {"OPENAI_API_KEY": "k" * 20, "ANTHROPIC_API_KEY": "k" * 20, "GOOGLE_API_KEY": "k" * 20}


@pytest.mark.parametrize(
    ("model", "kind"),
    [
        ("openai/gpt-4o-mini", OpenAI),
        ("openai-api/a/b", OpenAI),
        ("vllm/m", OpenAI),
        ("llamacpp/m", OpenAI),
        ("ollama/m", OpenAI),
        ("litellm/m", OpenAI),
        ("anthropic/m", Anthropic),
        ("google/m", Google),
        ("python:json:dumps", Function),
    ],
)
def test_every_name_opens_its_class_without_a_connection(model: str, kind: type) -> None:
    options = {"base_url": "http://127.0.0.1:9/v1"} if model.startswith("openai-api") else {}
    spec = ModelSpec.parse(model, **options)
    opened = open_model(spec, environ=KEYS)
    assert type(opened) is kind and opened.spec == spec
    asyncio.run(opened.close())


def test_every_openai_shaped_provider_has_a_preset() -> None:
    shaped = {name for name, target in PROVIDERS.items() if target.endswith(":OpenAI")}
    assert shaped == set(PRESETS)


def test_a_provider_nobody_knows_is_told_with_the_nearest() -> None:
    with pytest.raises(UnknownName, match="anthropic"):
        open_model(ModelSpec("antropic", "m"), environ=KEYS)


def test_another_package_may_bring_a_provider(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A real distribution on the path, with an entry point of our group."""
    (tmp_path / "their_model.py").write_text(
        "class Theirs:\n    def __init__(self, spec, setting): self.spec, self.n = spec, setting.connections\n"
    )
    about = tmp_path / "their_model-1.0.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: their-model\nVersion: 1.0\n")
    (about / "entry_points.txt").write_text("[fairtrial.models]\ntheirs = their_model:Theirs\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    opened = open_model(ModelSpec("theirs", "m"), environ={}, connections=3)
    assert type(opened).__name__ == "Theirs" and opened.n == 3  # type: ignore[attr-defined]
    with pytest.raises(UnknownName, match="the nearest: theirs"):
        open_model(ModelSpec("thiers", "m"), environ={})


def test_the_environment_s_address_becomes_an_option_unless_one_is_given() -> None:
    told = {"OPENAI_BASE_URL": " http://a/v1 ", "ANTHROPIC_BASE_URL": "http://b"}
    for provider, expected in (
        ("openai", "http://a/v1"),
        ("openai-api", "http://a/v1"),
        ("anthropic", "http://b"),
    ):
        assert located(ModelSpec(provider, "m"), told).options == {"base_url": expected}
        given = ModelSpec(provider, "m", {"base_url": "http://c"})
        assert located(given, told) is given
        assert located(ModelSpec(provider, "m"), {}) == ModelSpec(provider, "m")
    for provider in ("vllm", "google", "replay", "python"):
        assert located(ModelSpec(provider, "m"), told).options == {}


def test_a_key_shows_in_no_repr() -> None:
    for model in ("openai/m", "anthropic/m", "google/m"):
        opened = open_model(ModelSpec.parse(model), environ=KEYS)
        shown = repr(opened) + repr(vars(opened))
        assert KEYS["OPENAI_API_KEY"] not in shown


def test_a_key_that_lies_in_a_file_is_not_read_but_pointed_at(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".env").write_text("OPENAI_API_KEY=sk-from-the-file\n")
    with pytest.raises(UsageError, match="OPENAI_API_KEY is not set") as raised:
        open_model(ModelSpec.parse("openai/m"), environ={"OPENAI_API_KEY": "  "})
    assert ".env file lies here" in raised.value.remedy and "set -a" in raised.value.remedy


@pytest.mark.parametrize("seconds", [0, -1, float("inf"), float("nan")])
def test_every_time_out_is_finite(seconds: float) -> None:
    for name in ("connect", "first_byte", "between", "whole"):
        with pytest.raises(UsageError, match="time-out"):
            Timeouts(**{name: seconds})
