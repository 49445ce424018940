"""Options that several verbs share, so that a flag means one thing everywhere."""

from __future__ import annotations

import math
from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from typing import Any, TypeVar

import click

F = TypeVar("F", bound=Callable[..., Any])


def together(*options: Callable[[F], F]) -> Callable[[F], F]:
    """Several options as one decorator, shown in the order given."""

    def decorate(function: F) -> F:
        for option in reversed(options):
            function = option(function)
        return function

    return decorate


class FiniteRange(click.FloatRange):
    """A range without NaN, which click lets through: NaN is not below any minimum."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        number = super().convert(value, param, ctx)
        if not math.isfinite(number):
            self.fail(f"{value} is no finite number.", param, ctx)
        return number


def dollars(ctx: click.Context, param: click.Parameter, value: str | None) -> Decimal | None:
    """A sum above zero, exact."""
    if value is None:
        return None
    try:
        amount = Decimal(value)
    except InvalidOperation as error:
        raise click.BadParameter(f"{value!r} is no amount in US dollars, such as 2.50.") from error
    if not amount.is_finite() or amount <= 0:
        raise click.BadParameter(f"{value} is not an amount above 0.")
    return amount


json_output = click.option(
    "--json", "as_json", is_flag=True, help="Print one JSON object on standard output and nothing else there."
)
listening = together(
    click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on."),
    click.option(
        "--port",
        type=click.IntRange(0, 65_535),
        default=8000,
        show_default=True,
        help="Port; 0 takes a free one.",
    ),
)
out_folder = click.option(
    "--out",
    "--output-path",
    "--log-dir",
    "out",
    default=None,
    metavar="DIR",
    help="Where run folders go.  [default: runs]",
)
price_table = click.option(
    "--price-table", metavar="FILE", help="Your own prices: YAML of provider/name to USD per million tokens."
)
volume = click.option(
    "--volume", type=click.IntRange(min=1), help="Answers a month, for the money per month in the report."
)
margin = click.option(
    "--margin",
    type=FiniteRange(0, 1, min_open=True, max_open=True),
    help='Differences below this don\'t matter, a fraction (0.02 = 2 points). Without it nothing is a "tie".',
)
allow_difference = click.option(
    "--allow-difference",
    "allow",
    multiple=True,
    metavar="NAME",
    help="Compare although this setting differs (repeat; the refusal names them).",
)

models = together(
    click.option(
        "--model",
        "-m",
        "model",
        multiple=True,
        metavar="PROVIDER/NAME",
        help="A model: openai/…, anthropic/…, google/…, openai-api/… with --base-url, vllm/…, llamacpp/…, "
        "ollama/…, litellm/…, hf/PATH, specimen/…, replay/RUN-or-FILE, python:module:function. Repeat for "
        "several.",
    ),
    click.option("--model-args", metavar="K=V,…", help="lm-eval's arguments, with --model hf and the like."),
    click.option("--base-url", metavar="URL", help="Endpoint of an openai-api/ model (or preset)."),
    click.option(
        "--allow-host",
        multiple=True,
        metavar="HOST",
        help="Let fairtrial.yaml send cases and key to this host (repeat for several).",
    ),
    click.option(
        "--api",
        type=click.Choice(["chat", "completions"]),
        help="Force one API of an OpenAI-compatible endpoint.",
    ),
    click.option("--stream", is_flag=True, default=None, help="Stream answers: records time to first token."),
)

tasks = together(
    click.option("--tasks", "more_tasks", metavar="A,B", help="Tasks as a comma list, as in lm-eval."),
    click.option("--scorer", metavar="NAME", help="exact, includes, regex:PATTERN, number, choice or json."),
    click.option(
        "--tolerance",
        type=FiniteRange(min=0),
        help="For --scorer number: how far off still counts as right.",
    ),
    click.option("--template", metavar="TEXT", help="Prompt for own rows, Jinja2: '{{ input }}'."),
    click.option("--cluster", metavar="KEY", help="Metadata key that samples share; errors cluster by it."),
    click.option("--slice", "slices", multiple=True, metavar="KEY", help="Metadata key to report by."),
    click.option("--num-fewshot", type=click.IntRange(min=0), help="Worked examples in the prompt."),
    click.option(
        "--form",
        metavar="NAME",
        help="A benchmark's other form: generative for mmlu, completion for humaneval.",
    ),
    click.option("--data", metavar="FILE", help="Local file of a benchmark whose items don't ship with us."),
    click.option("--include-path", multiple=True, metavar="DIR", help="Where task files may include from."),
    click.option(
        "--trust-code",
        is_flag=True,
        default=None,
        help="Let python: scorers and task files run Python code from your files, with your rights.",
    ),
)

decoding = together(
    click.option("--limit", type=click.IntRange(min=1), help="Ask only so many samples."),
    click.option(
        "--epochs", type=click.IntRange(min=1), help="Ask every sample so many times.  [default: 1]"
    ),
    click.option("--seed", type=int, help="Seed, also sent to the provider when given.  [default: 0]"),
    click.option("--system", "--system-message", "--system-instruction", "system", help="System text."),
    click.option("--temperature", type=FiniteRange(0, 10), help="Sampling temperature."),
    click.option("--max-tokens", type=click.IntRange(min=1), help="Tokens one answer may take."),
    click.option("--top-p", type=FiniteRange(0, 1), help="Nucleus sampling."),
    click.option(
        "--effort",
        type=click.Choice(["none", "minimal", "low", "medium", "high"]),
        help="Reasoning effort, where the model has one.",
    ),
)

pace = together(
    click.option("--max-connections", type=click.IntRange(min=1), help="Requests at once.  [default: 20]"),
    click.option("--max-retries", type=click.IntRange(min=0), help="Attempts after the first.  [default: 5]"),
    click.option(
        "--max-wait", type=FiniteRange(min=0), help="Longest wait told by a provider.  [default: 120]"
    ),
    click.option(
        "--timeout",
        type=FiniteRange(min=0, min_open=True),
        help="Seconds an answer may take.  [default: 900]",
    ),
    click.option(
        "--max-cost",
        callback=dollars,
        metavar="USD",
        help="Stop before this much is spent; exit 3, incomplete.",
    ),
)
