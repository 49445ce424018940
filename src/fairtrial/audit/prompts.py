"""Prompts that a same-model test asks by default. Written for this project; open, short, about nothing
sensitive, so that one model's answers vary and another's vary otherwise."""

from __future__ import annotations

from typing import Final

PROMPTS: Final = (
    "Describe a quiet harbour at six in the morning.",
    "Why do leaves change their colour in autumn?",
    "Tell a very short story about a clock that runs backwards.",
    "Suggest three names for a small bakery and say why.",
    "Explain to a child how a bridge carries its own weight.",
    "Write four lines of verse about rain on a tin roof.",
    "What could be inside an old wooden box in the attic?",
    "Give directions from a railway station to an imaginary library.",
    "How would you teach somebody to whistle?",
    "Describe the taste of an apple without naming any fruit.",
    "Invent a proverb and explain what it means.",
    "Which is more useful on an island, a rope or a knife?",
    "Continue: The lighthouse keeper had not expected a letter.",
    "List some things that are round, and say where one finds them.",
    "Compare walking with cycling for somebody new in a town.",
    "Write a polite note to a neighbour about a borrowed ladder.",
    "What does a violin maker do on an ordinary day?",
    "Explain the difference between weather and climate.",
    "Plan a simple lunch from potatoes, eggs and herbs.",
    "Describe a chess game as if it were a conversation.",
    "Continue: On the seventh day the river was suddenly still.",
    "What questions would you ask a gardener?",
    "Make up a board game with one die and twelve stones.",
    "Summarise what happens when water boils.",
    "Translate the mood of a summer evening into colours.",
)

LOTTERY: Final = (
    "Make up a number of forty digits at random. Digits only.",
    "Invent a random string of thirty letters. Nothing else.",
    "Choose twelve words at random from a dictionary.",
)
"""They ask for chance: whoever samples answers them otherwise each time."""

ONE_TOKEN: Final = "My favourite word is"
CONTINUATIONS: Final = (" a", " the", " one", " two", " red", " yes", " no", " home")
"""Asked for their log-probabilities, after ONE_TOKEN."""

BORDER_WORDS: Final = (
    "amber",
    "birch",
    "cedar",
    "delta",
    "ember",
    "flint",
    "grove",
    "heron",
    "iris",
    "jade",
    "kelp",
    "lime",
    "maple",
    "north",
    "ocean",
    "pearl",
    "quartz",
    "river",
)
"""Any two of them, in either order, are a candidate for a border prompt: 306 in all."""
