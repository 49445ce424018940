"""What compressors say of the order of the real files, against what the evidence handbook publishes."""

from __future__ import annotations

from statistics import fmean

import pytest

from fairtrial.core.errors import UnknownName
from fairtrial.lab.exchangeability import exchangeability


def test_humaneval_is_in_an_order_of_its_own() -> None:
    """Published: z = 4.7 to 4.8, p at the floor."""
    found = exchangeability("humaneval", draws=199, long_draws=19)
    assert found.rejected and found.whole[0].p == 0.005 and found.whole[0].z == pytest.approx(4.75, abs=0.6)
    assert "no order test" in found.sentence and found.parts_p is None


def test_gsm8k_is_not_told_from_a_drawn_order() -> None:
    """Published: z = 0.9 to 1.0, p about 0.2."""
    found = exchangeability("gsm8k", draws=39, long_draws=19)
    assert not found.rejected and found.whole[0].z == pytest.approx(0.95, abs=0.5)


def test_mmlu_is_sorted_by_subject_and_within_one_in_no_order() -> None:
    """Published, within 57 subjects: mean z 0.0. With 5 draws z has a standard deviation of 1.5, their mean one
    of 0.2."""
    found = exchangeability("mmlu", draws=19, long_draws=0, part_draws=5)
    assert found.rejected and found.whole[0].z > 50 and len(found.within) == 57
    assert abs(fmean(each.z for each in found.within)) < 0.6
    assert "within its 57 parts" in found.sentence


def test_a_file_nobody_ships() -> None:
    with pytest.raises(UnknownName):
        exchangeability("hellaswag")
