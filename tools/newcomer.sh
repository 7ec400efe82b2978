#!/usr/bin/env bash
# The newcomer's path of docs/start.md, timed: clone, a wheel, install it in an empty environment, score the example, again
# with its pages, open these, score a light curve of one's own. Where uv is there, it installs the wheel too, for its time.
#   tools/newcomer.sh [PYTHON]
# Wall and CPU seconds of each step go to standard output. It works in a temporary folder, and in a cache of its own.
set -euo pipefail
project=$(cd "$(dirname "$0")/.." && pwd)
python=${1:-python3}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export MALLORN_CACHE=$work/cache
TIMEFORMAT='%R s, %U s of CPU'

step() { printf '%-32s' "$1"; shift; time "$@" >"$work/said" 2>&1 || { cat "$work/said"; exit 1; }; }
own_table() {
  { echo object_id,mjd,band,flux_ujy,flux_err_ujy
    for day in {0..29}; do for band in g r i; do
      echo "mine,$((60000 + 3 * day)).$((day % 10)),$band,$((day < 8 ? 5 + 14 * day : 130 - 4 * day)),$((2 + day % 3))"
    done; done; } >"$work/lightcurves.csv"
}
open_page() {
  local browser
  browser=$(command -v chromium chromium-browser google-chrome | head -n 1) || { echo "no Chromium: not opened"; return; }
  "$browser" --headless --no-sandbox --screenshot="$work/page.png" "file://$work/pages/index.html" && test -s "$work/page.png"
}

step "clone" git clone --quiet "$project" "$work/mallorn"
step "venv" "$python" -m venv "$work/venv"
step "make the wheel" "$work/venv/bin/python" -m pip wheel --quiet --no-deps --wheel-dir "$work" "$work/mallorn"
wheel=("$work"/*.whl)
if command -v uv >/dev/null; then
  step "venv" "$python" -m venv "$work/by_uv"
  UV_CACHE_DIR=$work/uv step "uv pip install WHEEL" uv pip install --quiet --python "$work/by_uv/bin/python" "${wheel[0]}"
fi
step "pip install --no-compile WHEEL" "$work/venv/bin/python" -m pip install --quiet --no-cache-dir --no-compile "${wheel[0]}"
cd "$work"
step "mallorn score --example" venv/bin/mallorn score --example --out scores.csv
step "again, with pages" venv/bin/mallorn score --example --out scores.csv --report pages/
step "open the report" open_page
own_table
step "score my own light curve" venv/bin/mallorn score lightcurves.csv --survey ztf --out mine.csv
cut -d , -f 1,7,16,18 mine.csv
