#!/usr/bin/env bash
# Every figure that stands in two outputs of one run is the same: `tests/readback/outputs.sh target/release/tongda [STUDY...]`.
#
# Runs the studies (configs/ of Jiangsu, of its whole plan and of Helsinki, if left out) in both languages, holds every output against the JSON scorecard
# (outputs.py), and opens the workbooks in LibreOffice (workbook.py; Debian package libreoffice-calc, which root installs here; else skipped, and said so).
set -euo pipefail

if [ $# -lt 1 ] || [ ! -x "$1" ]; then
    echo "usage: $0 TONGDA_BINARY [STUDY...]" >&2
    exit 2
fi
tongda=$(realpath "$1")
shift
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
studies=("$@")
if [ ${#studies[@]} -eq 0 ]; then
    for name in jiangsu jiangsu-2024-102 helsinki; do studies+=("$here/../../configs/$name.toml"); done
fi
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
export PYTHONDONTWRITEBYTECODE=1

if ! command -v soffice >/dev/null && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    echo "installing libreoffice-calc"
    export DEBIAN_FRONTEND=noninteractive
    { apt-get update -qq && apt-get install -y -qq --no-install-recommends libreoffice-calc; } >"$scratch/apt.txt" 2>&1 || tail -n 3 "$scratch/apt.txt"
fi

failed=0
for study in "${studies[@]}"; do
    name=$(basename "$study" .toml)
    for lang in zh en; do
        "$tongda" --lang "$lang" run "$study" --out-dir "$scratch/$name" >"$scratch/card.txt"
        mv "$scratch/card.txt" "$scratch/$name/$name.$lang.txt"
    done
    echo "-- $name"
    python3 "$here/outputs.py" "$scratch/$name" "$name" || failed=1
    if [ -f "$scratch/$name/$name.xlsx" ]; then
        if command -v soffice >/dev/null; then
            python3 "$here/workbook.py" "$scratch/$name/$name.xlsx" "$scratch/$name/$name.json" || failed=1
        else
            echo "skipped: LibreOffice is missing and could not be installed (Debian: libreoffice-calc)"
        fi
    fi
done
exit $failed
