"""Lists of records as the page's exhibits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from fairtrial.core.record import Record
from fairtrial.core.summary import Summary
from fairtrial.report.exhibits import Exhibit, choose


def exhibits_of(
    runs: Sequence[tuple[Summary, Sequence[Record]]],
) -> tuple[tuple[Exhibit, ...], Mapping[str, int]]:
    """The samples a page would show of these records, and how many of each kind it leaves out."""
    return choose([(summary, lambda records=records: iter(records)) for summary, records in runs])  # type: ignore[misc]
