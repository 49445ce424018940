"""Prices against genai-prices' own arithmetic, and tables of the user's own. Unknown is None, never zero."""

from __future__ import annotations

import json
import math
from decimal import Decimal
from pathlib import Path

import genai_prices
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fairtrial.adapters.prices import PriceTable
from fairtrial.core.errors import UsageError
from fairtrial.core.output import Usage
from fairtrial.core.plan import ModelSpec

TODAY = "2026-11-24"
MILLION = Usage(1_000_000, 1_000_000)
PRICES = PriceTable(TODAY)


def cost(model: str, usage: Usage = MILLION, prices: PriceTable = PRICES, **options: str) -> Decimal | None:
    return prices.cost(ModelSpec.parse(model, **options), usage)


def table(folder: Path, text: str, encoding: str = "utf-8") -> PriceTable:
    path = folder / "prices.yaml"
    path.write_bytes(text.encode(encoding))
    return PriceTable(TODAY, path)


@settings(deadline=None)
@given(
    st.sampled_from(
        [
            ("openai", "gpt-4o-mini"),
            ("openai", "gpt-4o"),
            ("anthropic", "claude-haiku-4-5"),
            ("anthropic", "claude-sonnet-4-5"),
            ("google", "gemini-2.5-pro"),
            ("google", "gemini-2.5-flash"),
        ]
    ),
    st.integers(1, 500_000) | st.sampled_from([199_999, 200_000, 200_001]),
    st.integers(0, 50_000),
    st.data(),
)
def test_the_package_s_own_arithmetic_gives_the_same(
    model: tuple[str, str], inp: int, out: int, data: st.DataObject
) -> None:
    provider, name = model
    cached = data.draw(st.integers(0, inp))
    written = data.draw(st.integers(0, inp - cached)) if provider == "anthropic" else 0
    told = genai_prices.Usage(
        input_tokens=inp, output_tokens=out, cache_read_tokens=cached, cache_write_tokens=written
    )
    expected = genai_prices.calc_price(told, name, provider_id=provider).total_price
    found = cost(f"{provider}/{name}", Usage(inp, out, None, cached, written))
    assert found is not None and math.isclose(found, expected, rel_tol=1e-12)


@pytest.mark.parametrize("model", [("anthropic", "claude-sonnet-4-5"), ("google", "gemini-2.5-pro")])
def test_the_higher_price_of_a_long_prompt_begins_where_the_package_says(model: tuple[str, str]) -> None:
    provider, name = model
    found = []
    for tokens in (199_999, 200_000, 200_001, 200_002):
        told = genai_prices.Usage(input_tokens=tokens, output_tokens=1000)
        expected = genai_prices.calc_price(told, name, provider_id=provider).total_price
        assert cost(f"{provider}/{name}", Usage(tokens, 1000)) == expected
        found.append(expected / tokens)
    assert found[-1] > found[0], "this model has no such step any more"


def test_more_cached_tokens_than_input_can_t_make_a_cost_negative() -> None:
    found = cost("openai/gpt-4o-mini", Usage(10, 0, None, 1000, 1000))
    assert found is not None and found >= 0


@pytest.mark.parametrize(
    ("model", "options"),
    [
        ("openai/no-such-model-9", {}),
        ("openai-api/gpt-4o-mini", {"base_url": "http://127.0.0.1:8000/v1"}),
        ("openai-api/gpt-4o-mini", {"base_url": "http://localhost:8000/v1"}),
        ("openai-api/gpt-4o-mini", {"base_url": "http://[::1]:8000/v1"}),
        ("openai-api/gpt-4o-mini", {"base_url": "https://gateway.example/v1"}),
        ("openai-api/gpt-4o-mini", {}),
        # OpenAI's name, and a server that is not OpenAI's: what it costs there, nobody knows.
        ("openai/gpt-4o-mini", {"base_url": "http://127.0.0.1:8000/v1"}),
        ("openai/gpt-4o-mini", {"base_url": "https://gateway.example/v1"}),
        ("vllm/gpt-4o-mini", {}),
        ("ollama/gpt-4o-mini", {"base_url": "https://api.openai.com/v1"}),
        ("replay/gpt-4o-mini", {}),
        ("python:gpt-4o-mini:answer", {}),
    ],
)
def test_what_nobody_knows_is_unknown_and_not_zero(model: str, options: dict[str, str]) -> None:
    assert cost(model, **options) is None


def test_a_compatible_endpoint_is_priced_by_its_host() -> None:
    theirs = cost("openai/gpt-4o-mini")
    assert theirs is not None and theirs > 0
    assert cost("openai-api/gpt-4o-mini", base_url="https://api.openai.com/v1") == theirs
    assert cost("openai/gpt-4o-mini", base_url="https://api.openai.com/v1") == theirs


@pytest.mark.parametrize("usage", [Usage(), Usage(10, None), Usage(None, 10)])
def test_tokens_that_nobody_counted_cost_nobody_knows_what(usage: Usage) -> None:
    assert cost("openai/gpt-4o-mini", usage) is None


def test_nothing_used_of_a_known_price_is_zero() -> None:
    assert cost("openai/gpt-4o-mini", Usage(0, 0)) == 0


def test_the_source_names_package_version_day_and_table(tmp_path: Path) -> None:
    assert f"genai-prices {genai_prices.__version__}, looked up {TODAY}" == PRICES.source
    own = table(tmp_path, "vllm/m: {input: 1, output: 2}\n").source
    assert own.startswith("prices.yaml (sha256:") and own.endswith(PRICES.source)


def test_one_s_own_table_comes_first_and_the_package_answers_for_the_rest(tmp_path: Path) -> None:
    own = table(tmp_path, "openai/gpt-4o-mini: {input: 100, output: 200}\nvllm/m: {input: 0, output: 0.5}\n")
    assert cost("openai/gpt-4o-mini", prices=own) == 300
    assert cost("vllm/m", prices=own) == Decimal("0.5")
    assert cost("openai/gpt-4o", prices=own) == cost("openai/gpt-4o")
    assert cost("vllm/other", prices=own) is None


def test_cached_and_written_tokens_have_their_own_price_or_that_of_input(tmp_path: Path) -> None:
    own = table(
        tmp_path,
        "vllm/a: {input: 10, output: 1, cached: 1, cache_write: 20}\nvllm/b: {input: 10, output: 1}\n",
    )
    usage = Usage(1_000_000, 0, None, 400_000, 100_000)
    assert cost("vllm/a", usage, own) == 5 + Decimal("0.4") + 2
    assert cost("vllm/b", usage, own) == 10


@given(
    st.floats(0, 1e6).map(lambda value: round(value, 6)),
    st.floats(0, 1e6).map(lambda value: round(value, 6)),
    st.integers(0, 10**9),
    st.integers(0, 10**9),
)
def test_a_price_is_taken_to_the_last_digit_written(
    tmp_path_factory: pytest.TempPathFactory, paid: float, made: float, inp: int, out: int
) -> None:
    own = table(tmp_path_factory.mktemp("t"), json.dumps({"vllm/m": {"input": paid, "output": made}}))
    expected = (Decimal(repr(paid)) * inp + Decimal(repr(made)) * out) / 1_000_000
    found = cost("vllm/m", Usage(inp, out), own)
    assert found is not None and math.isclose(found, expected, rel_tol=1e-25, abs_tol=1e-25)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "names no model"),
        ("[]", "names no model"),
        ("just words", "names no model"),
        ("vllm/m: 3", "needs input and output"),
        ("vllm/m: {input: 1}", "needs input and output"),
        ("vllm/m: {input: 1, output: 2, ouput: 3}", "needs input and output"),
        ("vllm/m: {input: free, output: 2}", "US dollars per million"),
        ("vllm/m: {input: '1', output: 2}", "US dollars per million"),
        ("vllm/m: {input: -1, output: 2}", "US dollars per million"),
        ("vllm/m: {input: .nan, output: 2}", "US dollars per million"),
        ("vllm/m: {input: .inf, output: 2}", "US dollars per million"),
        ("vllm/m: {input: true, output: 2}", "US dollars per million"),
        ("vllm/m: {input: 1, output: 2}\nvllm/m: {input: 3, output: 4}", "stands twice"),
        ("vllm/m: {input: 1, input: 9, output: 2}", "stands twice"),
        ("vllm/m: [", "no YAML"),
        ("!!python/object/apply:os.system ['true']", "no YAML"),
        ("vllm/m: {input: 1, output: 2}\n" + "#" * 2**20, "larger than 1 MB"),
    ],
)
def test_a_table_that_is_none_is_refused(text: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=said):
        table(tmp_path, text)


def test_a_table_that_can_t_be_read_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="can't be read"):
        PriceTable(TODAY, tmp_path / "absent.yaml")
    with pytest.raises(UsageError, match="can't be read"):
        PriceTable(TODAY, tmp_path)
    with pytest.raises(UsageError, match="no YAML"):
        table(tmp_path, "vllm/é: {input: 1, output: 2}", "latin-1")


yaml_like = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=4),
    max_leaves=10,
)


@given(st.text(max_size=60) | st.binary(max_size=60) | yaml_like.map(lambda value: json.dumps(value)))
def test_whatever_is_in_the_file_it_is_a_table_or_wrong_use(
    tmp_path_factory: pytest.TempPathFactory, text: str | bytes
) -> None:
    path = tmp_path_factory.mktemp("t") / "prices.yaml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass"))
    try:
        own = PriceTable(TODAY, path)
    except UsageError:
        return
    assert own.cost(ModelSpec("no", "such"), MILLION) is None
