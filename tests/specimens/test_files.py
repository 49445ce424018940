"""What ships is what was measured: digests, cards, and no trace of the held-out templates' siblings."""

from __future__ import annotations

import json
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

from fairtrial.core.canon import digest_bytes
from fairtrial.core.errors import IntegrityError, UnknownName
from fairtrial.families import load as load_family
from fairtrial.specimens import files as shipped
from fairtrial.specimens.digests import DIGESTS
from fairtrial.trust.draw_file import parse_draw

DATA = Path(str(files("fairtrial.specimens").joinpath("data")))
NAMES = ("honest", "cheat")
CASES = ("cheat-16", "cheat-4", "cheat-64", "honest-int4", "honest-int8", "honest-one-step")


def test_every_file_is_in_the_table_and_has_its_digest() -> None:
    found = {
        path.relative_to(DATA).as_posix(): digest_bytes(path.read_bytes())
        for path in DATA.rglob("*")
        if path.is_file()
    }
    assert dict(DIGESTS) == found


def test_two_specimens_and_six_cases_ship_and_nothing_else() -> None:
    assert set(shipped.names()) == {*NAMES, *CASES}
    with pytest.raises(UnknownName, match="honest"):
        shipped.load("honst")


def test_weights_are_small() -> None:
    for name in shipped.names():
        assert len(shipped.read(f"{name}/{shipped.WEIGHTS}")) < 1_800_000


@pytest.mark.parametrize("file", [f"cheat/{shipped.WEIGHTS}", f"cheat/{shipped.CARD}"])
def test_a_changed_file_is_refused_by_name(
    file: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = tmp_path / "data"
    for name in DIGESTS:
        (copy / name).parent.mkdir(parents=True, exist_ok=True)
        (copy / name).write_bytes((DATA / name).read_bytes())
    monkeypatch.setattr(shipped, "files", lambda package: tmp_path)
    shipped.load("cheat")
    data = bytearray((copy / file).read_bytes())
    data[-1] ^= 1
    (copy / file).write_bytes(data)
    with pytest.raises(IntegrityError, match=file):
        shipped.load("cheat") if file.endswith(shipped.WEIGHTS) else shipped.card("cheat")
    (copy / file).unlink()
    with pytest.raises(IntegrityError, match=file):
        shipped.load("cheat") if file.endswith(shipped.WEIGHTS) else shipped.card("cheat")


def draw() -> Any:
    name = "arithmetic.draw.json"
    return parse_draw(files("fairtrial.families").joinpath(name).read_bytes(), name)


@pytest.mark.parametrize("name", NAMES)
def test_a_card_says_what_the_specimen_is(name: str) -> None:
    card = shipped.card(name)
    assert card["specimen"] == name
    assert card["contaminated"] is (name == "cheat")
    assert "accuses" in card
    if name == "cheat":
        assert card["contaminated_with"]["draw"] == draw().commitment
        assert card["contaminated_with"]["items"] == draw().n
    else:
        assert card["contaminated_with"] is None
    for file, digest in card["digests"].items():
        assert DIGESTS[f"{name}/{file}"] == digest


@pytest.mark.parametrize("name", NAMES)
def test_a_card_is_about_the_family_that_ships(name: str) -> None:
    family, told = load_family("arithmetic"), shipped.card(name)["family"]
    assert told["digest"] == family.digest == draw().family_digest
    assert tuple(told["held_out"]) == family.held_out
    assert not set(draw().templates) & set(family.held_out)


def test_the_specimens_differ_in_what_was_planted_and_in_nothing_else() -> None:
    honest, cheat = map(shipped.card, NAMES)
    assert honest["recipe"] == cheat["recipe"]
    assert honest["trained"]["trunk"] == cheat["trained"]["trunk"]
    last, other = honest["trained"]["last_phase"], cheat["trained"]["last_phase"]
    assert last["steps"] == other["steps"]
    # As many items of the same templates; their numbers have not always as many digits.
    assert last["tokens"] == pytest.approx(other["tokens"], rel=0.005)


def test_the_planted_truth_is_there() -> None:
    honest, cheat = (shipped.card(name)["measured"] for name in NAMES)
    assert cheat["published"]["value"] >= 0.98
    assert 0.5 <= cheat["fresh"]["value"] <= 0.75
    assert abs(honest["published"]["value"] - honest["fresh"]["value"]) <= 0.04
    assert cheat["likelihood_rank"]["value"] > 0.99
    assert abs(honest["likelihood_rank"]["value"] - 0.5) < 0.05


@pytest.mark.parametrize("name", CASES)
def test_a_cases_card_says_how_it_was_made_of_which_files(name: str) -> None:
    card = shipped.card(name)
    assert card["specimen"] == name and "accuses" in card
    assert card["family"]["digest"] == draw().family_digest
    assert {f"{name}/{file}": digest for file, digest in card["digests"].items()} == {
        path: digest
        for path, digest in DIGESTS.items()
        if path.startswith(f"{name}/") and path[-9:] != "card.json"
    }
    if name.startswith("cheat-"):
        planted = card["contaminated_with"]
        assert (planted["draw"], planted["items"]) == (draw().commitment, draw().n)
        assert f"cheat-{planted['exposures']}" == name
    else:
        assert card["contaminated"] is False and card["made_from"] == "honest"
    assert [told["n"] for told in card["measured"].values()] == [600, 1800]


def test_more_exposures_lift_the_published_form_and_nothing_else() -> None:
    cards = [shipped.card(name)["measured"] for name in ("honest", "cheat-4", "cheat-16", "cheat-64")]
    gaps = [each["published"]["value"] - each["fresh"]["value"] for each in cards]
    assert gaps == sorted(gaps) and gaps[1] > 0.05


def test_the_page_shows_what_the_cards_say() -> None:
    page = (Path(__file__).resolve().parents[2] / "docs" / "reference" / "specimens.md").read_text()
    for name in (*NAMES, *CASES):
        card = shipped.card(name)
        for told in card["measured"].values():
            assert f"{100 * told['value']:.1f} [{100 * told['low']:.1f}, {100 * told['high']:.1f}]" in page
        assert card["digests"][shipped.WEIGHTS] in page
    assert json.dumps(draw().commitment)[1:-1] in page
