"""`fairtrial demo`: real recorded answers compared and two bundled models on trial, with the network cut."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.test_main import fairtrial

CUT = ["unshare", "--map-root-user", "--net"]


def cut_off() -> bool:
    """Whether this machine lets us run a command without a network."""
    return (
        shutil.which("unshare") is not None
        and subprocess.run([*CUT, "true"], capture_output=True).returncode == 0
    )


@pytest.mark.skipif(not cut_off(), reason="unshare may not cut the network here")
def test_the_demo_needs_no_network_no_key_and_no_question(tmp_path: Path) -> None:
    def demo(*words: str) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [*CUT, sys.executable, "-m", "fairtrial", "demo", *words],
            cwd=tmp_path,
            env={"PATH": "/usr/bin:/bin", "HOME": str(tmp_path)},
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert done.returncode == 0, done.stderr
        return done

    done = demo()
    text = " ".join(done.stdout.split())
    assert "replay/gpt3-175b-verified is better than replay/gpt3-6b-finetuned on gsm8k" in text
    assert "n = 1,319" in text
    told = [line.split()[1] for line in done.stderr.splitlines() if line.startswith("report: ")]
    assert told == ["report.html", "twin-cheat.html", "twin-honest.html"]
    assert (
        "Refuted: the score of specimen/cheat on arithmetic-twin is inflated on the published form." in text
    )
    assert "Supported: the score of specimen/honest on arithmetic-twin carries over" in text
    page = (tmp_path / "report.html").read_text()
    assert "is better than" in page and len(page.encode()) < 300_000
    assert "http://" not in page.replace("http://www.w3.org", "")
    kept = len(list((tmp_path / "runs").iterdir()))

    again = demo("--json", "-o", "second.html")
    found = json.loads(again.stdout)
    assert again.stdout.count("\n") == 1
    assert [each["counts"]["right"] for each in found["runs"]] == [286, 742]
    (pair,) = found["comparisons"]
    assert pair["verdict"] == "b" and pair["n"] == 1319
    assert pair["difference"] == pytest.approx((286 - 742) / 1319)
    assert found["report"] == "second.html" and (tmp_path / "second.html").is_file()
    cheat, honest = found["twins"]
    assert (cheat["verdict"], honest["verdict"]) == ("refuted", "supported")
    assert cheat["scores"][0]["value"] > 0.98 and 0.45 < cheat["scores"][1]["value"] < 0.75
    assert abs(honest["scores"][0]["value"] - honest["scores"][1]["value"]) < 0.1
    assert len(list((tmp_path / "runs").iterdir())) == kept, "recorded answers are asked for once"


def test_tamper_shows_five_forgeries_and_how_each_is_caught(tmp_path: Path) -> None:
    done = fairtrial("demo", "--tamper", cwd=tmp_path)
    assert done.returncode == 0 and done.stdout.count("caught by") == 5, done.stderr
    assert "witnessed-self-run" in done.stdout and "No forgery passed" in done.stdout
    told = json.loads(fairtrial("demo", "--tamper", "--json", cwd=tmp_path).stdout)["bundles"]
    assert [each["ok"] for each in told] == [True] + [False] * 5 and not list(tmp_path.iterdir())
