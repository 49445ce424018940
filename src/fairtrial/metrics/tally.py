"""What a run remembers of its records once the journal has them.

Columns of numbers, not records: with the sample's id about 250 bytes a record, so that 10,000 records stay
under 5 MB whatever was asked and answered.
"""

from __future__ import annotations

import hashlib
import math
from array import array
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from fairtrial.core.canon import JSON, digest
from fairtrial.core.errors import UsageError
from fairtrial.core.output import Usage
from fairtrial.core.record import STATES, UNMARKED, Execution, Failure, Record, State
from fairtrial.core.summary import Cause, Counts, Judged
from fairtrial.stats.confseq import BettingSequence

_STATE_CODES: dict[State, int] = {state: code for code, state in enumerate(STATES)}
_FAILED = _STATE_CODES["failed"]
_TOKEN_KINDS = ("input_tokens", "output_tokens", "reasoning_tokens", "cached_tokens")
_UNKNOWN = -1
_NAN = math.nan
PARSED: frozenset[State] = frozenset(("right", "wrong", "partial"))
"""States of replies in which an answer was found."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One record in figures. value: None where it failed. others: by name, in the scorer's order.
    item: names the sample's
    input, choices and target, since equal ids in two files need not be equal items."""

    sample_id: str
    epoch: int
    state: State
    value: float | None
    others: Mapping[str, float]
    groups: Mapping[str, str]
    item: int

    @property
    def parsed(self) -> bool:
        return self.state in PARSED


class Tally:
    """Records by (sample, epoch); a later record of the same key takes the place of the earlier one."""

    def __init__(self, *, level: float = 0.95) -> None:
        self._rows: dict[str | tuple[str, int], int] = {}
        self._states = bytearray()
        self._values = array("d")
        self._others: dict[str, array[float]] = {}
        self._groups = array("l")
        self._items = array("Q")
        self._group_codes: dict[tuple[tuple[str, str], ...], int] = {}
        self._tokens = {kind: array("q") for kind in _TOKEN_KINDS}
        self._token_sums: dict[str, int] = {}
        self._durations = array("d")
        self._first_tokens = array("d")
        self._costs: array[float] = array("d")
        self._causes: dict[int, str] = {}
        self._examples: dict[str, Failure] = {}
        self._counts: Counter[int] = Counter()
        self._spent = Decimal(0)
        self._unpriced = 0
        self._models: Counter[str] = Counter()
        self._fingerprints: Counter[str] = Counter()
        self._executed = array("d")
        self._rulings: Counter[str] = Counter()
        self._sandboxes: dict[str, Mapping[str, JSON]] = {}
        # 200 points round the live bounds outward to half a point; 1,000 would cost 15 times as much a record.
        self._live = BettingSequence(level=level, grid=200)
        self._shown: set[str] | None = None

    def __len__(self) -> int:
        return len(self._states)

    def add(self, record: Record) -> None:
        """Remember the record. Raises UsageError for a cost that is no number."""
        key = record.sample_id if record.epoch == 1 else record.key
        row = self._rows.get(key)
        if row is None:
            row = self._rows[key] = self._new_row()
            first = True
        else:
            self._forget(row)
            first = self._states[row] == _FAILED
        code = _STATE_CODES[record.state]
        self._states[row] = code
        self._counts[code] += 1
        self._groups[row] = self._group_code(record.groups)
        self._items[row] = _item(record)
        self._measure(row, record)
        self._price(row, record)
        if isinstance(record.result, Failure):
            self._values[row] = _NAN
            self._causes[row] = record.result.cause
            self._examples.setdefault(record.result.cause, record.result)
            return
        self._values[row] = record.result.value
        if record.execution is not None:
            self._execute(record.execution)
        for name, value in record.result.others.items():
            self._other(name)[row] = value
        if first:
            self._show(record.sample_id, record.epoch, record.result.value)

    def live(self) -> tuple[float, float, float] | None:
        """(mean, low, high) over the samples scored so far, valid at every look; None before the first.

        Of a sample asked several times the first scored reply counts, so that samples stay independent.
        """
        mean = self._live.mean
        return None if mean is None else (mean, *self._live.bounds())

    @property
    def counts(self) -> Counts:
        """Records so far by state."""
        return Counts.of({state: self._counts[code] for state, code in _STATE_CODES.items()})

    @property
    def cost_usd(self) -> Decimal | None:
        """Dollars spent so far, replaced failed attempts included; None if any scored record has no price."""
        return None if self._unpriced else self._spent

    @property
    def tokens(self) -> dict[str, int | None]:
        """Tokens so far by kind ("input_tokens", "output_tokens", "reasoning_tokens", "cached_tokens");
        None where no reply told. Counted like money: what a replaced attempt used stays used."""
        return {kind: self._token_sums.get(kind) for kind in _TOKEN_KINDS}

    @property
    def without_usage(self) -> int:
        """Scored replies that did not state their tokens."""
        return sum(
            1
            for state, told in zip(self._states, self._tokens["output_tokens"], strict=True)
            if state != _FAILED and told == _UNKNOWN
        )

    @property
    def models(self) -> Mapping[str, int]:
        """Model ids the replies named, and how often."""
        return dict(self._models)

    @property
    def fingerprints(self) -> Mapping[str, int]:
        """Provider's build fingerprints, and how often."""
        return dict(self._fingerprints)

    @property
    def causes(self) -> tuple[Cause, ...]:
        """Why samples failed, the commonest first."""
        return tuple(
            Cause(cause, count, self._examples[cause].message, self._examples[cause].remedy)
            for cause, count in sorted(
                Counter(self._causes.values()).items(), key=lambda pair: (-pair[1], pair[0])
            )
        )

    def judged(self, wall_s: float | None) -> Judged | None:
        """The programs that were run, None where none was. A score is final, so none is counted twice."""
        if not self._executed:
            return None
        causes = dict(sorted(self._rulings.items(), key=lambda pair: (-pair[1], pair[0])))
        # Exact, so that no figure depends on the order in which answers came.
        seconds = round(math.fsum(self._executed), 3)
        forms = tuple(self._sandboxes[name] for name in sorted(self._sandboxes))
        return Judged(len(self._executed), causes, seconds, wall_s, forms)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the other scores the same replies would have, in order of appearance."""
        return tuple(self._others)

    def times(self) -> Iterator[tuple[float, float]]:
        """(whole answer, first token) in seconds of every scored reply, NaN where not measured; in any order."""
        for value, duration, first in zip(self._values, self._durations, self._first_tokens, strict=True):
            if not math.isnan(value):
                yield duration, first

    def __iter__(self) -> Iterator[Entry]:
        """Entries in order of sample id and epoch: answers come in any order, and no figure may depend on it,
        not even in the last digit of a sum or through a random draw."""
        groups = [dict(pairs) for pairs in self._group_codes]
        keys = sorted((key, 1, key) if isinstance(key, str) else (*key, key) for key in self._rows)
        for sample_id, epoch, key in keys:
            row = self._rows[key]
            value = self._values[row]
            yield Entry(
                sample_id,
                epoch,
                STATES[self._states[row]],
                None if math.isnan(value) else value,
                {name: column[row] for name, column in self._others.items() if not math.isnan(column[row])},
                groups[self._groups[row]],
                self._items[row],
            )

    def _new_row(self) -> int:
        row = len(self._states)
        self._states.append(_FAILED)
        for column in (self._values, self._durations, self._first_tokens, self._costs):
            column.append(_NAN)
        for other in self._others.values():
            other.append(_NAN)
        for tokens in self._tokens.values():
            tokens.append(_UNKNOWN)
        self._groups.append(0)
        self._items.append(0)
        return row

    def _forget(self, row: int) -> None:
        """Take the earlier record of this row out of every count; what it cost stays spent."""
        self._counts[self._states[row]] -= 1
        if self._states[row] != _FAILED and math.isnan(self._costs[row]):
            self._unpriced -= 1
        if self._causes.pop(row, None) == UNMARKED:
            # The same answer, marked again: its money and tokens are counted anew, once.
            self._spent -= Decimal(repr(self._costs[row])) if not math.isnan(self._costs[row]) else 0
            for kind, column in self._tokens.items():
                if column[row] != _UNKNOWN:
                    self._token_sums[kind] -= column[row]
        for other in self._others.values():
            other[row] = _NAN

    def _other(self, name: str) -> array[float]:
        column = self._others.get(name)
        if column is None:
            column = self._others[name] = array("d", [_NAN]) * len(self._states)
        return column

    def _group_code(self, groups: Mapping[str, str]) -> int:
        return self._group_codes.setdefault(tuple(groups.items()), len(self._group_codes))

    def _measure(self, row: int, record: Record) -> None:
        output = record.output
        usage = (output.usage if output else None) or Usage()
        for kind, column in self._tokens.items():
            told = getattr(usage, kind)
            column[row] = _UNKNOWN if told is None else told
            if told is not None:
                self._token_sums[kind] = self._token_sums.get(kind, 0) + told
        if output is None:
            self._durations[row] = self._first_tokens[row] = _NAN
            return
        self._durations[row] = _NAN if output.duration_s is None else output.duration_s
        self._first_tokens[row] = _NAN if output.first_token_s is None else output.first_token_s
        if output.model:
            self._models[output.model] += 1
        if output.fingerprint:
            self._fingerprints[output.fingerprint] += 1

    def _execute(self, execution: Execution) -> None:
        self._executed.append(execution.seconds)
        if execution.cause:
            self._rulings[execution.cause] += 1
        self._sandboxes.setdefault(digest(execution.sandbox), execution.sandbox)

    def _price(self, row: int, record: Record) -> None:
        self._costs[row] = _NAN
        if record.cost_usd is None:
            self._unpriced += record.state != "failed"
            return
        try:
            cost = Decimal(record.cost_usd)
        except InvalidOperation as error:
            raise UsageError(f"sample {record.sample_id!r}: a cost of {record.cost_usd!r}") from error
        self._costs[row] = float(cost)
        self._spent += cost

    def _show(self, sample_id: str, epoch: int, value: float) -> None:
        """Feed the live bounds, once a sample. Only runs with epochs pay for remembering which."""
        if epoch > 1 and self._shown is None:
            self._shown = {
                key
                for key, row in self._rows.items()
                if isinstance(key, str) and self._states[row] != _FAILED
            }
        if self._shown is not None:
            if sample_id in self._shown:
                return
            self._shown.add(sample_id)
        self._live.add(value)


def _item(record: Record) -> int:
    """64 bits that name the sample's words: enough to tell two items of one id apart."""
    words = "\x00".join((record.input, *record.choices, "", *record.target))
    return int.from_bytes(hashlib.blake2b(words.encode("utf-8", "surrogatepass"), digest_size=8).digest())
