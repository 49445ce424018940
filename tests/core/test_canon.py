"""Canonical bytes, against the vectors of RFC 8785."""

from __future__ import annotations

import pytest

from fairtrial.core.canon import canonical, digest
from fairtrial.core.errors import UsageError


def test_the_example_of_rfc_8785_section_3_2_2() -> None:
    data = {
        "numbers": [333333333.33333329, 1e30, 4.50, 2e-3, 0.000000000000000000000000001],
        "string": "\u20ac$\u000f\u000aA'\u0042\u0022\u005c\\\"/",
        "literals": [None, True, False],
    }
    assert canonical(data).decode() == (
        '{"literals":[null,true,false],'
        '"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],'
        '"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}'
    )


def test_order_and_kind_of_sequence_make_no_difference() -> None:
    assert digest({"a": (1, 2), "b": "é"}) == digest({"b": "é", "a": [1, 2]})
    assert digest({}) == "sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"


@pytest.mark.parametrize("value", [float("nan"), float("inf"), {1: 2}, {"a": object()}, 2**60])
def test_what_has_no_canonical_form_is_refused(value: object) -> None:
    with pytest.raises(UsageError, match="canonical"):
        canonical(value)  # type: ignore[arg-type]
