"""Tongda in the Processing toolbox of QGIS."""


def classFactory(iface):
    """What QGIS calls; `iface` is None under qgis_process."""
    from .plugin import TongdaPlugin
    return TongdaPlugin(iface)
