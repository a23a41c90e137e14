"""The language of QGIS."""

from qgis.PyQt.QtCore import QLocale
from qgis.core import QgsApplication

from .tool import words


def follow_qgis():
    """English or Chinese from now on, as QGIS itself."""
    try:
        name = QgsApplication.instance().locale()
    except (AttributeError, TypeError):
        name = ''
    words.speak(name or QLocale().name())
