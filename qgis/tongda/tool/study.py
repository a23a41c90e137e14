"""A study file in the making: what is read, one indicator, what is written; and its text in TOML."""

import json
import os
import re

HEAD = '''# A study of tongda, written by its QGIS plugin. Run it without QGIS:
#
#   tongda run {name}
#
# `tongda explain {metric}` tells what is measured, `tongda schema` lists every key.

'''


class Source:
    """A file that the study reads; `keys` are those of its table beside path and layer."""

    def __init__(self, path, layer=None, **keys):
        self.path = path
        self.layer = layer
        self.keys = keys

    def table(self, where):
        """Its table in a study file that stands in the folder `where`; a key without a value is left out."""
        table = {'path': relative(self.path, where)}
        if self.layer:
            table['layer'] = self.layer
        table.update((key, value) for key, value in self.keys.items() if value not in (None, '', [], {}))
        return table


def relative(path, where):
    """`path` as seen from the folder `where`, with forward slashes; absolute where no way leads there (another drive)."""
    path = os.path.abspath(path)
    try:
        path = os.path.relpath(path, where)
    except ValueError:
        pass
    return path.replace(os.sep, '/')


class Study:
    """One question: sources under the keys of `[study]`, one indicator, and the outputs."""

    def __init__(self, title_en, title_zh, indicator, metric):
        self.title = {'en': title_en, 'zh': title_zh}
        self.indicator = indicator
        self.metric = metric
        self.study = {}
        self.measure = {}
        self.target = {}
        self.over = []

    def files(self):
        """Every source and file that the study names."""
        found = []

        def look(value):
            if isinstance(value, (Source, File)):
                found.append(value)
            elif isinstance(value, list):
                for one in value:
                    look(one)
            elif isinstance(value, dict):
                look(list(value.values()))

        look(list(self.study.values()))
        return found

    def text(self, where, outputs, name='study.toml'):
        """The study file for the folder `where`; `outputs` are paths, absolute or relative to it."""
        lines = [HEAD.format(name=name, metric=self.metric), f'title = {toml(self.title)}\n', '\n[study]\n']
        for key, value in self.study.items():
            if value in (None, '', [], {}):
                continue
            lines.append(f'{key} = {self._value(value, where)}\n')
        lines.append(f'\n[[indicator]]\nid = {toml(self.indicator)}\ntitle = {toml(self.title)}\n')
        measure = {key: value for key, value in self.measure.items() if value not in (None, '', [], {})}
        lines.append(f'measure.{self.metric} = {toml(measure)}\n')
        if self.over:
            lines.append(f'over = {toml(self.over)}\n')
        if self.target:
            lines.append(f'target = {toml(self.target)}\n')
        for path in outputs:
            path = relative(path, where) if os.path.isabs(path) else path
            lines.append(f'\n[[output]]\npath = {toml(path)}\n')
            if path.endswith('.html'):
                lines.append('lang = "both"\n')
        return ''.join(lines)

    def _value(self, value, where):
        if isinstance(value, Source):
            return toml(value.table(where))
        if isinstance(value, list) and value and isinstance(value[0], Source):
            return '[\n' + ''.join(f'    {toml(one.table(where))},\n' for one in value) + ']'
        if isinstance(value, File):
            return toml(relative(value.path, where))
        if isinstance(value, dict):
            return '{ ' + ', '.join(f'{_key(key)} = {self._value(one, where)}' for key, one in value.items() if one not in (None, '', [])) + ' }'
        if isinstance(value, list):
            return '[' + ', '.join(self._value(one, where) for one in value) + ']'
        return toml(value)


class File:
    """A path that stands for itself in a study, without a table."""

    def __init__(self, path):
        self.path = path


class Bare:
    """A value that TOML writes without quotes, such as a date."""

    def __init__(self, text):
        self.text = text


def toml(value):
    """A value as TOML writes it on one line."""
    if isinstance(value, Bare):
        return value.text
    if isinstance(value, bool):
        return 'true' if value else 'false'
    if isinstance(value, (int, float)):
        return repr(int(value)) if value == int(value) else repr(value)
    if isinstance(value, str):
        # JSON's escapes are TOML's, but for the one character that JSON leaves as it is
        return json.dumps(value, ensure_ascii=False).replace('\x7f', '\\u007f')
    if isinstance(value, (list, tuple)):
        return '[' + ', '.join(toml(one) for one in value) + ']'
    if isinstance(value, dict):
        return '{ ' + ', '.join(f'{_key(key)} = {toml(one)}' for key, one in value.items()) + ' }' if value else '{}'
    raise TypeError(f'{type(value).__name__} has no TOML')


def _key(key):
    return key if re.fullmatch(r'[A-Za-z0-9_-]+', key) else toml(key)
