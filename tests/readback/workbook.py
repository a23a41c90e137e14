#!/usr/bin/env python3
"""Opens a workbook of tongda in LibreOffice and compares every figure in it with the JSON scorecard of the same run.

    tests/readback/workbook.py RUN.xlsx RUN.json

LibreOffice without a window converts it to .ods, with the values that it computes with and the texts that it shows: texts and verdicts must be the
scorecard's own, numbers the same to 15 digits, what is shown the number by its format. Links must lead to sheets that are there, and back; the names of
columns must stay in sight (read from the workbook's own XML). Needs the Debian package libreoffice-calc (--no-install-recommends). The exit code is 1 when anything differs, and 77 where
there is no LibreOffice.
"""
import os
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from xml.etree import ElementTree

from figures import BookCheck, Cell, Sheet, Tally, Truth, die, read_xlsx

TABLE = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
OFFICE = "{urn:oasis:names:tc:opendocument:xmlns:office:1.0}"
TEXT = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}"
LINK = "{http://www.w3.org/1999/xlink}href"
# no sheet is wider; what LibreOffice repeats to its last column is empty
WIDEST = 200


def convert(path, folder):
    """The .ods that LibreOffice makes of a workbook."""
    office = shutil.which("soffice") or shutil.which("libreoffice")
    if not office:
        print("skipped: LibreOffice is missing (Debian: apt-get install --no-install-recommends libreoffice-calc)")
        sys.exit(77)
    done = subprocess.run([office, "--headless", f"-env:UserInstallation=file://{folder}/profile", "--convert-to", "ods", "--outdir", folder, path],
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, encoding="utf-8")
    made = os.path.join(folder, os.path.splitext(os.path.basename(path))[0] + ".ods")
    if done.returncode or not os.path.exists(made):
        die(f"LibreOffice could not convert {path}: {done.stdout}")
    return made


def read_ods(path):
    """The sheets in order; `shown` is what LibreOffice shows."""
    with zipfile.ZipFile(path) as packed:
        content = ElementTree.fromstring(packed.read("content.xml"))
    sheets = []
    for table in content.iter(f"{TABLE}table"):
        rows = []
        for line in table.iter(f"{TABLE}table-row"):
            cells = []
            for node in line:
                if node.tag not in (f"{TABLE}table-cell", f"{TABLE}covered-table-cell"):
                    continue
                kind = node.get(f"{OFFICE}value-type")
                value = float(node.get(f"{OFFICE}value")) if kind in ("float", "percentage") else None
                shown = "\n".join(text_of(part) for part in node.findall(f"{TEXT}p"))
                link = next((part.get(LINK) for part in node.iter(f"{TEXT}a")), None)
                times = min(int(node.get(f"{TABLE}number-columns-repeated", 1)), WIDEST)
                cells.extend(Cell(value, shown, link) for _ in range(times))
            while cells and cells[-1].value is None and not cells[-1].shown:
                cells.pop()
            times = int(line.get(f"{TABLE}number-rows-repeated", 1))
            rows.extend([cells] * (times if cells or times < 100 else 1))
        while rows and not rows[-1]:
            rows.pop()
        name = table.get(f"{TABLE}name")
        sheets.append(Sheet(name, rows, (0, 0)))
    return sheets


def text_of(node):
    """The text of a paragraph with its runs of spaces."""
    parts = [node.text or ""]
    for part in node:
        if part.tag == f"{TEXT}s":
            parts.append(" " * int(part.get(f"{TEXT}c", 1)))
        elif part.tag == f"{TEXT}line-break":
            parts.append("\n")
        else:
            parts.append(text_of(part))
        parts.append(part.tail or "")
    return "".join(parts)


def formats(shown_sheets, xlsx_sheets, tally, pair):
    """What LibreOffice shows of a number is the number by the format that the workbook gives it, and shares are shown as percents."""
    tally.open(pair)
    for shown_sheet, sheet in zip(shown_sheets, xlsx_sheets):
        for at, row in enumerate(sheet.rows):
            for column, cell in enumerate(row):
                if cell.value is None:
                    continue
                where = f"{sheet.name}, line {at + 1}, column {column + 1}"
                seen = shown_sheet.rows[at][column].shown
                tally.same(pair, f"{where}, shown", by_format(cell.value, cell.shown), seen)


def by_format(value, code):
    """A number as a spreadsheet shows it by one of the formats that tongda uses."""
    percent = code.endswith("%")
    number = code.removesuffix("%")
    fixed = re.fullmatch(r"(#,##)?0(?:\.(0+|#+))?", number)
    if not fixed:
        return f"the format {code} is not known"
    decimals = len(fixed.group(2) or "")
    text = f"{value * (100 if percent else 1):{',' if fixed.group(1) else ''}.{decimals}f}"
    if fixed.group(2) and fixed.group(2)[0] == "#":
        text = text.rstrip("0")
    return text + ("%" if percent else "")


def main():
    if len(sys.argv) != 3:
        die("usage: workbook.py RUN.xlsx RUN.json")
    book, card = sys.argv[1:]
    tally = Tally()
    with tempfile.TemporaryDirectory() as folder:
        sheets = read_ods(convert(book, folder))
    original = read_xlsx(book)
    name = os.path.basename(book)
    pair = f"{name} in LibreOffice and the JSON"
    # without a window LibreOffice keeps no views: what stays in sight is read from the workbook itself
    for sheet, own in zip(sheets, original):
        sheet.frozen = own.frozen
    tally.same(pair, "names of the sheets", [sheet.name for sheet in original], [sheet.name for sheet in sheets])
    BookCheck(sheets, Truth(card), tally, pair, exact=False).all()
    formats(sheets, original, tally, f"{name}: numbers as they are shown")
    return tally.end()


if __name__ == "__main__":
    sys.exit(main())
