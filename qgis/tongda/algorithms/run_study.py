"""Runs a study file as it stands."""

import os

from qgis.core import QgsProcessingException
from qgis.core import QgsProcessingOutputNumber
from qgis.core import QgsProcessingOutputString
from qgis.core import QgsProcessingParameterFolderDestination

from ..base import TongdaAlgorithm
from ..tool import program
from ..tool import result
from ..tool.words import say

VERDICTS = (
    ('met', 'MET', 'Targets met', '达标'),
    ('missed', 'MISSED', 'Targets missed', '未达标'),
    ('no-data', 'NO_DATA', 'Without data', '无数据'),
    ('no-target', 'NO_TARGET', 'Without a target', '未设目标'),
    ('not-applicable', 'NOT_APPLICABLE', 'Not applicable', '不适用'),
)


class RunStudy(TongdaAlgorithm):
    NAME = 'run_study'
    GROUP = ('data', 'Data and studies', '数据与研究')
    TITLE = ('Run a study file', '运行研究文件')
    HELP = (
        'Runs a study file of tongda (TOML) with all of its indicators, and puts everything that it writes into one folder: layers, '
        'scorecard, report, workbook. Nothing is put there unless all of it was made. Numbers of verdicts are known when the study writes a .json or a .gpkg.',
        '运行 tongda 研究文件（TOML）及其全部指标，所有输出（图层、评分表、报告、工作簿）写入同一文件夹；仅当全部完成才写出。研究输出 .json 或 .gpkg 时可得各判定数量。',
    )

    def initAlgorithm(self, config=None):
        self.add_file('CONFIG', 'Study file', '研究文件', 'TOML (*.toml)', optional=False)
        self.add_yes(self.LOAD, 'Load the layers of the result', '加载结果图层', True)
        self.addParameter(QgsProcessingParameterFolderDestination('FOLDER', say('Folder of the results', '结果文件夹')))
        for _, name, english, chinese in VERDICTS:
            self.addOutput(QgsProcessingOutputNumber(name, say(english, chinese)))
        for name, english, chinese in (('VERDICTS', 'Verdicts, one a line', '判定（每行一项）'), ('FILES', 'Files that were written', '已写出的文件')):
            self.addOutput(QgsProcessingOutputString(name, say(english, chinese)))

    def run_tongda(self, tongda, scratch, parameters, context, feedback):
        config = self.parameterAsFile(parameters, 'CONFIG', context)
        folder = self.parameterAsString(parameters, 'FOLDER', context)
        made = os.path.join(scratch, 'out')
        self.run_file(tongda, config, made, feedback)
        if feedback.isCanceled():
            raise program.Cancelled()
        names = sorted(os.listdir(made)) if os.path.isdir(made) else []
        if not names:
            raise QgsProcessingException(say('The study writes no file: it has no [[output]].', '研究没有输出：缺少 [[output]]。'))
        for name in names:
            self.refuse_open(os.path.join(folder, name))
        for name in names:
            result.put(os.path.join(made, name), os.path.join(folder, name))
        results = {'FOLDER': folder, 'FILES': '\n'.join(names)}
        packages = [os.path.join(folder, name) for name in names if name.endswith('.gpkg')]
        results.update(self.count(folder, names, packages))
        for path in packages:
            self.load(path, parameters, context, None, os.path.splitext(os.path.basename(path))[0])
        return results

    def count(self, folder, names, packages):
        """The verdicts of the indicators; nothing where no file says them."""
        cards = [os.path.join(folder, name) for name in names if name.endswith('.json')]
        if cards:
            figures = result.figures(cards[0])
            counts = {}
            for figure in figures:
                counts[figure.verdict] = counts.get(figure.verdict, 0) + 1
            lines = [f'{figure.id}\t{figure.text}\t{figure.verdict}' for figure in figures]
        elif packages:
            counts, lines = result.verdicts(packages[0]), []
        else:
            return {}
        known = {name: counts.get(verdict, 0) for verdict, name, _, _ in VERDICTS}
        return {**known, 'VERDICTS': '\n'.join(lines)}
