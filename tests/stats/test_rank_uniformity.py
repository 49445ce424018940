"""What the rank test is said to miss, held against the test itself."""

from __future__ import annotations

import numpy as np
import pytest

from fairtrial.stats.rank_uniformity import least_misranked, rank_uniformity


@pytest.mark.parametrize(("n", "m"), [(25, 10), (60, 5)])
def test_the_least_misranked_share_is_found_about_as_often_as_stated(n: int, m: int) -> None:
    rng = np.random.default_rng(7)
    least = least_misranked(n, m, alpha=0.01, rng=rng)
    assert least is not None and 0.05 < least < 0.8
    found = 0
    for _ in range(200):
        local = rng.random((n, m))
        own = np.where(rng.random(n) < least, -1.0, rng.random(n))
        found += rank_uniformity(own, local, rng=rng, draws=999).p <= 0.01
    assert 0.7 <= found / 200 <= 0.97
    assert least_misranked(1, 2, alpha=0.01, rng=rng) is None
