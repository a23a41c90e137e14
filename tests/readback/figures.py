"""The figures of one run: the JSON scorecard is the truth, workbooks are read into rows of cells, and every comparison is counted.

Shared by outputs.py and workbook.py. Plain Python.
"""
import json
import pathlib
import re
import sys
import zipfile
from xml.etree import ElementTree

WORDS = {
    "verdict": {
        "met": ("met", "达标"), "missed": ("missed", "未达标"), "no-data": ("no data", "无数据"),
        "not-applicable": ("not applicable", "不适用"), "no-target": ("no target", "未设目标"),
    },
    "status": {
        "met": ("met", "达标"), "fragile": ("fragile", "脆弱"), "close": ("close", "接近达标"), "not-met": ("not met", "未达标"),
        "no-data": ("no data", "无数据"), "not-applicable": ("not applicable", "不适用"), "no-target": ("no target", "未设目标"),
    },
    "firmness": {"robust": ("robust", "稳健"), "fragile": ("fragile", "脆弱"), "untested": ("", "")},
    "level": {
        "province": ("province", "省"), "city": ("city", "设区市"), "county": ("county", "县（市、区）"),
        "township": ("township", "乡镇（街道）"), "village": ("village", "村（社区）"),
    },
}


def in_lang(said, lang):
    """The text of a figure or a target; the Chinese stands beside it where it is another."""
    return (said.get("text_zh") if lang == "zh" else None) or said.get("text") or ""


# what is weighed, where it is no group of the user's own
WEIGHED = {"people": "人口", "count": "点数", "regions": "区域", "pairs": "对", "hubs": "枢纽", "facilities": "设施", "records": "记录", "m²": "平方米"}


def weighed(name, lang):
    return WEIGHED.get(name, name) if lang == "zh" else name


def outcomes():
    """The words of outcomes by code, in English and Chinese, from where the program declares them."""
    with open(pathlib.Path(__file__).parents[2] / "src/base/words.rs", encoding="utf-8") as file:
        return {code: (en, zh) for code, en, zh in re.findall(r'\("([a-z0-9-]+)", "([^"]*)", "([^"]*)"\)', file.read())}


class Tally:
    """Counts what was compared, pair of outputs by pair, and keeps the differences."""

    SHOWN = 12

    def __init__(self):
        self.counts = {}
        self.wrong = {}
        self.left = set()

    def open(self, pair):
        """A pair that must be compared: a count of 0 is a failure."""
        self.counts.setdefault(pair, 0)

    def same(self, pair, where, truth, found):
        self.counts[pair] = self.counts.get(pair, 0) + 1
        if truth != found:
            self.wrong.setdefault(pair, []).append(f"{where}: the JSON says {truth!r}, here stands {found!r}")

    def leave(self, what):
        """Something that is not compared, said once."""
        self.left.add(what)

    def end(self):
        """Prints the counts and the differences; the exit code."""
        for pair, count in self.counts.items():
            wrong = self.wrong.get(pair, [])
            print(f"{'DIFFERS' if wrong else 'NOTHING' if not count else 'same':8} {pair}: {count} figures compared" + (f", {len(wrong)} differ" if wrong else ""))
            for line in wrong[:self.SHOWN]:
                print(f"           {line}")
            if len(wrong) > self.SHOWN:
                print(f"           and {len(wrong) - self.SHOWN} more")
        for what in sorted(self.left):
            print(f"not compared: {what}")
        failed = any(self.wrong.values()) or any(not count for count in self.counts.values()) or not self.counts
        return 1 if failed else 0


class Truth:
    """The JSON scorecard."""

    def __init__(self, path):
        with open(path, encoding="utf-8") as file:
            self.card = json.load(file)
        self.indicators = self.card["indicators"]

    def title(self, row, lang):
        return row["title"][lang] + (" *" if row["synthetic"] else "")

    def region(self, row, level, code):
        return next((one for one in row["regions"] if one["level"] == level and one["code"] == code), None)

    def smallest(self, row):
        """The regions of the smallest level that the indicator has."""
        order = list(WORDS["level"])
        levels = [one["level"] for one in row["regions"]]
        if not levels:
            return None, []
        level = max(levels, key=order.index)
        return level, [one for one in row["regions"] if one["level"] == level]


class Cell:
    """What a cell holds: a number or nothing, the text that is shown, and where a click leads."""

    def __init__(self, value=None, shown="", link=None):
        self.value = value
        self.shown = shown
        self.link = link


class Sheet:
    def __init__(self, name, rows, frozen):
        self.name = name
        self.rows = rows
        # rows and columns that stay in sight
        self.frozen = frozen

    @property
    def columns(self):
        return [cell.shown for cell in self.rows[2]] if len(self.rows) > 2 else []

    def below(self):
        """The rows below the column names, each by column name."""
        for row in self.rows[3:]:
            if any(cell.shown or cell.value is not None for cell in row):
                yield {name: row[at] if at < len(row) else Cell() for at, name in enumerate(self.columns) if name}


MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"


def read_xlsx(path):
    """The sheets of an Excel workbook in order, from the zip and its XML; `shown` of a number is its format code."""
    with zipfile.ZipFile(path) as packed:
        names = set(packed.namelist())

        def parse(name):
            return ElementTree.fromstring(packed.read(name))

        def text(node):
            return "".join(part.text or "" for part in node.iter(f"{MAIN}t"))

        shared = [text(one) for one in parse("xl/sharedStrings.xml").iter(f"{MAIN}si")] if "xl/sharedStrings.xml" in names else []
        styles = parse("xl/styles.xml")
        codes = {one.get("numFmtId"): one.get("formatCode") for one in styles.iter(f"{MAIN}numFmt")}
        codes.update({"0": "General", "3": "#,##0"})
        formats = [codes.get(one.get("numFmtId"), one.get("numFmtId")) for one in styles.find(f"{MAIN}cellXfs")]
        targets = {one.get("Id"): one.get("Target") for one in parse("xl/_rels/workbook.xml.rels")}
        sheets = []
        for entry in parse("xl/workbook.xml").iter(f"{MAIN}sheet"):
            sheet = parse("xl/" + targets[entry.get(f"{RELATION}id")].removeprefix("/xl/"))
            links = {one.get("ref"): one.get("location") for one in sheet.iter(f"{MAIN}hyperlink")}
            rows = []
            for line in sheet.iter(f"{MAIN}row"):
                at = int(line.get("r")) - 1
                while len(rows) <= at:
                    rows.append([])
                for node in line.iter(f"{MAIN}c"):
                    place = node.get("r")
                    column = column_of(place)
                    while len(rows[at]) <= column:
                        rows[at].append(Cell())
                    kind, value = node.get("t", "n"), node.findtext(f"{MAIN}v")
                    if kind == "s":
                        cell = Cell(None, shared[int(value)])
                    elif kind == "inlineStr":
                        cell = Cell(None, text(node))
                    elif value is None:
                        cell = Cell()
                    elif kind == "n":
                        cell = Cell(float(value), formats[int(node.get("s", 0))])
                    else:
                        cell = Cell(None, value)
                    cell.link = links.get(place)
                    rows[at][column] = cell
            pane = next(sheet.iter(f"{MAIN}pane"), None)
            frozen = (0, 0) if pane is None or pane.get("state") != "frozen" else (int(float(pane.get("ySplit", 0))), int(float(pane.get("xSplit", 0))))
            sheets.append(Sheet(entry.get("name"), rows, frozen))
    return sheets


def column_of(place):
    at = 0
    for letter in re.match("[A-Z]+", place).group():
        at = at * 26 + ord(letter) - ord("A") + 1
    return at - 1


def langs_of(sheets):
    """The languages of a workbook, by its first column name."""
    head = sheets[0].columns[0]
    return {"指标": ["zh"], "Indicator": ["en"], "指标 Indicator": ["zh", "en"]}[head]


def link_sheet(link):
    """The sheet that a link into the workbook leads to; None for any other link."""
    found = re.match(r"#?'?((?:[^']|'')+?)'?[!.]\$?A\$?1$", link or "")
    return found.group(1).replace("''", "'") if found else None


class BookCheck:
    """A workbook against the JSON; `exact` says whether numbers are to be the same to the last bit, or to 15 digits."""

    def __init__(self, sheets, truth, tally, pair, exact):
        self.sheets = sheets
        self.truth = truth
        self.tally = tally
        self.pair = pair
        self.exact = exact
        self.langs = langs_of(sheets)
        self.by_title = {sheet.rows[0][0].shown: sheet for sheet in sheets}
        # sheets of regions by title, in order: two indicators may have one title
        self.of_regions = {}
        for sheet in sheets[1:]:
            self.of_regions.setdefault(sheet.rows[0][0].shown, []).append(sheet)
        self.at = {}
        self.sheet_of = {}
        tally.open(pair)

    def say(self, en, zh):
        if self.langs == ["en"]:
            return en
        if self.langs == ["zh"] or en == zh:
            return zh
        return f"{zh} {en}"

    def said(self, figure):
        return self.say(in_lang(figure, "en"), in_lang(figure, "zh"))

    def of(self, text):
        return self.say(text["en"], text["zh"]) if text else ""

    def word(self, kind, name):
        return self.say(*WORDS[kind][name])

    def text(self, where, cell, truth):
        # LibreOffice and HTML know no line end at the end of a cell
        self.tally.same(self.pair, where, truth or "", cell.shown)

    def number(self, where, cell, truth):
        found = cell.value
        if not self.exact and truth is not None and found is not None and abs(found - truth) <= 1e-14 * abs(truth):
            found = truth
        self.tally.same(self.pair, where, truth, found)

    def figure(self, where, row, figure):
        """The five columns of a figure."""
        self.text(f"{where}, text", row[self.say("Value", "数值")], self.said(figure))
        self.number(f"{where}, value", row[self.say("Value, unrounded", "数值（未取整）")], figure["value"])
        self.number(f"{where}, part", row[self.say("Part", "分子")], figure["part"])
        self.number(f"{where}, whole", row[self.say("Whole", "分母")], figure["whole"])
        self.number(f"{where}, unknown", row[self.say("Without data", "无数据量")], figure["unknown"] or None)

    def title(self, row):
        return self.of(row["title"]) + (" *" if row["synthetic"] else "")

    def all(self):
        self.scorecard()
        for at, row in enumerate(self.truth.indicators):
            for level in sorted({one["level"] for one in row["regions"]}):
                self.regions(row, level)
        self.definitions()
        self.people()
        self.records()
        self.inputs()
        self.ranking()
        self.evidence()
        self.ways()

    def sheet(self, en, zh):
        name = self.say(en, zh)
        found = [sheet for title, sheet in self.by_title.items() if title == name or title.startswith(f"{name} · ")]
        return found[0] if found else None

    def scorecard(self):
        rows = list(self.sheets[0].below())
        self.tally.same(self.pair, "rows of the scorecard", len(self.truth.indicators), len(rows))
        for truth, row in zip(self.truth.indicators, rows):
            where = truth["id"]
            target = truth["target"] or {}
            self.text(f"{where}, title", row[self.say("Indicator", "指标")], self.title(truth))
            self.text(f"{where}, verdict", row[self.say("Verdict", "结论")], self.word("verdict", truth["verdict"]))
            self.text(f"{where}, firmness", row[self.say("Firmness", "稳健性")], self.word("firmness", truth["firmness"]))
            if "status" in truth:
                self.text(f"{where}, status", row[self.say("Status", "状态")], self.word("status", truth["status"]))
            self.text(f"{where}, target", row[self.say("Target", "目标")], self.said(target))
            assumed = f" {self.say('(assumed)', '（假设）')}" if target.get("by") and target.get("by_is_assumed") else ""
            self.text(f"{where}, by", row[self.say("By", "期限")], (target.get("by") or "") + assumed)
            self.figure(where, row, truth["figure"])
            self.text(f"{where}, gap", row[self.say("What would close the gap", "达标所需")], self.of(truth["closing_the_gap"]))
            self.text(f"{where}, reason", row[self.say("Reason", "说明")], self.of(truth["reason"]))
            self.text(f"{where}, cites", row[self.say("Source of the target", "目标出处")], truth["cites"])

    def regions(self, truth, level):
        wanted = [one for one in truth["regions"] if one["level"] == level]
        title = f"{self.title(truth)} · {self.word('level', level)}"
        sheets, at = self.of_regions.get(title, []), self.at.get(title, 0)
        sheet = sheets[at] if at < len(sheets) else None
        self.at[title] = at + 1
        self.sheet_of[truth["id"], level] = sheet
        self.tally.same(self.pair, f"{truth['id']} has a sheet for {level}", True, sheet is not None)
        if sheet is None:
            return
        rows = list(sheet.below())
        self.tally.same(self.pair, f"rows of {sheet.name}", len(wanted), len(rows))
        for one, row in zip(wanted, rows):
            where = f"{truth['id']}, {level} {one['code']}"
            self.text(f"{where}, code", row[self.say("Code", "代码")], one["code"])
            self.text(f"{where}, name", row[self.say("Region", "区域")], one["name"])
            self.text(f"{where}, verdict", row[self.say("Verdict", "结论")], self.word("verdict", one["verdict"]))
            self.figure(where, row, one["figure"])
            bounds = one["figure"]["bounds"] or (None, None)
            self.number(f"{where}, at least", row[self.say("At least", "下限")], bounds[0])
            self.number(f"{where}, at most", row[self.say("At most", "上限")], bounds[1])
            if "status" in one:
                self.text(f"{where}, status", row[self.say("Status", "状态")], self.word("status", one["status"]))

    def definitions(self):
        wanted = [(row, one) for row in self.truth.indicators if len(row["variants"]) > 1 for one in row["variants"]]
        sheet = self.sheet("Definitions", "口径")
        rows = list(sheet.below()) if sheet else []
        self.tally.same(self.pair, "rows of the definitions", len(wanted), len(rows))
        for (truth, one), row in zip(wanted, rows):
            where = f"{truth['id']}, definition {one['code']}"
            self.text(f"{where}, title", row[self.say("Indicator", "指标")], self.title(truth))
            self.text(f"{where}, code", row[self.say("Code", "代码")], one["code"])
            self.text(f"{where}, label", row[self.say("Definition", "口径")], self.of(one["label"]))
            verdict = "" if one["informative_only"] else self.word("verdict", one["verdict"])
            self.text(f"{where}, verdict", row[self.say("Verdict", "结论")], verdict)
            self.figure(where, row, one["figure"])

    def people(self):
        wanted, words = [], outcomes()
        for row in self.truth.indicators:
            for ledger in row["weights"]:
                unit = self.say(weighed(ledger["unit"], "en"), weighed(ledger["unit"], "zh"))
                for part, amount in ledger["parts"]:
                    wanted.append((row, unit, self.say(*words.get(part, (part, part))), float(amount)))
                wanted.append((row, unit, self.say("all", "合计"), float(ledger["total"])))
        sheet = self.sheet("People", "人口台账")
        rows = list(sheet.below()) if sheet else []
        self.tally.same(self.pair, "rows of the people", len(wanted), len(rows))
        for (truth, unit, part, amount), row in zip(wanted, rows):
            where = f"{truth['id']}, people {part}"
            self.text(where, row[self.say("Outcome", "结果")], part)
            self.text(where, row[self.say("Weighed", "加权对象")], unit)
            self.number(where, row[self.say("Amount", "数量")], amount)

    def records(self):
        sheet = self.sheet("Records", "数据台账")
        rows = list(sheet.below()) if sheet else []
        self.tally.same(self.pair, "rows of the records", len(self.truth.card["sources"]), len(rows))
        for one, row in zip(self.truth.card["sources"], rows):
            where = f"records of {one['source']}"
            self.text(where, row[self.say("Source", "数据源")], one["source"])
            self.number(f"{where}, read", row[self.say("Read", "读入")], one["read"])
            self.number(f"{where}, used", row[self.say("Used", "使用")], one["used"])
            self.number(f"{where}, left out", row[self.say("Left out", "未用")], sum(one["dropped"].values()))

    def inputs(self):
        sheet = self.sheet("Inputs", "输入")
        rows = list(sheet.below()) if sheet else []
        self.tally.same(self.pair, "rows of the inputs", len(self.truth.card["provenance"]), len(rows))
        for one, row in zip(self.truth.card["provenance"], rows):
            self.text(f"input {one['path']}", row[self.say("Input", "输入")], one["path"])
            self.text(f"input {one['path']}, SHA-256", row["SHA-256"], one["sha256"])
            self.number(f"input {one['path']}, bytes", row[self.say("Bytes", "字节")], one["bytes"])

    def ranking(self):
        wanted = self.truth.card.get("ranking") or []
        sheet = self.sheet("Ranking", "排名")
        rows = list(sheet.below()) if sheet else []
        self.tally.same(self.pair, "rows of the ranking", len(wanted), len(rows))
        for one, row in zip(wanted, rows):
            where = f"ranking of {one['level']} {one['code']}"
            self.text(where, row[self.say("Code", "代码")], one["code"])
            self.text(where, row[self.say("Level", "层级")], self.word("level", one["level"]))
            places = one["places"] or (None, None)
            for name, truth in (("Best place", places[0]), ("Worst place", places[1]), ("Targets", one["targets"]), ("Met", one["met"]),
                                ("Missed", one["missed"]), ("Missed, but close", one["close"]), ("No data", one["no_data"]),
                                ("Not applicable", one["not_applicable"])):
                chinese = {"Best place": "可能的最好名次", "Worst place": "可能的最差名次", "Targets": "适用目标数", "Met": "达标", "Missed": "未达标",
                           "Missed, but close": "其中接近达标", "No data": "无数据", "Not applicable": "不适用"}[name]
                self.number(f"{where}, {name}", row[self.say(name, chinese)], truth)

    def evidence(self):
        wanted = [(row, one) for row in self.truth.indicators for one in row["evidence"]]
        sheet = self.sheet("Evidence", "依据")
        rows = list(sheet.below()) if sheet else []
        self.tally.same(self.pair, "rows of the evidence", len(wanted), len(rows))
        for (truth, one), row in zip(wanted, rows):
            where = f"{truth['id']}, evidence {one['key']}"
            self.text(where, row[self.say("About", "对象")], one["key"])
            self.text(f"{where}, state", row[self.say("State", "状态")], one["state"])
            self.text(f"{where}, text", row[self.say("Evidence", "依据")], self.of(one["text"]))

    def ways(self):
        """Links lead to sheets that are there, back and forth; the names of columns stay in sight."""
        names = {sheet.name for sheet in self.sheets}
        for sheet in self.sheets:
            self.tally.same(self.pair, f"frozen lines and columns of {sheet.name}", (3, 1), sheet.frozen)
            links = [cell.link for row in sheet.rows for cell in row if cell.link]
            for link in links:
                self.tally.same(self.pair, f"a link of {sheet.name} to {link}", True, link_sheet(link) in names)
            if sheet is not self.sheets[0]:
                self.tally.same(self.pair, f"the way back of {sheet.name}", self.sheets[0].name, link_sheet(sheet.rows[1][0].link) if sheet.rows[1] else None)
        for truth, row in zip(self.truth.indicators, self.sheets[0].below()):
            level, _ = self.truth.smallest(truth)
            sheet = self.sheet_of.get((truth["id"], level))
            link = row[self.say("Indicator", "指标")].link
            self.tally.same(self.pair, f"the link of {truth['id']}", sheet.name if sheet else None, link_sheet(link))


def die(text):
    print(text, file=sys.stderr)
    sys.exit(2)
