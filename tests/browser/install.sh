#!/bin/sh
# Chromium for the browser tests: the system's if there is one, else apt as root, else Playwright's own build.
set -u
if command -v chromium >/dev/null || command -v chromium-browser >/dev/null || command -v google-chrome >/dev/null; then
  exit 0
fi
if command -v apt-get >/dev/null && [ "$(id -u)" = 0 ]; then
  # --no-install-recommends: the tests run headless and need no desktop.
  if apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium >/dev/null; then
    exit 0
  fi
fi
"$1" install chromium >/dev/null 2>&1 && exit 0
echo "The browser tests need Chromium. Install it with: apt-get install chromium" >&2
exit 1
