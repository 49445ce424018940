"""The tokenizer of local weights. Imports transformers: see `hf`.

A context and its continuation become tokens as in lm-eval 0.4.13 (`api/model.py` `_encode_pair`, `loglikelihood`;
`models/huggingface.py` `tok_encode`):

- blanks at the end of the context move to the front of the continuation;
- the continuation's tokens are those of the whole text, less as many as the context has by itself;
- after an empty context the first token is the tokenizer's BOS, or its EOS where it has none;
- what the tokenizer puts before a text (BOS) stands there once, also where the text brings it along.

Apart from it: where a continuation is left without a token of its own, because it ends the context's last one,
lm-eval stops; here that token is counted. An empty continuation has likelihood 1.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import transformers
from jinja2 import TemplateError

from fairtrial.core.errors import UsageError
from fairtrial.core.plan import ModelSpec
from fairtrial.core.sample import Message

REPLACED = "�"


class Words:
    """The tokenizer in `folder`. add_bos: whether BOS stands before every text; None: as the tokenizer does.

    Raises UsageError where it can't be opened, or puts tokens behind a text.
    """

    def __init__(self, folder: Path, spec: ModelSpec, *, add_bos: bool | None) -> None:
        self._spec = spec
        try:
            self._tokenizer: Any = transformers.AutoTokenizer.from_pretrained(
                str(folder), trust_remote_code=False, local_files_only=True
            )
        except (OSError, ValueError, ImportError, KeyError, TypeError) as error:
            told = str(error).strip().partition("\n")[0][:300]
            raise UsageError(
                f"{spec}: its tokenizer can't be opened: {told}",
                "a tokenizer that needs code of its own is never opened; a tokenizer.json is",
            ) from error
        first = self._tokenizer.bos_token_id
        self._first: int | None = self._tokenizer.eos_token_id if first is None else first
        self.lead = self._lead(add_bos)

    @property
    def chats(self) -> bool:
        """Whether it has a chat template."""
        return self._tokenizer.chat_template is not None

    @property
    def ends(self) -> int | None:
        """The token that ends a text, None where there is none."""
        end: int | None = self._tokenizer.eos_token_id
        return end

    @property
    def end(self) -> int:
        if self.ends is None:
            raise UsageError(f"{self._spec}: its tokenizer has no end token", "its prompts can't be echoed")
        return self.ends

    @property
    def padding(self) -> int:
        """Any token: what it stands for is masked."""
        return int(self._tokenizer.pad_token_id or 0)

    def encode(self, text: str) -> list[int]:
        """Token ids, without any that the tokenizer puts before a text."""
        ids: list[int] = self._tokenizer.encode(text, add_special_tokens=False)
        return ids

    def prompt(self, text: str) -> tuple[int, ...]:
        """Token ids as the model gets them: never none."""
        tokens = (*self._before(text), *self.encode(text))
        return tokens or (self._begin(),)

    def chat(self, messages: Sequence[Message]) -> str:
        """The turns in the model's own form. Raises UsageError where its template refuses them."""
        turns = [{"role": each.role, "content": each.content} for each in messages]
        try:
            # Run by transformers in jinja2's sandbox.
            text: str = self._tokenizer.apply_chat_template(turns, tokenize=False, add_generation_prompt=True)
        except (TemplateError, ValueError, TypeError) as error:
            raise UsageError(
                f"{self._spec}: its chat template refuses these turns: {error!s:.200}",
                "leave the system text out if it takes none, or --api completions skips the template",
            ) from error
        return text

    def pair(self, context: str, continuation: str) -> tuple[tuple[int, ...], int]:
        """(tokens, the place of the continuation's first): at least one token stands before it."""
        bare = context.rstrip()
        continuation = context[len(bare) :] + continuation
        if not bare:
            tokens = self.encode(continuation)
            begin = self._begin()
            # A text that begins with it already doesn't get it twice.
            return ((begin, *tokens[tokens[:1] == [begin] :])), 1
        before = [*self._before(bare), *self.encode(bare)]
        whole = [*self._before(bare), *self.encode(bare + continuation)]
        if len(whole) > len(before):
            return (*before, *whole[len(before) :]), len(before)
        if not continuation:
            return tuple(before), len(before)
        if len(whole) == 1:
            return (self._begin(), *whole), 1
        return tuple(whole), len(whole) - 1

    def echoed(self, tokens: tuple[int, ...]) -> Iterator[tuple[int, tuple[int, ...]]]:
        """(start, tokens) of the texts whose likelihoods, joined, are those of `tokens`, each after those before
        it as `pair` has it: where nothing stands before a text, its first token alone follows BOS."""
        if self.lead and tokens[: len(self.lead)] != self.lead:
            yield len(self.lead), (*self.lead, *tokens)
            return
        yield 1, (self._begin(), tokens[0])
        if len(tokens) > 1:
            yield 1, tokens

    def pieces(self, tokens: Sequence[int]) -> list[str]:
        """One text a token; a letter of several tokens stands at the last of them."""
        self.check(tokens)
        told = []
        # Decoded from the last whole letter on, with a token before it: some tokenizers drop a text's first blank.
        anchor = clean = 0
        for at in range(len(tokens)):
            known = self._plain(tokens[anchor:clean])
            grown = self._plain(tokens[anchor : at + 1])
            if grown.endswith(REPLACED) and at + 1 < len(tokens) and len(grown) >= len(known):
                told.append("")
                continue
            told.append(grown[len(known) :])
            anchor, clean = clean, at + 1
        return told

    def answer(self, tokens: Sequence[int]) -> str:
        """The text of written tokens, without special ones."""
        text: str = self._tokenizer.decode(list(tokens), skip_special_tokens=True)
        return text

    def check(self, tokens: Sequence[int]) -> None:
        """Raises UsageError for an id that is none."""
        size = len(self._tokenizer)
        if strange := [each for each in tokens if not 0 <= each < size]:
            raise UsageError(f"{self._spec} has no token {strange[0]}", f"ids go from 0 to {size - 1}")

    @property
    def window(self) -> int | None:
        """The longest text by the tokenizer's word; None where it doesn't say."""
        longest = self._tokenizer.model_max_length
        return int(longest) if longest < 10**18 else None

    def _plain(self, tokens: Sequence[int]) -> str:
        text: str = self._tokenizer.decode(
            list(tokens), skip_special_tokens=False, clean_up_tokenization_spaces=False
        )
        return text

    def _begin(self) -> int:
        if self._first is None:
            raise UsageError(
                f"{self._spec}: its tokenizer has neither BOS nor EOS",
                "put text before every continuation, or name one in tokenizer_config.json",
            )
        return self._first

    def _before(self, text: str) -> tuple[int, ...]:
        if self.lead and self._first is not None and text.startswith(self._plain([self._first])):
            return ()
        return self.lead

    def _lead(self, add_bos: bool | None) -> tuple[int, ...]:
        if add_bos is not None:
            return (self._begin(),) if add_bos else ()
        bare, full = self.encode("a"), self._tokenizer.encode("a")
        if full[len(full) - len(bare) :] != bare:
            raise UsageError(
                f"{self._spec}: its tokenizer puts tokens behind every text",
                "give add_bos_token=true or false",
            )
        return tuple(full[: len(full) - len(bare)])
