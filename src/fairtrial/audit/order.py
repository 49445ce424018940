"""The order of a file: on a committed shuffle (P5, proof), and on a legacy file behind its controls (S1, strong).

A model that read a file in its order finds that order likelier than others. Where a committed draw shuffled the
file, nothing else can. A legacy file may have an order of its own, so readers that can't have seen it
(compressors, clean models) are tried first, and a model that has the file planted must be found: the test isn't
run where one of them fails.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from fairtrial.audit.lines import Line, line, line_scores, share_effect, share_of_shift
from fairtrial.audit.lot import Lot
from fairtrial.audit.twin import p_text
from fairtrial.core.canon import JSON
from fairtrial.core.errors import IntegrityError, UsageError
from fairtrial.core.evidence import Evidence
from fairtrial.core.record import Record
from fairtrial.stats.order import CONTROL_LEVEL, drawn_orders, failed_controls, order_test, shards
from fairtrial.stats.standing import standing_mde

SHUFFLED: Final = "item-order"
LEGACY: Final = "item-order-legacy"
BETWEEN: Final = "\n\n"
"""Stands between two items of a shard."""
MOST_SHARDS: Final = 2_000
MOST_ORDERS: Final = 199
NULL: Final = "the model does not depend on the order in which the file's items were published"
DRAWN: Final = (
    "the published order was a uniform random draw, committed to beforehand, and no other was ever published"
)
EXCHANGEABLE: Final = (
    "the file's items are exchangeable: nothing but having read the file makes its order likelier than others; "
    "the controls support this and can't prove it"
)
FORGETS: Final = (
    "training that shuffled the items, or saw them one by one, leaves no trace of order: nothing found proves "
    "nothing"
)


@dataclass(frozen=True, slots=True)
class OrderForm:
    """A file's committed order. items: texts; digest: of the texts, sorted; width: items of a shard; orders: other
    orders that a shard is scored in."""

    lot: Lot
    items: int
    digest: str
    width: int
    orders: int

    def published(self, texts: Iterable[str]) -> tuple[str, ...]:
        """The file in the order to publish it in. texts: in any order. Raises IntegrityError for other texts."""
        known = sorted(texts)
        if len(known) != self.items or texts_digest(known) != self.digest:
            raise IntegrityError(
                "the file's items are not those that its order was drawn for",
                "use the file as it was committed to",
            )
        return tuple(known[at] for at in self.lot.shuffled("order", self.items))

    def lines(self, published: Sequence[str]) -> tuple[Line, ...]:
        """One a shard. published: the file as it was published. Raises IntegrityError where that is not the
        committed order: another one has no null."""
        if tuple(published) != self.published(published):
            raise IntegrityError(
                "the file is not in its committed order",
                "use the file as it was published; don't rely on another",
            )
        seed = int.from_bytes(self.lot.bits("orders", 16))
        rng = np.random.default_rng(seed)
        return shard_lines(published, width=self.width, orders=self.orders, rng=rng)


def texts_digest(ordered: Sequence[str]) -> str:
    """`sha256:…` of texts, each behind its length in bytes."""
    found = hashlib.sha256()
    for each in ordered:
        data = each.encode("utf-8", "surrogatepass")
        found.update(b"%d:%b" % (len(data), data))
    return "sha256:" + found.hexdigest()


def order_body(texts: Iterable[str], *, width: int = 4, orders: int = 23) -> dict[str, JSON]:
    """What a lot of kind "order" is drawn over."""
    known = sorted(texts)
    return {"items": len(known), "digest": texts_digest(known), "width": width, "orders": orders}


def order_form(lot: Lot) -> OrderForm:
    """The order of a lot. Raises UsageError for a body that holds none."""
    body: Any = lot.body
    if lot.kind != "order" or set(body) != {"items", "digest", "width", "orders"}:
        raise UsageError("the lot holds no order")
    items, width, orders = (body[each] for each in ("items", "width", "orders"))
    if any(type(each) is not int for each in (items, width, orders)) or not isinstance(body["digest"], str):
        raise UsageError("items, width and orders are whole numbers, the digest a text")
    if not (2 <= width <= items and 1 <= orders <= MOST_ORDERS):
        raise UsageError(
            f"{items} items in shards of {width}, each in {orders} other orders",
            f"give shards of 2 items or more, and 1 to {MOST_ORDERS} orders",
        )
    return OrderForm(lot, items, body["digest"], width, orders)


def shard_lines(
    published: Sequence[str], *, width: int, orders: int, rng: np.random.Generator
) -> tuple[Line, ...]:
    """One a shard, at most MOST_SHARDS from the file's beginning. Orders are drawn anew for each: were they
    shared, the shards' ranks would not be independent."""
    return tuple(
        line(texts[0], texts[1:], int(rng.integers(len(texts))))
        for places in shards(len(published), width)[:MOST_SHARDS]
        for texts in [
            [
                BETWEEN.join(published[places[at]] for at in order)
                for order in drawn_orders(width, orders, rng=rng)
            ]
        ]
    )


def order_evidence(records: Iterable[Record], lines: Sequence[Line], *, alpha: float, draw: str) -> Evidence:
    """P5. draw: the commitment."""
    return _evidence(records, lines, alpha=alpha, draw=draw)


def order_p(records: Iterable[Record], lines: Sequence[Line]) -> float:
    """The p-value alone: of a clean or a planted model that serves as a control."""
    scores = line_scores(records, lines)
    return order_test(np.column_stack([scores.published, scores.controls])).p


@dataclass(frozen=True, slots=True)
class Controls:
    """negative: name -> p of readers that can't have seen the file; planted: name -> p of models that have it
    planted in its order."""

    negative: Mapping[str, float]
    planted: Mapping[str, float]

    @property
    def failed(self) -> tuple[str, ...]:
        """Names of those that forbid the test: negative ones first, for they need no model."""
        ordered = tuple(name for name, p in self.negative.items() if p <= CONTROL_LEVEL)
        return ordered or failed_controls(self.negative, self.planted)

    @property
    def told(self) -> tuple[str, ...]:
        return (
            *(f"{name}, which has not seen the file: {p_text(p)}" for name, p in self.negative.items()),
            *(f"{name}, which has it planted: {p_text(p)}" for name, p in self.planted.items()),
        )

    @property
    def obstacle(self) -> str:
        """Why the test may not be run; "" where it may."""
        if not self.failed:
            return ""
        return (
            f"{LEGACY} was not run, for a control failed ({', '.join(self.failed)}): "
            f"{'; '.join(self.told) or 'no control was run'}"
        )


def legacy_evidence(
    records: Iterable[Record], lines: Sequence[Line], controls: Controls, *, alpha: float, digest: str
) -> Evidence:
    """S1, behind its controls. digest: of the file. Raises UsageError where a control failed."""
    if controls.obstacle:
        raise UsageError(controls.obstacle, "the order of this file says nothing about a model")
    return _evidence(records, lines, alpha=alpha, draw=digest, controls=controls)


def _evidence(
    records: Iterable[Record],
    lines: Sequence[Line],
    *,
    alpha: float,
    draw: str,
    controls: Controls | None = None,
) -> Evidence:
    scores = line_scores(records, lines)
    level = 1 - 2 * alpha
    found = order_test(np.column_stack([scores.published, scores.controls]), level=level)
    n, others = scores.controls.shape
    return Evidence(
        probe=LEGACY if controls else SHUFFLED,
        tier="strong" if controls else "proof",
        question="seen",
        null=NULL,
        access="log-probabilities",
        n=n,
        statistic=float(sum(found.ranks)),
        p=found.p,
        e=found.e,
        alpha=alpha,
        effect=share_effect(found, level),
        mde=share_of_shift(standing_mde(n, others, alpha=alpha)),
        assumptions=(EXCHANGEABLE if controls else DRAWN,),
        controls=(
            *(controls.told if controls else ()),
            f"{n} shards, each in {others} other orders",
            FORGETS,
        ),
        draw=draw,
        exclusions=scores.exclusions,
    )
