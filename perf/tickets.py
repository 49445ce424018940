"""What the measurements ask: sums about a ticket number, whose answers the server knows as well."""

from __future__ import annotations

import json
from pathlib import Path

PROMPT = (
    "You are given the ticket number {ticket} of a raffle. Multiply it by 7919, add 13, and take the "
    "remainder after division by 100003. Explain briefly how you get there, one step after the other, check "
    "the division once more at the end, and finish your reply with one sentence of this form, with the "
    "remainder in place of the letter: The answer is N."
)
"""About 80 tokens, like a short question of a real benchmark."""


def answer_of(ticket: int) -> int:
    """The rule of `server.c`."""
    return (ticket * 7919 + 13) % 100003


def write_tickets(path: Path, n: int) -> Path:
    """`n` rows of `id`, `input` and `target`, one JSON object a line: every contestant reads this file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "w", encoding="utf-8") as file:
        for ticket in range(1, n + 1):
            row = {
                "id": f"ticket-{ticket}",
                "input": PROMPT.format(ticket=ticket),
                "target": str(answer_of(ticket)),
            }
            file.write(json.dumps(row) + "\n")
    return path
