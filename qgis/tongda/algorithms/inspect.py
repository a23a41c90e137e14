"""What is in a file or layer: CRS declared and likely, fields, extent, problems."""

import html
import json
import os

from qgis.core import QgsProcessingException
from qgis.core import QgsProcessingOutputNumber
from qgis.core import QgsProcessingOutputString

from ..base import DATUMS
from ..base import TABLES
from ..base import TongdaAlgorithm
from ..tool import program
from ..tool import result
from ..tool import words
from ..tool.words import say


class Inspect(TongdaAlgorithm):
    NAME = 'inspect'
    GROUP = ('data', 'Data and studies', '数据与研究')
    TITLE = ('Inspect: what is in a file', '检查：文件内容与问题')
    HELP = (
        'Layers, CRS (declared and likely), fields, extent, counts and problems of any file that tongda reads: vector files, tables, '
        'rasters, OpenStreetMap extracts, timetables. With a file of known datum to compare with, GCJ-02 and BD-09 are told. Of areas, '
        'overlaps, gaps, slivers and exclaves can be written as layers.',
        '检查 tongda 可读的任意文件：图层、坐标参考系（声明的与可能的）、字段、范围、数量与问题，包括矢量、表格、栅格、OpenStreetMap 数据与时刻表。给出已知基准的参照文件，可识别 GCJ-02 与 BD-09。面数据的重叠、缝隙、碎片与飞地可输出为图层。',
    )

    def initAlgorithm(self, config=None):
        self.add_file('FILE', 'File', '文件')
        self.add_layer('LAYER', 'or a layer of the project', '或项目中的图层', TABLES, optional=True, shifted=False)
        self.add_file('AGAINST', 'A file of known datum to compare with', '已知基准的参照文件')
        self.add_text('CRS', 'CRS to take the coordinates in, e.g. EPSG:4549', '按此坐标参考系理解坐标，如 EPSG:4549', advanced=True)
        self.add_choice('DATUM', 'Datum to take the degrees in', '按此基准理解经纬度', DATUMS, advanced=True)
        self.add_text('X', 'Table: column of the longitude or easting', '表格：经度或东坐标列', advanced=True)
        self.add_text('Y', 'Table: column of the latitude or northing', '表格：纬度或北坐标列', advanced=True)
        self.add_yes(self.LOAD, 'Load the layers of problems', '加载问题图层', True)
        self.add_file_made('BORDERS', 'What does not fit between areas', '面之间的问题', 'GeoPackage (*.gpkg)')
        self.add_file_made('REPORT', 'What was found', '检查结果', 'HTML (*.html)')
        for name, english, chinese in (('RECORDS', 'Records', '记录数'), ('PROBLEMS', 'Problems', '问题数'), ('LAYERS', 'Layers', '图层数')):
            self.addOutput(QgsProcessingOutputNumber(name, say(english, chinese)))
        for name, english, chinese in (('CRS_NAME', 'CRS of the first layer', '首图层坐标参考系'), ('JSON', 'All of it, as JSON', '全部结果（JSON）')):
            self.addOutput(QgsProcessingOutputString(name, say(english, chinese)))

    def checkParameterValues(self, parameters, context):
        if bool(parameters.get('FILE')) == bool(parameters.get('LAYER')):
            return False, say('Give a file, or a layer: one of the two.', '请给出文件或图层之一。')
        return super().checkParameterValues(parameters, context)

    def run_tongda(self, tongda, scratch, parameters, context, feedback):
        layer = self.handed['LAYER']
        options = []
        if layer:
            source = layer.as_source(scratch, 'layer', feedback)
            file = source.path
            if source.layer:
                options += ['--layer', source.layer]
            if source.keys.get('crs'):
                options += ['--crs', source.keys['crs']]
        else:
            file = self.parameterAsFile(parameters, 'FILE', context)
        for name, option in (('AGAINST', '--against'), ('CRS', '--crs'), ('X', '--x'), ('Y', '--y')):
            text = self.text_of(parameters, name, context)
            if text and option not in options:
                options += [option, text]
        datum = self.choice_of(parameters, 'DATUM', context)
        if datum:
            options += ['--datum', datum]
        borders = self.parameterAsFileOutput(parameters, 'BORDERS', context)
        wanted = os.path.join(scratch, 'borders.gpkg')
        asked = [tongda, '--lang', words.language(), 'inspect', file] + options
        text = self.start(asked, feedback)
        for line in text.split('\n'):
            feedback.pushInfo(line)
        said = self.start(asked + ['--json'] + (['--layers', wanted] if borders else []), feedback)
        if feedback.isCanceled():
            raise program.Cancelled()
        try:
            found = json.loads(said)
        except ValueError as error:
            raise QgsProcessingException(say(f'What tongda said is no JSON: {error}', f'tongda 的输出不是 JSON：{error}')) from error
        results = {
            'RECORDS': sum(one.get('records') or 0 for one in found),
            'PROBLEMS': sum(sum(((one.get('problems') or {}).get('counts') or {}).values()) for one in found if isinstance(one.get('problems'), dict)),
            'LAYERS': len(found),
            'CRS_NAME': ((found[0].get('crs') or {}).get('name') or '') if found else '',
            'JSON': said,
        }
        report = self.parameterAsFileOutput(parameters, 'REPORT', context)
        if report:
            made = os.path.join(scratch, 'report.html')
            with open(made, 'w', encoding='utf-8') as out:
                out.write(f'<!DOCTYPE html><html lang="{words.language()}"><meta charset="utf-8"><title>tongda inspect</title><pre>{html.escape(text)}</pre></html>\n')
            result.put(made, report)
            results['REPORT'] = report
        if borders and os.path.exists(wanted):
            self.refuse_open(borders)
            result.put(wanted, borders)
            results['BORDERS'] = borders
            self.load(borders, parameters, context, None, self.displayName())
        return results
