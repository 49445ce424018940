"""One question as text, with or without its answer (`build_qa_turn` and `fewshot_context` in `api/task.py`,
lm-eval 0.4.13, without a chat template).
"""

from __future__ import annotations

from fairtrial.core.errors import UsageError
from fairtrial.evals.lmeval.words import Doc, Words


def worked_example(words: Words, doc: Doc) -> str:
    """Question and answer, with the delimiter between them and the one behind."""
    question, prefix, formats = words.text(doc), words.prefix(doc), words.formats
    answer = _answer(words, doc)
    if answer is None:
        # lm-eval takes an empty answer for none: then nothing stands behind the question either.
        return asked(words, question, prefix)
    between = formats.target_delimiter if not prefix or _touch(question, prefix) else ""
    told = prefix + (" " if answer and _touch(prefix, answer) else "") + answer
    return question + between + told + formats.fewshot_delimiter


def asked(words: Words, question: str, prefix: str) -> str:
    """The question that is put, up to where the model goes on."""
    if not prefix:
        return question
    return question + (words.formats.target_delimiter if _touch(question, prefix) else "") + prefix


def _touch(left: str, right: str) -> bool:
    """Whether two texts would meet without a blank between them."""
    return bool(left) and not left[-1].isspace() and not right[0].isspace()


def _answer(words: Words, doc: Doc) -> str | None:
    target = words.target(doc)
    choices = words.choices(doc) if words.formats.doc_to_choice else None
    if target is None or target == "":
        return None
    if choices is not None and isinstance(target, int):
        if not -len(choices) <= target < len(choices):
            raise UsageError(f"the target {target} is no index of {len(choices)} choices", "correct it")
        return choices[target]
    answer = target[0] if isinstance(target, list) and target else target
    if not isinstance(answer, str):
        raise UsageError(
            f"the answer of a worked example is {answer!r:.60}, no text, and lm-eval stops there",
            'write it as a template: doc_to_target: "{{column}}"',
        )
    return answer
