"""Which regions are neighbours, and by how long a border."""

import os

from qgis.PyQt.QtCore import QVariant
from qgis.core import QgsFeature
from qgis.core import QgsFeatureSink
from qgis.core import QgsField
from qgis.core import QgsFields
from qgis.core import QgsProcessing
from qgis.core import QgsProcessingException
from qgis.core import QgsProcessingOutputNumber
from qgis.core import QgsProcessingParameterFeatureSink
from qgis.core import QgsVectorLayer
from qgis.core import QgsWkbTypes

from ..base import TongdaAlgorithm
from ..people import levels_of
from ..people import regions_parameters
from ..people import set_regions
from ..tool import program
from ..tool import result
from ..tool.study import File
from ..tool.study import Study
from ..tool.words import say

# the program measures neighbours on the way to "joined by bus"; with a ledger that names no line nothing else is left
LEDGER_HEAD = 'code_a,code_b,line,opened,closed,trips_per_day\n'
KEPT = {
    'PAIRS': ('pairs', ('code_a', 'name_a', 'code_b', 'name_b', 'shared_km', 'land_km', 'scope', 'by_hand', 'sensitive', 'via_exclave')),
    'BORDERS': ('borders', ('code_a', 'name_a', 'code_b', 'name_b', 'shared_km')),
    'CONTACTS': ('contacts', ('code_a', 'name_a', 'code_b', 'name_b', 'shared_m', 'why', 'reason', 'sensitive')),
}


class Adjacency(TongdaAlgorithm):
    NAME = 'adjacency'
    INDICATOR = 'adjacency'
    GROUP = ('neighbours', 'Neighbouring regions', '毗邻区域')
    TITLE = ('Adjacency: which regions are neighbours', '毗邻关系：哪些区域相邻')
    HELP = (
        'Pairs of regions that share at least so much border, though the two outlines are not drawn alike: gaps, slivers and overlaps up '
        'to the tolerance do not matter. Contacts that make no neighbours are listed with the reason. Lengths are measured in a metric plane, never in degrees.',
        '公共边界不短于给定长度的区域对；两侧边界绘制不一致（缝隙、碎片、重叠）在容差内不影响结果。相接但不计为毗邻者连同原因列出。长度在米制平面上量算，绝不用度。',
    )

    def initAlgorithm(self, config=None):
        regions_parameters(self, optional=False)
        self.add_text('MIN_BORDER', 'Least shared border of neighbours', '毗邻的最短公共边界', '500 m', optional=False)
        self.add_text('TOLERANCE', 'How far two drawings of one border may be apart', '边界容差', '50 m', optional=False)
        self.addParameter(QgsProcessingParameterFeatureSink('PAIRS', say('Neighbouring pairs', '毗邻对'), QgsProcessing.TypeVectorLine))
        self.addParameter(QgsProcessingParameterFeatureSink('BORDERS', say('Shared borders', '共有边界'), QgsProcessing.TypeVectorLine, None, True, False))
        self.addParameter(QgsProcessingParameterFeatureSink('CONTACTS', say('Contacts that make no neighbours', '相接但不计为毗邻'), QgsProcessing.TypeVector, None, True, False))
        self.add_file_made(self.STUDY, 'Save the study as', '研究文件另存为', 'TOML (*.toml)')
        self.addOutput(QgsProcessingOutputNumber('PAIR_COUNT', say('Number of pairs', '毗邻对数')))
        self.addOutput(QgsProcessingOutputNumber('CONTACT_COUNT', say('Number of other contacts', '其他相接数')))

    def run_tongda(self, tongda, scratch, parameters, context, feedback):
        study = Study(self.TITLE[0], self.TITLE[1], self.INDICATOR, 'neighbour-reach')
        set_regions(self, study, parameters, context, scratch, feedback)
        ledger = os.path.join(scratch, 'no_lines.csv')
        with open(ledger, 'w', encoding='utf-8') as out:
            out.write(LEDGER_HEAD)
        study.study['declared-pairs'] = File(ledger)
        study.measure = {
            'level': levels_of(self, parameters, context), 'definition': 'declared', 'scope': 'all',
            'min-border': self.text_of(parameters, 'MIN_BORDER', context), 'tolerance': self.text_of(parameters, 'TOLERANCE', context),
        }
        made = os.path.join(scratch, 'out', 'adjacency.gpkg')
        file = os.path.join(scratch, 'study.toml')
        with open(file, 'w', encoding='utf-8') as out:
            out.write(study.text(scratch, [made]))
        # the scorecard speaks of buses, which nobody asked about
        self.start([tongda, '--lang', say('en', 'zh'), '--quiet', 'run', file, '--out-dir', os.path.dirname(made)], feedback)
        if feedback.isCanceled():
            raise program.Cancelled()
        results = {}
        for name, (end, fields) in KEPT.items():
            count = self.hand_over(name, f'{made}|layername={self.INDICATOR}_{end}', made, fields, parameters, context, results)
            if name != 'BORDERS':
                results[f'{name[:-1]}_COUNT'] = count
        feedback.pushInfo(say(f'{results["PAIR_COUNT"]} neighbouring pairs; {results["CONTACT_COUNT"]} contacts that make no neighbours',
                              f'毗邻对 {results["PAIR_COUNT"]} 对；相接但不计为毗邻 {results["CONTACT_COUNT"]} 对'))
        saved = self.parameterAsFileOutput(parameters, self.STUDY, context)
        if saved:
            self.save_study(study, saved, scratch, 'adjacency')
            results[self.STUDY] = saved
        return results

    def hand_over(self, name, uri, made, fields, parameters, context, results):
        """Copies the wanted fields of a layer of the result into a sink; gives the number of rows, 0 where it was not written."""
        there = {layer.name for layer in result.layers(made)}
        if uri.split('=')[-1] not in there:
            layer = None
        else:
            layer = QgsVectorLayer(uri, name, 'ogr')
            if not layer.isValid():
                raise QgsProcessingException(say(f'QGIS can not read "{uri}"', f'QGIS 无法读取“{uri}”'))
        kept = QgsFields()
        if layer:
            for field in fields:
                kept.append(layer.fields().field(field))
        else:
            for field in fields:
                kept.append(QgsField(field, QVariant.Double if field.endswith(('_km', '_m')) else QVariant.String))
        if layer or name == 'PAIRS':
            kind, crs = (layer.wkbType(), layer.crs()) if layer else (QgsWkbTypes.MultiLineString, self.handed['REGIONS'].crs)
            sink, path = self.parameterAsSink(parameters, name, context, kept, kind, crs)
            if sink is not None:
                results[name] = path
        else:
            sink = None
        count = 0
        for feature in layer.getFeatures() if layer else ():
            count += 1
            if sink is not None:
                made_feature = QgsFeature(kept)
                made_feature.setGeometry(feature.geometry())
                made_feature.setAttributes([feature[field] for field in fields])
                sink.addFeature(made_feature, QgsFeatureSink.FastInsert)
        return count
