"""The stand-alone verifier: what `fairtrial verify` says of a bundle, in one file that needs two packages.

    python fairtrial-verify.pyz BUNDLE [--trust trust.json] [--log-policy FILE] [--json]

It reads these files and nothing else: no network, no clock but the machine's, no writing. Exit status 0, or 4
where something in the bundle is not what it claims to be; 2 for wrong use.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Sequence

from fairtrial.core.errors import FairtrialError
from fairtrial.report.plain import visible
from fairtrial.trust.telling import told
from fairtrial.trust.verify import verify

MOST_BYTES = 2**31
NOT_WHAT_IT_CLAIMS = 4
WRONG_USE = 2


def main(words: Sequence[str] | None = None) -> int:
    """Verify one bundle and print what was found."""
    parser = argparse.ArgumentParser(
        prog="fairtrial-verify", description="What a bundle proves, checked offline."
    )
    parser.add_argument("bundle", metavar="BUNDLE")
    parser.add_argument("--trust", metavar="FILE", help="whose keys count for you: your trust.json")
    parser.add_argument("--log-policy", metavar="FILE", help="which log and witnesses count for you")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    given = parser.parse_args(words)
    try:
        found = verify(
            read(given.bundle),
            given.bundle.replace("\\", "/").rpartition("/")[2],
            trust=given.trust and read(given.trust),
            log_policy=given.log_policy and read(given.log_policy),
            now=time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        )
    except (OSError, FairtrialError) as error:
        print(visible(f"fairtrial-verify: {error}"), file=sys.stderr)
        return getattr(error, "exit_status", WRONG_USE)
    print(json.dumps(found.to_json()) if given.json else visible(told(found)).rstrip("\n"))
    if failure := found.first_failure:
        print(visible(f"fairtrial-verify: {failure.check}: {failure.detail}"), file=sys.stderr)
        return NOT_WHAT_IT_CLAIMS
    return 0


def read(path: str) -> bytes:
    """At most what a bundle may have."""
    with open(path, "rb") as file:
        return file.read(MOST_BYTES)


if __name__ == "__main__":
    sys.exit(main())
