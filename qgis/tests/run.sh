#!/usr/bin/env bash
# Tests the QGIS plugin: `qgis/tests/run.sh target/release/tongda`. Any failure ends it with 1.
#
# Plain Python first; then, in QGIS without a window, every algorithm under qgis_process against the program itself, and layers,
# styles and cancelling inside of QGIS. The latter need the Debian packages qgis and python3-qgis, which root installs here; where
# they can not be had that part is skipped, and said so. Takes about a minute and a half.
set -euo pipefail

if [ $# -ne 1 ] || [ ! -x "$1" ]; then
    echo "usage: $0 TONGDA_BINARY" >&2
    exit 2
fi
TONGDA=$(realpath "$1")
export TONGDA
cd "$(dirname "${BASH_SOURCE[0]}")"
export PYTHONDONTWRITEBYTECODE=1
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

echo "the plugin's own Python"
python3 - ../tongda <<'PY'
import pathlib
import sys
for path in sorted(pathlib.Path(sys.argv[1]).rglob('*.py')):
    compile(path.read_text(encoding='utf-8'), str(path), 'exec')
PY
python3 -m unittest -q test_tool

echo "the package for the repository, twice the same"
../package.sh "$scratch/one.zip" >/dev/null
../package.sh "$scratch/two.zip" >/dev/null
cmp "$scratch/one.zip" "$scratch/two.zip"
mkdir "$scratch/plugins"
python3 -m zipfile -e "$scratch/one.zip" "$scratch/plugins"

has_qgis() { command -v qgis_process >/dev/null && /usr/bin/python3 -c 'import qgis.core' >/dev/null 2>&1; }
if ! has_qgis && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    echo "installing qgis and python3-qgis"
    export DEBIAN_FRONTEND=noninteractive
    { apt-get update -qq && apt-get install -y -qq --no-install-recommends qgis python3-qgis; } >"$scratch/apt.txt" 2>&1 || tail -n 3 "$scratch/apt.txt"
fi
if ! has_qgis; then
    echo "skipped: qgis_process or python3-qgis is missing and could not be installed (Debian: qgis, python3-qgis)"
    exit 0
fi

# Debian 12: the wrapper hands on an option that the program does not know
QGIS_PROCESS=/usr/bin/qgis_process
if [ -x /usr/bin/qgis_process.bin ]; then QGIS_PROCESS=/usr/bin/qgis_process.bin; fi
export QGIS_PROCESS QT_QPA_PLATFORM=offscreen TMPDIR="$scratch/tmp" XDG_RUNTIME_DIR="$scratch/run"
export QGIS_CUSTOM_CONFIG_PATH="$scratch/profile" LANG=C.UTF-8 LC_ALL=C.UTF-8
mkdir -m 700 "$TMPDIR" "$XDG_RUNTIME_DIR" "$QGIS_CUSTOM_CONFIG_PATH"
# what is tested is what is packed
export QGIS_PLUGINPATH="$scratch/plugins"

# QGIS takes its Python from the first one on the PATH
qgis_python() { PATH=/usr/bin:/bin /usr/bin/python3 "$@"; }

# both halves at a time, each with a profile and a folder for temporary files of its own: one looks for what is left over
mkdir "$scratch/tmp-inside"
TMPDIR="$scratch/tmp-inside" QGIS_CUSTOM_CONFIG_PATH="$scratch/profile-inside" qgis_python test_inside.py -q >"$scratch/inside.txt" 2>&1 &
inside=$!

echo "algorithms under $(PATH=/usr/bin:/bin "$QGIS_PROCESS" --version 2>/dev/null | grep -m 1 -i '^qgis ' || echo qgis_process)"
failed=0
if PATH=/usr/bin:/bin "$QGIS_PROCESS" plugins enable tongda >"$scratch/enable.txt" 2>&1; then
    qgis_python test_process.py -q || failed=1
else
    cat "$scratch/enable.txt" >&2
    failed=1
fi

echo "layers, styles and cancelling inside of QGIS"
wait "$inside" || failed=1
# GDAL complains of files that a test has dropped
grep -v '^ERROR 1: sqlite3_get_table' "$scratch/inside.txt"
if [ "$failed" = 0 ]; then echo "the plugin passes"; fi
exit $failed
