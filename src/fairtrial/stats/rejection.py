"""How often the exact McNemar test rejects, one more discordant pair at a time: standard library only, since
every run of right and wrong answers asks for it and loading scipy costs more CPU than scoring two thousand.
"""

from __future__ import annotations

from collections.abc import Iterator


def rejections(favour: float, alpha: float) -> Iterator[float]:
    """For 1, 2, 3, … discordant pairs: the chance that the two-sided exact test rejects at `alpha`.

    favour: probability, in [0, 1], that a discordant pair goes to the one side. With k the largest number for
    which 2 P(Binomial(pairs, 1/2) <= k) <= alpha, that is P(X <= k) + P(X >= pairs - k), X ~ Binomial(pairs,
    favour). Absolute error below 1e-12 for 100,000 pairs.
    """
    fair, one, other = (_Tail(share) for share in (0.5, favour, 1 - favour))
    while True:
        for each in (fair, one, other):
            each.lengthen()
        # One pair more moves the critical number up by one or not at all.
        if 2 * (fair.below + fair.next()) <= alpha:
            for each in (fair, one, other):
                each.rise()
        yield one.below + other.below


class _Tail:
    """P(X <= k) of X ~ Binomial(n, p), from n = 0 and k = -1 on; each step costs some multiplications."""

    __slots__ = ("_at", "_n", "_odds", "_p", "below", "k")

    def __init__(self, p: float) -> None:
        self._p = p
        # With p = 1 every X is n, and k stays below n.
        self._odds = p / (1 - p) if p < 1 else 0.0
        self._n, self.k = 0, -1
        self._at, self.below = 0.0, 0.0

    def lengthen(self) -> None:
        """n + 1: P(X' <= k) = P(X <= k) - p P(X = k)."""
        self.below -= self._p * self._at
        self._n += 1
        self._at *= self._n / (self._n - self.k) * (1 - self._p)

    def next(self) -> float:
        """P(X = k + 1)."""
        if self.k < 0:
            return float((1 - self._p) ** self._n)
        return self._at * (self._n - self.k) / (self.k + 1) * self._odds

    def rise(self) -> None:
        """k + 1."""
        self._at = self.next()
        self.below += self._at
        self.k += 1
