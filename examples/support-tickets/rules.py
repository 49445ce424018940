"""Three sorters made of rules. They stand in for models, so that the example costs nothing."""

from __future__ import annotations

SHORT = {
    "billing": ("charged", "invoice", "paid", "pay", "price", "card", "receipt"),
    "delivery": ("parcel", "tracking", "courier", "ship", "order"),
    "return": ("send them back", "sent the", "broken", "exchange", "return"),
    "account": ("log in", "login", "password", "account", "newsletter"),
}
LONG = {
    "billing": ("charged", "invoice", "paid", "pay", "price", "card", "receipt", "discount", "refund"),
    "delivery": ("parcel", "tracking", "courier", "ship", "order", "label", "deliver", "arrived"),
    "return": ("back", "broken", "exchange", "return", "size", "guarantee"),
    "account": ("log in", "login", "password", "account", "newsletter", "profile", "data"),
}


def short_list(prompt: str) -> str | None:
    """The first topic with a word of the ticket; None, no answer at all, where none has one."""
    return _first(SHORT, prompt)


def long_list(prompt: str) -> str:
    """More words, and "other" where nothing fits."""
    return _first(LONG, prompt) or "other"


def other_order(prompt: str) -> str:
    """The same words; the topics are looked at from the last to the first."""
    return _first(dict(reversed(LONG.items())), prompt) or "other"


def _first(topics: dict[str, tuple[str, ...]], prompt: str) -> str | None:
    text = prompt.lower()
    return next((topic for topic, words in topics.items() if any(word in text for word in words)), None)
