"""The Processing provider: its algorithms and its one option, the path of the program."""

import os

from processing.core.ProcessingConfig import ProcessingConfig
from processing.core.ProcessingConfig import Setting
from qgis.PyQt.QtGui import QIcon
from qgis.core import QgsProcessingProvider

from .algorithms.accessibility import Accessibility
from .algorithms.adjacency import Adjacency
from .algorithms.catchments import Catchments
from .algorithms.coverage import Coverage
from .algorithms.inspect import Inspect
from .algorithms.nearest import Nearest
from .algorithms.neighbour_reach import NeighbourReach
from .algorithms.run_study import RunStudy
from .locale import follow_qgis
from .tool.words import say

ALGORITHMS = (Inspect, Adjacency, NeighbourReach, Nearest, Coverage, Catchments, Accessibility, RunStudy)
EXECUTABLE = 'TONGDA_EXECUTABLE'


def executable_setting():
    """The path in the Processing options, empty where none is set."""
    return ProcessingConfig.getSetting(EXECUTABLE) or ''


class TongdaProvider(QgsProcessingProvider):
    """All algorithms of tongda."""

    def id(self):
        return 'tongda'

    def name(self):
        return 'Tongda'

    def longName(self):
        return say('Tongda: service coverage and accessibility', 'Tongda 通达：公共服务覆盖与可达性')

    def icon(self):
        return QIcon(self.svgIconPath())

    def svgIconPath(self):
        return os.path.join(os.path.dirname(__file__), 'icon.svg')

    def load(self):
        follow_qgis()
        ProcessingConfig.settingIcons[self.name()] = self.icon()
        ProcessingConfig.addSetting(Setting(
            self.name(), EXECUTABLE,
            say('tongda executable (empty: TONGDA, PATH, ~/.cargo/bin)', 'tongda 可执行文件（留空：TONGDA、PATH、~/.cargo/bin）'),
            '', valuetype=Setting.FILE))
        ProcessingConfig.readSettings()
        self.refreshAlgorithms()
        return True

    def unload(self):
        ProcessingConfig.removeSetting(EXECUTABLE)

    def loadAlgorithms(self):
        for algorithm in ALGORITHMS:
            self.addAlgorithm(algorithm())
