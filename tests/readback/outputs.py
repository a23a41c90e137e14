#!/usr/bin/env python3
"""Every figure that stands in two outputs of one run is the same.

    tongda run STUDY --lang en --out-dir FOLDER > FOLDER/NAME.en.txt
    tongda run STUDY --lang zh --out-dir FOLDER > FOLDER/NAME.zh.txt
    tests/readback/outputs.py FOLDER NAME

The JSON scorecard is the truth. Held against it, for every indicator and every region, are the scorecard in CSV, the workbook (read from its own XML),
the report in HTML, the scorecard and the layers of regions in the GeoPackage, and the card on the terminal, in each language that is there. Compared
are texts, verdicts, firmness, status, and numbers where they stand. A line for each pair of outputs says how many figures were compared; the exit code
is 1 when one differs or when nothing was compared. An output that the run has not written is named and left out.
"""
import csv
import html
import os
import re
import sqlite3
import sys

from figures import WORDS, BookCheck, Tally, Truth, die, in_lang, read_xlsx, weighed

NONE = "–"


def lang_words(kind, name, lang):
    return WORDS[kind][name][0 if lang == "en" else 1]


def check_rows(truth, tally, pair, rows):
    """Rows of a scorecard, CSV or GeoPackage: one an indicator and one a region, each by column name."""
    tally.open(pair)
    found = {(row["indicator"], row["level"], row["code"] or ""): row for row in rows}
    wanted = {}
    for row in truth.indicators:
        wanted[row["id"], "all", ""] = row
        for region in row["regions"]:
            wanted[row["id"], region["level"], region["code"]] = region
    tally.same(pair, "rows of the scorecard", len(wanted), len(rows))
    tally.same(pair, "keys of the rows", [], sorted(map(str, set(wanted) ^ set(found)))[:3])
    heads = {row["id"]: row for row in truth.indicators}
    for key, one in wanted.items():
        row = found.get(key)
        if row is None:
            continue
        where, head, figure = " ".join(key).strip(), heads[key[0]], one["figure"]
        target = head["target"] or {}
        tally.same(pair, f"{where}, text", figure["text"], row["value_text"] or "")
        tally.same(pair, f"{where}, verdict", one["verdict"], row["verdict"])
        if "status" in one:
            tally.same(pair, f"{where}, status", one["status"], row["status"])
        if key[1] == "all":
            # tables leave untested empty
            tally.same(pair, f"{where}, firmness", one["firmness"], row["firmness"] or "untested")
            tally.same(pair, f"{where}, reason", (one["reason"] or {}).get("en", ""), row["reason_en"] or "")
        else:
            tally.same(pair, f"{where}, name", one["name"], row["name"])
        tally.same(pair, f"{where}, target", target.get("text", ""), row["target"] or "")
        tally.same(pair, f"{where}, title", (head["title"]["zh"], head["title"]["en"]), (row["title_zh"], row["title_en"]))
        for name in ("value", "part", "whole", "unknown"):
            tally.same(pair, f"{where}, {name}", figure[name], as_number(row[name]))


def as_number(value):
    return None if value in (None, "") else float(value)


def check_csv(path, truth, tally, pair):
    with open(path, encoding="utf-8-sig", newline="") as file:
        check_rows(truth, tally, pair, list(csv.DictReader(file)))


# the map of regions of these shows another figure, and says so in its title: of evenness the mean way
OTHER_MAP = {"equity"}
# how every layer of regions begins
FIELDS = ["code", "name", "verdict", "value", "label", "city", "level"]
# the words of pairs that are joined, not joined, without data
PAIRS = {"neighbour-reach": ("status", ["connected", "unconnected", "no_data"]), "hub-reach": ("state", ["joined", "not-joined", "no-data"])}


def check_gpkg(path, truth, tally, name):
    base = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    base.row_factory = sqlite3.Row
    check_rows(truth, tally, f"{name}.gpkg, scorecard, and the JSON", [dict(row) for row in base.execute("SELECT * FROM scorecard")])
    pair = f"{name}.gpkg, layers of regions, and the JSON"
    tables = {row[0] for row in base.execute("SELECT table_name FROM gpkg_contents")}
    for row in truth.indicators:
        table = row["id"].replace("-", "_") + "_regions"
        if table not in tables:
            continue
        tally.open(pair)
        columns = [one["name"] for one in base.execute(f'PRAGMA table_info("{table}")')]
        tally.same(pair, f"{table}, first fields", FIELDS, columns[2:2 + len(FIELDS)])
        other = row["metric"] in OTHER_MAP
        if other:
            tally.leave(f"{table} and its map show another figure than the indicator's")
        context = 0
        for line in base.execute(f'SELECT * FROM "{table}"'):
            one = next((one for one in row["regions"] if one["code"] == line["code"] and line["code"]
                        and one["level"] == line["level"]), None)
            if one is None:
                # regions that are not judged are drawn too
                context += 1
                continue
            where = f"{table} {line['code']}"
            tally.same(pair, f"{where}, verdict", one["verdict"], line["verdict"])
            if other:
                continue
            value = one["figure"]["value"]
            # of supply per person layers show it per 1000, as their legends do
            if one["figure"]["unit"] == "rate" and value is not None:
                value *= 1000.0
            tally.same(pair, f"{where}, value", value, line["value"])
            tally.same(pair, f"{where}, label", one["figure"]["text"] or NONE, line["label"] or NONE)
        if context:
            tally.leave(f"{table}: {context} regions that are not judged and not in the scorecard")
    check_legends(base, truth, tally, name, tables)
    base.close()


def check_legends(base, truth, tally, name, tables):
    """Each row of a layer has one class, the count beside a class is that of its rows, and as many pairs are drawn as the figure counts."""
    pair = f"{name}.gpkg, legends and layers"
    tally.open(pair)
    number = lambda sql: base.execute(sql).fetchone()[0]
    for table, style in base.execute("SELECT f_table_name, styleQML FROM layer_styles").fetchall():
        rules = [[html.unescape(one) for one in rule] for rule in re.findall(r'<rule [^>]*?filter="([^"]*)" label="([^"]*)"', style)]
        # what QGIS asks of a feature, SQLite understands too
        held = [f"coalesce(({text}), 0)" for text, _ in rules if text != "ELSE"]
        filters = [f"coalesce(({text}), 0)" if text != "ELSE" else f"(NOT ({' OR '.join(['0', *held])}))" for text, _ in rules]
        for (_, label), taken in zip(rules, filters):
            count = re.search(r" \[(\d+)\]$", label)
            drawn = number(f'SELECT count(*) FROM "{table}" WHERE {taken}')
            tally.same(pair, f"{table}, {label}", drawn, int(count.group(1)) if count else None)
        if filters:
            tally.same(pair, f"{table}, rows in no class or in several", 0, number(f'SELECT count(*) FROM "{table}" WHERE {" + ".join(filters)} <> 1'))
    for row in truth.indicators:
        table, figure = row["id"].replace("-", "_") + "_pairs", row["figure"]
        if row["metric"] not in PAIRS or table not in tables or figure["whole"] is None:
            continue
        field, words = PAIRS[row["metric"]]
        drawn = [number(f"SELECT count(*) FROM \"{table}\" WHERE {field} = '{word}'") for word in words]
        if any(one["code"] == "pairs" for one in row["variants"]) or any(one["unit"] == "hubs" for one in row["weights"]):
            tally.leave(f"{table}: the figure counts regions or hubs")
            continue
        tally.same(pair, f"{table}, pairs", [figure["part"], figure["whole"] - figure["part"], figure["unknown"]], drawn)


def check_xlsx(path, truth, tally, pair):
    BookCheck(read_xlsx(path), truth, tally, pair, exact=True).all()


def plain(markup):
    return html.unescape(re.sub(r"<[^>]*>", "", markup)).strip()


def tables_of(markup):
    """The tables of a piece of HTML as rows of cells in HTML, the names of columns first."""
    for table in re.findall(r"<table.*?</table>", markup, re.S):
        yield [re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.S) for row in re.findall(r"<tr.*?</tr>", table, re.S)]


def verdict_word(markup, lang):
    """The verdict of a chip or span, by its word; the sign before it is not looked at."""
    text = plain(markup)
    for kind, words in WORDS["verdict"].items():
        word = words[0 if lang == "en" else 1]
        if re.fullmatch(rf"(\S )?{re.escape(word)}", text):
            return kind
    return text


def numbers_of(text):
    """The numbers in a sentence; thousands are parted by thin or plain spaces."""
    return [float(re.sub(r"\s", "", one).replace("−", "-")) for one in re.findall(r"[-−]?\d+(?:[\s\u00a0\u2009\u202f]\d{3})*(?:\.\d+)?", text)]


def shown_as(value, found):
    """Whether `found` is `value` as a page shows amounts: whole ones whole, others with one decimal."""
    return found is not None and abs(value - found) <= (0 if value == int(value) else 0.05 + 1e-9)


def is_count(row):
    """Whether parts and wholes are counts of people, pairs or regions, which are shown as whole numbers."""
    return row["metric"] not in ("attribute-share", "overlay-share", "reported")


def check_parts(tally, pair, where, row, text):
    """"214 of 233; 8 more without data", in either language."""
    figure = row["figure"]
    wanted = [figure["part"], figure["whole"]] + ([figure["unknown"]] if figure["unknown"] else [])
    found = numbers_of(text)
    if "中的" in text and len(found) > 1:
        found[0], found[1] = found[1], found[0]
    # a part is cut as the share is, so that the rest is not shown too small
    alike = (lambda value, one: one == int(one) and abs(value - one) < 1) if is_count(row) else shown_as
    right = len(wanted) == len(found) and all(alike(value, one) for value, one in zip(wanted, found))
    tally.same(pair, f"{where}, part of whole", wanted, wanted if right else found)


def check_counts(tally, pair, where, regions, text, lang):
    """"met 54, missed 31, no data 10"."""
    wanted = {}
    for one in regions:
        word = lang_words("verdict", one["verdict"], lang)
        wanted[word] = wanted.get(word, 0) + 1
    found = {}
    for one in re.split("[,，、]", text):
        word, _, count = one.strip().rpartition(" ")
        found[word] = int(count) if count.isdigit() else count
    tally.same(pair, f"{where}, verdicts of regions", wanted, found)


def check_html(path, truth, tally, name):
    with open(path, encoding="utf-8") as file:
        page = file.read()
    mains = re.findall(r'<main[^>]*\blang="(zh|en)"[^>]*>(.*?)</main>', page, re.S)
    if not mains:
        lang = re.search(r'<html[^>]*lang="(zh|en)', page).group(1)
        mains = [(lang, page)]
    for lang, main in mains:
        pair = f"{name}.html in {lang} and the JSON"
        tally.open(pair)
        html_scorecard(main, truth, tally, pair, lang)
        for row in truth.indicators:
            found = re.search(rf'<section class="indicator" id="(?:{lang}-)?{re.escape(row["id"])}">(.*?)</section>', main, re.S)
            linked = re.search(rf'href="#(?:{lang}-)?{re.escape(row["id"])}"', main) is not None
            tally.same(pair, f"{row['id']} has the section that is linked to", linked, found is not None)
            if found:
                html_indicator(found.group(1), row, truth, tally, pair, lang)


def html_scorecard(main, truth, tally, pair, lang):
    # with items of the plan there is a table for each, in the order of the indicators or not: rows are found by their link
    rows = {}
    for table in tables_of(main.split('<section class="indicator"')[0]):
        for row in table[1:]:
            # a row without a section of its own carries the id itself
            link = re.search(rf'<(a|span) (?:href="#|id=")(?:{lang}-)?([^"]+)"[^>]*>(.*?)</\1>', row[0], re.S) if row else None
            if link:
                rows[link.group(2)] = (table[0], row, link.group(3))
    for one in truth.indicators:
        where = f"scorecard, {one['id']}"
        tally.same(pair, f"{where} is there", True, one["id"] in rows)
        if one["id"] not in rows:
            continue
        head, row, title = rows[one["id"]]
        cells = {plain(name): cell for name, cell in zip(head, row)}
        tally.same(pair, f"{where}, title", truth.title(one, lang), plain(title))
        tally.same(pair, f"{where}, text", in_lang(one["figure"], lang) or NONE, plain(cells["Value" if lang == "en" else "数值"]))
        target = in_lang(one["target"], lang) if one["target"] else NONE
        tally.same(pair, f"{where}, target", target, plain(cells["Target" if lang == "en" else "目标"])[:len(target)])
        chip(tally, pair, where, one, cells["Verdict" if lang == "en" else "结论"], lang)


def chip(tally, pair, where, one, cell, lang):
    """The verdict in its frame, and what stands beside it: the firmness, where it was tried."""
    framed = re.search(r'<span class="chip ([a-z-]+)">(.*?)</span>(.*)', cell, re.S)
    tally.same(pair, f"{where}, verdict", one["verdict"], verdict_word(framed.group(2), lang) if framed else plain(cell))
    if framed:
        tally.same(pair, f"{where}, colour", one["verdict"], framed.group(1))
        beside = plain(framed.group(3))
        wanted = lang_words("firmness", one["firmness"], lang)
        if wanted:
            tally.same(pair, f"{where}, firmness", True, wanted in beside)
        else:
            others = [lang_words("firmness", kind, lang) for kind in ("robust", "fragile")]
            tally.same(pair, f"{where}, no firmness", [], [word for word in others if word in beside])
        if "status" in one:
            close = "close" if lang == "en" else "接近"
            tally.same(pair, f"{where}, close", one["status"] == "close", close in beside)


def html_indicator(section, row, truth, tally, pair, lang):
    where = row["id"]
    figure = re.search(r'<div class="figure"><b[^>]*>(.*?)</b>(.*?)</div>', section, re.S)
    tally.same(pair, f"{where}, text", in_lang(row["figure"], lang) or NONE, plain(figure.group(1)))
    spans = figure.group(2)
    if row["target"]:
        tally.same(pair, f"{where}, target", True, in_lang(row["target"], lang) in plain(spans))
    chip(tally, pair, where, row, spans, lang)
    after = section[figure.end():]
    of = re.match(r'\s*<p class="soft">([^<]*)</p>', after)
    if row["figure"]["part"] is not None and row["figure"]["whole"] is not None and of:
        check_parts(tally, pair, where, row, plain(of.group(1)))
    for table in tables_of(section):
        head = [plain(one) for one in table[0]]
        if head[0] in ("Definition", "口径"):
            html_definitions(table, row, tally, pair, lang)
        elif len(head) > 2 and head[1] in ("Code", "代码"):
            html_worst(table, row, truth, tally, pair, lang)
    for level, words in WORDS["level"].items():
        word = re.escape(words[0 if lang == "en" else 1])
        for count, told in re.findall(rf"<p>{word}[ （(]+(\d+)[）)]*[:：] *([^<]*)</p>", section):
            regions = [one for one in row["regions"] if one["level"] == level]
            tally.same(pair, f"{where}, number of regions ({level})", len(regions), int(count))
            check_counts(tally, pair, f"{where}, {level}", regions, told, lang)
    if row["metric"] not in OTHER_MAP:
        html_map(section, row, tally, pair, lang)
    for told in re.findall(r'<p class="soft">(?:Account|台账)[:：] ?([^<]*)</p>', section):
        html_account(told, row, tally, pair, lang)


def html_definitions(table, row, tally, pair, lang):
    by_code = {one["code"]: one for one in row["variants"]}
    tally.same(pair, f"{row['id']}, rows of the definitions", len(by_code), len(table) - 1)
    for cells in table[1:]:
        code = plain(re.search(r'<span class="soft mono">(.*?)</span>', cells[0], re.S).group(1))
        one = by_code.get(code)
        where = f"{row['id']}, definition {code}"
        tally.same(pair, f"{where} is known", True, one is not None)
        if one is None:
            continue
        tally.same(pair, f"{where}, text", in_lang(one["figure"], lang) or NONE, plain(cells[1]) or NONE)
        for (_, figure), cell in zip(one["others"], cells[2:-1]):
            tally.same(pair, f"{where}, other scope", in_lang(figure, lang) or NONE, plain(cell) or NONE)
        if not one["informative_only"]:
            tally.same(pair, f"{where}, verdict", one["verdict"], verdict_word(cells[-1], lang))


def html_worst(table, row, truth, tally, pair, lang):
    _, regions = truth.smallest(row)
    texts = {one["code"]: one for one in regions}
    values = []
    for cells in table[1:]:
        code = plain(cells[1])
        one = texts.get(code)
        where = f"{row['id']}, worst served {code}"
        tally.same(pair, f"{where} is a region", True, one is not None)
        if one:
            tally.same(pair, f"{where}, name", one["name"], plain(cells[0]))
            tally.same(pair, f"{where}, text", in_lang(one["figure"], lang), plain(cells[2]))
            values.append(one["figure"]["value"])
    downwards = bool(row["target"] and not row["target"]["at_least"])
    if values and row["target"]:
        tally.same(pair, f"{row['id']}, order of the worst", sorted(values, reverse=downwards), values)


def html_map(section, row, tally, pair, lang):
    """What the pointer shows over a region of the map: name and figure."""
    figures = {}
    for one in row["regions"]:
        figures.setdefault(one["name"], set()).add(in_lang(one["figure"], lang) or NONE)
    for drawing in re.findall(r'<svg class="map".*?</svg>', section, re.S):
        for told in re.findall(r"<title>([^<]*)</title>", drawing):
            name, colon, text = html.unescape(told).partition(": ")
            if colon and name in figures and re.fullmatch(r"[\d ,.]+ (%|m|km|min|s|h)", text):
                wanted = sorted(figures[name])
                tally.same(pair, f"{row['id']}, map, {name}", wanted, wanted if text in figures[name] else [text])


def html_account(told, row, tally, pair, lang):
    text = html.unescape(told)
    for ledger in row["weights"]:
        unit = weighed(ledger["unit"], lang)
        if unit not in text.split("=")[0]:
            continue
        text = text.replace(unit, "")
        wanted = [float(ledger["total"])] + [float(amount) for _, amount in ledger["parts"] if float(amount)]
        found = numbers_of(text)
        within = 1 if is_count(row) else 0.05
        right = len(wanted) == len(found) and all(abs(a - b) <= within for a, b in zip(wanted, found))
        tally.same(pair, f"{row['id']}, account of {ledger['unit']}", wanted, wanted if right else found)


def check_card(path, truth, tally, name, lang):
    pair = f"the card on the terminal in {lang} ({name}) and the JSON"
    tally.open(pair)
    with open(path, encoding="utf-8") as file:
        lines = file.read().split("\n")
    at = 0
    for row in truth.indicators:
        title = truth.title(row, lang)
        head = next((number for number in range(at, len(lines)) if lines[number].startswith(title + "  ")), None)
        tally.same(pair, f"{row['id']} is on the card", True, head is not None)
        if head is None:
            continue
        at = head + 1
        block = []
        while at < len(lines) and lines[at].startswith("    "):
            block.append(lines[at][4:])
            at += 1
        card_head(lines[head][len(title):], row, tally, pair, lang)
        card_block(block, row, truth, tally, pair, lang)


def card_head(line, row, tally, pair, lang):
    cells = [one for one in re.split(r" {2,}", line.strip()) if one]
    where = row["id"]
    tally.same(pair, f"{where}, text", in_lang(row["figure"], lang) or NONE, cells[0])
    if row["target"]:
        text = in_lang(row["target"], lang)
        tally.same(pair, f"{where}, target", text, cells[1][:len(text)])
    verdict = re.sub(r" \([^()]*\)$", "", cells[-1])
    word = lang_words("verdict", row["verdict"], lang)
    tally.same(pair, f"{where}, verdict", word, verdict[:len(word)])
    rest = verdict[len(word):].lower()
    firmness = lang_words("firmness", row["firmness"], lang)
    tally.same(pair, f"{where}, firmness", True, (firmness in rest) if firmness else not any(
        lang_words("firmness", kind, lang) in rest for kind in ("robust", "fragile")))
    if "status" in row and row["status"] == "close":
        tally.same(pair, f"{where}, close", True, ("close" if lang == "en" else "接近") in rest)


def card_block(block, row, truth, tally, pair, lang):
    where, figure = row["id"], row["figure"]
    if figure["part"] is not None and figure["whole"] is not None and block:
        check_parts(tally, pair, where, row, block[0])
    for one in row["variants"] if len(row["variants"]) > 1 else []:
        label = one["label"][lang]
        line = next((line for line in block if re.match(rf"{re.escape(one['code'])} ", line) and label in line), None)
        tally.same(pair, f"{where}, definition {one['code']} is on the card", True, line is not None)
        if line is None:
            continue
        after = line.index(label, len(one["code"])) + len(label)
        cells = [cell for cell in re.split(r" {2,}", line[after:].strip()) if cell]
        tally.same(pair, f"{where}, definition {one['code']}, text", in_lang(one["figure"], lang) or NONE, cells[0] if cells else NONE)
        if any(variant["others"] for variant in row["variants"]) and not one["informative_only"]:
            tally.same(pair, f"{where}, definition {one['code']}, verdict", lang_words("verdict", one["verdict"], lang), cells[-1])
    level, regions = truth.smallest(row)
    if not level:
        return
    word = lang_words("level", level, lang)
    # wrapped lines belong together; Chinese is wrapped without a space
    start = next((number for number, line in enumerate(block) if line.startswith(f"by {word}: " if lang == "en" else f"{word}: ")), None)
    tally.same(pair, f"{where}, the line of regions", True, start is not None)
    if start is None:
        return
    told = " ".join(block[start:])
    counts, _, worst = told.split(": ", 1)[1].partition("; lowest: " if lang == "en" else "; 最差: ")
    check_counts(tally, pair, where, regions, counts, lang)
    texts = {}
    for one in regions:
        texts.setdefault(one["name"], set()).add(in_lang(one["figure"], lang))
    for one in re.split(", |、", worst) if worst else []:
        name = next((name for name in texts if re.sub(r"\s", "", one).startswith(re.sub(r"\s", "", name))), None)
        tally.same(pair, f"{where}, lowest {one}", True, name is not None and re.sub(r"\s", "", one)[len(re.sub(r"\s", "", name)):] in {re.sub(r"\s", "", text) for text in texts[name]})


def main():
    if len(sys.argv) != 3:
        die("usage: outputs.py FOLDER NAME")
    folder, name = sys.argv[1:]
    card = os.path.join(folder, f"{name}.json")
    if not os.path.exists(card):
        die(f"{card} is missing: the JSON scorecard is what all others are held against")
    truth, tally = Truth(card), Tally()
    checks = {
        f"{name}.csv": lambda path: check_csv(path, truth, tally, f"{name}.csv and the JSON"),
        f"{name}.xlsx": lambda path: check_xlsx(path, truth, tally, f"{name}.xlsx and the JSON"),
        f"{name}.html": lambda path: check_html(path, truth, tally, name),
        f"{name}.gpkg": lambda path: check_gpkg(path, truth, tally, name),
        f"{name}.en.txt": lambda path: check_card(path, truth, tally, name, "en"),
        f"{name}.zh.txt": lambda path: check_card(path, truth, tally, name, "zh"),
    }
    for file, check in checks.items():
        path = os.path.join(folder, file)
        if os.path.exists(path):
            check(path)
        else:
            tally.leave(f"{file}: the run has not written it")
    return tally.end()


if __name__ == "__main__":
    sys.exit(main())
