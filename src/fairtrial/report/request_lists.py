"""What others ask of an evaluation's report: NIST AI 800-2 and STREAM, in our own words, our fields beside it.

A reader who needs the exact wording takes it from the documents.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from fairtrial.report.requests import Part, Request, page

NIST_SOURCE: Final = (
    "NIST AI 800-2, Practices for Automated Benchmark Evaluations of Language Models, initial public draft of "
    "January 2026: three parts, nine practices"
)
NIST: Final = (
    Part(
        "Define objectives and select benchmarks",
        (
            Request(
                "1.1",
                "What is the evaluation for, and which construct does it measure?",
                "claim: claim construct limitations; registration: plan",
            ),
            Request(
                "1.2",
                "Which benchmark was chosen, and does it fit the construct?",
                "data: name version digest split n licence epoch exposure contamination",
                "why this benchmark and not another is for the claim to say",
            ),
        ),
    ),
    Part(
        "Implement and run",
        (
            Request(
                "2.1",
                "By which protocol: settings, prompts, tools, budget, cost?",
                "prompting: template fewshot decoding samples_per_item aggregation; "
                "model: system_prompt tools scaffold",
            ),
            Request(
                "2.2",
                "With which code, and how are answers scored?",
                "environment: harness container sandbox; scoring: scorer extraction judge agreement",
            ),
            Request(
                "2.3",
                "What was run, on which model, and what is kept of it?",
                "model: provider id revision weights access release public; environment: hardware; "
                "attempts: attempts quota sequence; records: digest access cost_usd tokens",
            ),
            Request(
                "2.4",
                "What went wrong, was looked into, and was treated how?",
                "failures: errors refusals timeouts truncations treatment; "
                "data: exclusions; registration: deviations",
            ),
        ),
    ),
    Part(
        "Analyse and report",
        (
            Request(
                "3.1",
                "Which statistics, with which uncertainty, against which baselines?",
                "result: counts scores clustering multiplicity baselines; comparison: human_baseline",
            ),
            Request(
                "3.2",
                "What do others need to redo and to check it?",
                "registration: log_index preregistered_at; "
                "records: access digest; comparison: audit auditor_signature",
            ),
            Request(
                "3.3",
                "Which claims follow, with which reservations, and who makes them?",
                "claim: claim limitations; people: evaluator relationship funding conflicts",
            ),
        ),
    ),
)

STREAM_SOURCE: Final = (
    "STREAM (ChemBio) version 1, McCaslin et al. 2025, arXiv 2508.09853: 28 criteria in six groups. Written for "
    "evaluations of dangerous capabilities; for other evaluations the first group asks for more than there is"
)
STREAM: Final = (
    Part(
        "Threat relevance",
        (
            Request(
                "1 i",
                "Which capability is measured, and for which threat does it matter?",
                "claim: construct",
            ),
            Request("1 ii", "Which results would rule the concern in, or out?", "claim: claim"),
            Request(
                "1 iii",
                "An example item with an answer",
                "records: access digest",
                "the records hold them",
            ),
        ),
    ),
    Part(
        "Test construction, grading and scoring",
        (
            Request("2 i", "How many items?", "data: n"),
            Request("2 ii", "Which kind of items, scored how?", "prompting: template; scoring: extraction"),
            Request("2 iii", "How were the grading criteria made and checked?", "data: name version"),
            Request("2 iv a", "If people graded: who?", "scoring: agreement"),
            Request("2 iv b", "If people graded: by which procedure?", "scoring: agreement"),
            Request("2 iv c", "If people graded: how far did they agree?", "scoring: agreement"),
            Request("2 v a", "If a model graded: which one, changed how?", "scoring: judge"),
            Request("2 v b", "If a model graded: with which prompt and procedure?", "scoring: judge"),
            Request(
                "2 v c", "If a model graded: compared with people or other graders?", "scoring: agreement"
            ),
        ),
    ),
    Part(
        "Model elicitation",
        (
            Request(
                "3 i",
                "Exactly which model was tested, and is it the one that was released?",
                "model: id revision weights release public",
            ),
            Request(
                "3 ii",
                "Which safeguards were on, which were adapted?",
                "model: access system_prompt",
            ),
            Request(
                "3 iii",
                "How was the model brought to do its best, with which resources?",
                "prompting: template fewshot decoding samples_per_item; model: tools scaffold",
            ),
        ),
    ),
    Part(
        "Model performance",
        (
            Request("4 i", "Representative figures", "result: scores counts"),
            Request("4 ii", "Their uncertainty, and over how many runs", "result: scores clustering"),
            Request("4 iii", "Results under other conditions", "attempts: attempts; result: multiplicity"),
        ),
    ),
    Part(
        "Baseline performance",
        (
            Request("5 i a", "If people were tested: who, and how found?", "comparison: human_baseline"),
            Request("5 i b", "If people were tested: all their figures", "comparison: human_baseline"),
            Request("5 i c", "If people were tested: under which conditions?", "comparison: human_baseline"),
            Request("5 ii a", "If not: why not?", "comparison: human_baseline"),
            Request("5 ii b", "If not: what stands in for it?", "result: baselines"),
        ),
    ),
    Part(
        "Results interpretation",
        (
            Request(
                "6 i",
                "What is concluded, and how do the results bear on it?",
                "claim: claim limitations",
            ),
            Request("6 ii", "Which evidence would have changed the conclusion?"),
            Request("6 iii", "What is expected of coming models?"),
            Request("6 iv", "How long were the results considered before release?"),
            Request("6 v", "Where did those involved disagree?"),
        ),
    ),
)


def nist(record: Mapping[str, Any]) -> str:
    """The record in the three parts of NIST AI 800-2, as Markdown."""
    return page("Evaluation report, in the parts of NIST AI 800-2", NIST_SOURCE, NIST, record)


def stream(record: Mapping[str, Any]) -> str:
    """The record against the 28 criteria of STREAM, as Markdown."""
    return page("Checklist, after the criteria of STREAM", STREAM_SOURCE, STREAM, record)
