"""Specimens in numpy beside the same weights in torch, one thread each, in turn.

    .venv-specimens/bin/python perf/specimens.py [--rounds 3] [--write]

Scores 500 items and writes 500 answers of 60 tokens each, with both; prints the best round of each in seconds of
processor time, which a busy machine disturbs less than the wall clock. --write: into docs/reference/specimens.md.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path

# Before numpy and torch are loaded: they read it once.
os.environ["OMP_NUM_THREADS"] = "1"

import torch
from transformers import GPT2LMHeadModel

from fairtrial.families.arithmetic import arithmetic
from fairtrial.families.task import whole_text
from fairtrial.specimens.engine import ROWS, Engine
from fairtrial.specimens.files import load
from fairtrial.specimens.tokens import BEGIN, END, PAD, encode
from fairtrial.trust.draw_file import parse_draw
from fairtrial.trust.forms import siblings

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
ITEMS = 500
ANSWER = 60
HANDBOOK = {"scoring": 1.67, "writing": 5.0}
"""Seconds of the prototype's numpy, on the machine of that time and items of 56 tokens."""


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--write", action="store_true")
    asked = parser.parse_args()
    torch.set_num_threads(1)
    samples = published()
    texts = sorted((encode(f"Q: {whole_text(each)}") for each in samples), key=len)
    prompts = sorted((encode(f"Q: {each.text}\nA:") for each in samples), key=len)
    engine = Engine(load("honest"))
    folder = str(files("fairtrial.specimens").joinpath("data", "honest"))
    model = GPT2LMHeadModel.from_pretrained(folder, dtype=torch.float32).eval()
    jobs: dict[tuple[str, str], Callable[[], None]] = {
        ("scoring", "numpy"): lambda: score_numpy(engine, texts),
        ("scoring", "torch"): lambda: score_torch(model, texts),
        ("writing", "numpy"): lambda: write_numpy(engine, prompts),
        ("writing", "torch"): lambda: write_torch(model, prompts),
    }
    best: dict[tuple[str, str], float] = {}
    for _ in range(asked.rounds):
        for job, run in jobs.items():
            started = time.process_time()
            run()
            best[job] = min(best.get(job, 1e9), time.process_time() - started)
    text = table(best, sum(map(len, texts)) / ITEMS, sum(map(len, prompts)) / ITEMS)
    print(text)
    if asked.write:
        from specimens.page import write_block

        write_block(ROOT / "docs" / "reference" / "specimens.md", "speed", text)
    return 0


def published() -> list:
    """500 items of the demonstration's published form."""
    name = "arithmetic.draw.json"
    draw = parse_draw(files("fairtrial.families").joinpath(name).read_bytes(), name)
    forms = siblings(draw, arithmetic(), items=ITEMS)
    return [form[draw.published(item)] for item, form in enumerate(forms)]


def score_numpy(engine: Engine, texts: list[list[int]]) -> None:
    engine.read(texts)


def score_torch(model: GPT2LMHeadModel, texts: list[list[int]]) -> None:
    with torch.inference_mode():
        for start in range(0, ITEMS, ROWS):
            some = [[BEGIN, *each] for each in texts[start : start + ROWS]]
            longest = max(map(len, some))
            ids = torch.tensor([each + [PAD] * (longest - len(each)) for each in some])
            told = model(ids).logits.log_softmax(-1)
            told[:, :-1].gather(-1, ids[:, 1:, None]).sum()


def write_numpy(engine: Engine, prompts: list[list[int]]) -> None:
    # The network's own loop: an answer that says END would be let off the rest.
    network = engine._network
    for start in range(0, ITEMS, ROWS):
        logits, cache = network.begin([[BEGIN, *each] for each in prompts[start : start + ROWS]], ANSWER)
        for _ in range(ANSWER - 1):
            logits = network.step(logits.argmax(-1), cache)


def write_torch(model: GPT2LMHeadModel, prompts: list[list[int]]) -> None:
    with torch.inference_mode():
        for start in range(0, ITEMS, ROWS):
            some = [[BEGIN, *each] for each in prompts[start : start + ROWS]]
            longest = max(map(len, some))
            ids = torch.tensor([[PAD] * (longest - len(each)) + each for each in some])
            model.generate(
                ids,
                attention_mask=(ids != PAD).long(),
                max_new_tokens=ANSWER,
                min_new_tokens=ANSWER,
                do_sample=False,
                eos_token_id=END,
                pad_token_id=PAD,
            )


def table(best: dict[tuple[str, str], float], text: float, prompt: float) -> str:
    lines = [
        "| | numpy, s | torch, s | numpy / torch | prototype's numpy, s |",
        "| --- | --- | --- | --- | --- |",
    ]
    titles = {
        "scoring": f"{ITEMS} items scored ({text:.0f} bytes each)",
        "writing": f"{ITEMS} answers of {ANSWER} tokens ({prompt:.0f} bytes of prompt)",
    }
    for job, title in titles.items():
        ours, theirs = best[job, "numpy"], best[job, "torch"]
        lines.append(f"| {title} | {ours:.2f} | {theirs:.2f} | {ours / theirs:.2f} | {HANDBOOK[job]:.2f} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.exit(main())
