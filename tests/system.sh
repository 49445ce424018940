#!/bin/sh
# Install Chromium for the page tests where that is possible; name the command where it is not.
set -eu
if command -v chromium >/dev/null 2>&1; then exit 0; fi
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    apt-get update -qq && apt-get install -y -qq --no-install-recommends chromium >/dev/null
else
    echo "The page tests need Chromium. Install it with: sudo apt-get install chromium" >&2
fi
