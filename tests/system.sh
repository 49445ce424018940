#!/bin/sh
# Install what tests need from the system where that is possible; name the command where it is not:
# Chromium for the page tests, bubblewrap for everything that runs untrusted code.
set -eu
missing=""
command -v chromium >/dev/null 2>&1 || missing="$missing chromium"
command -v bwrap >/dev/null 2>&1 || missing="$missing bubblewrap"
if [ -z "$missing" ]; then exit 0; fi
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    # shellcheck disable=SC2086  # two words are two packages
    apt-get update -qq && apt-get install -y -qq --no-install-recommends $missing >/dev/null
else
    echo "Tests will be skipped without:$missing. Install with: sudo apt-get install$missing" >&2
fi
