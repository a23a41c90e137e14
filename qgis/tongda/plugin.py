"""The plugin: it brings one Processing provider, and nothing else."""

from qgis.core import QgsApplication

from .provider import TongdaProvider


class TongdaPlugin:
    """Comes and goes with QGIS."""

    def __init__(self, iface=None):
        self.iface = iface
        self.provider = None

    def initProcessing(self):
        """The only entry that qgis_process calls."""
        self.provider = TongdaProvider()
        QgsApplication.processingRegistry().addProvider(self.provider)

    def initGui(self):
        self.initProcessing()

    def unload(self):
        if self.provider:
            QgsApplication.processingRegistry().removeProvider(self.provider)
            self.provider = None
