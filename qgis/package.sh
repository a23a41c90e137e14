#!/usr/bin/env bash
# Packs the plugin for the QGIS plugin repository: `qgis/package.sh [ZIP]`. The same sources give the same bytes.
#
# One folder `tongda` with what is under qgis/tongda and the licences; tests and compiled Python stay out.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
version=$(sed -n 's/^version=//p' tongda/metadata.txt)
zip=${1:-../out/tongda-qgis-$version.zip}
mkdir -p "$(dirname "$zip")"

python3 - "$zip" <<'PY'
import pathlib
import sys
import zipfile

LICENCE = 'This plugin is under the MIT licence or the Apache licence 2.0, at your choice. Both texts follow.\n\n'
parts = {}
for path in pathlib.Path('tongda').rglob('*'):
    if path.is_file() and '__pycache__' not in path.parts and path.suffix != '.pyc' and not path.name.startswith('.'):
        parts[path.as_posix()] = path.read_bytes()
texts = [pathlib.Path('..', name).read_text(encoding='utf-8') for name in ('LICENSE-MIT', 'LICENSE-APACHE')]
parts['tongda/LICENSE'] = (LICENCE + ('\n' + '-' * 72 + '\n\n').join(texts)).encode()
with zipfile.ZipFile(sys.argv[1], 'w', zipfile.ZIP_DEFLATED, compresslevel=9) as packed:
    for name in sorted(parts):
        entry = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
        entry.external_attr = 0o644 << 16
        entry.compress_type = zipfile.ZIP_DEFLATED
        packed.writestr(entry, parts[name])
PY
echo "$zip"
