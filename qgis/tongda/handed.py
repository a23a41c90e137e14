"""Layers of QGIS handed to the program: as the file that they are where it can read it, else written out."""

import os

from qgis.core import QgsCoordinateReferenceSystem
from qgis.core import QgsCoordinateTransform
from qgis.core import QgsFeatureSink
from qgis.core import QgsProcessingException
from qgis.core import QgsProcessingFeatureSourceDefinition
from qgis.core import QgsProcessingUtils
from qgis.core import QgsProviderRegistry
from qgis.core import QgsVectorFileWriter
from qgis.core import QgsVectorLayer
from qgis.core import QgsWkbTypes

from .tool.study import Source
from .tool.words import say

# what the program reads as QGIS does, layer by layer
READ_AS_THEY_ARE = ('.gpkg', '.geojson', '.shp', '.fgb')
DEGREES = 'EPSG:4326'
# QGIS shows the lines of an extract as `lines`; the program makes streets of the same file
OSM = '.osm.pbf'


class HandedLayer:
    """One vector layer as a parameter gives it. To be made in `prepareAlgorithm`, where layers may be touched."""

    def __init__(self, algorithm, parameters, name, context):
        self.title = algorithm.parameterDefinition(name).description()
        self.source = algorithm.parameterAsSource(parameters, name, context)
        if self.source is None:
            raise QgsProcessingException(algorithm.invalidSourceError(parameters, name))
        self.has_places = self.source.wkbType() not in (QgsWkbTypes.NoGeometry, QgsWkbTypes.Unknown)
        self.crs = self.source.sourceCrs()
        self.transforms = context.transformContext()
        if self.has_places and not self.crs.isValid():
            raise QgsProcessingException(say(
                f'The layer "{self.source.sourceName()}" ({self.title}) has no CRS. Set it in Layer Properties > Source.',
                f'图层“{self.source.sourceName()}”（{self.title}）没有坐标参考系，请在“图层属性 > 源”中设置。'))
        self.file = self._file(parameters.get(name), algorithm.parameterAsVectorLayer(parameters, name, context))

    def extent(self):
        """Its rectangle in degrees."""
        there = QgsCoordinateTransform(self.crs, QgsCoordinateReferenceSystem(DEGREES), self.transforms)
        return there.transformBoundingBox(self.source.sourceExtent())

    def as_source(self, folder, stem, feedback, datum='', **keys):
        """A source of a study: the file itself, or a GeoPackage written into `folder`.

        `datum` says that the coordinates are shifted (`gcj-02`, `bd-09`): they are handed over as degrees.
        """
        crs = self._epsg()
        if datum:
            straight = self.file is not None and self.has_places and self.crs.isGeographic()
            keys['datum'] = datum
        else:
            straight = self.file is not None and (crs is not None or not self.has_places)
            if self.has_places:
                keys['crs'] = crs or DEGREES
        if straight:
            path, layer = self.file
            return Source(path, layer, **keys)
        path = os.path.join(folder, f'{stem}.gpkg')
        self._write(path, stem, DEGREES if datum or crs is None else None, feedback)
        return Source(path, stem, **keys)

    def _epsg(self):
        authority = self.crs.authid()
        return authority if authority.startswith('EPSG:') else None

    def _file(self, value, layer):
        """Path and layer name where the program reads all that the parameter means straight from the file."""
        if isinstance(value, QgsProcessingFeatureSourceDefinition):
            if value.selectedFeaturesOnly or getattr(value, 'featureLimit', -1) > 0:
                return None
        if not isinstance(layer, QgsVectorLayer) or layer.providerType() != 'ogr':
            return None
        if layer.subsetString() or layer.isModified():
            return None
        parts = QgsProviderRegistry.instance().decodeUri('ogr', layer.source())
        path, name = parts.get('path') or '', parts.get('layerName')
        if not os.path.isfile(path) or parts.get('subset') or parts.get('layerId') is not None and not name:
            return None
        if path.lower().endswith(OSM):
            return (path, 'streets') if name in ('lines', None) else None
        ending = os.path.splitext(path)[1].lower()
        if ending not in READ_AS_THEY_ARE or path.startswith('/vsi'):
            return None
        if ending == '.gpkg':
            return (path, name) if name else None
        return path, None

    def _write(self, path, stem, crs, feedback):
        """Writes the features into a GeoPackage; moved to `crs` where one is named."""
        options = QgsVectorFileWriter.SaveVectorOptions()
        options.driverName = 'GPKG'
        options.layerName = stem
        # a field of the user's that is called fid may hold anything
        options.layerOptions = ['FID=tongda_fid']
        wanted = QgsCoordinateReferenceSystem(crs) if crs else self.crs
        move = QgsCoordinateTransform(self.crs, wanted, self.transforms) if crs and self.has_places else None
        writer = QgsVectorFileWriter.create(path, self.source.fields(), self.source.wkbType(), wanted, self.transforms, options)
        if writer.hasError() != QgsVectorFileWriter.NoError:
            raise QgsProcessingException(say(f'Cannot write the layer "{self.source.sourceName()}" for tongda: {writer.errorMessage()}',
                                             f'无法为 tongda 写出图层“{self.source.sourceName()}”：{writer.errorMessage()}'))
        for feature in self.source.getFeatures():
            if feedback.isCanceled():
                break
            if move is not None and feature.hasGeometry():
                geometry = feature.geometry()
                geometry.transform(move)
                feature.setGeometry(geometry)
            if not writer.addFeature(feature, QgsFeatureSink.FastInsert):
                raise QgsProcessingException(say(
                    f'Cannot write feature {feature.id()} of "{self.source.sourceName()}" for tongda: {writer.errorMessage()}',
                    f'无法为 tongda 写出“{self.source.sourceName()}”的要素 {feature.id()}：{writer.errorMessage()}'))
        del writer
        feedback.pushInfo(say(f'Written for tongda: {self.title} as {path}', f'已为 tongda 写出：{self.title}，{path}'))


def raster_source(algorithm, parameters, parameter, context, **keys):
    """A raster of counts as a source of a study."""
    raster = algorithm.parameterAsRasterLayer(parameters, parameter, context)
    if raster is None:
        raise QgsProcessingException(algorithm.invalidRasterError(parameters, parameter))
    path = raster.source().split('|')[0]
    if not os.path.isfile(path) or os.path.splitext(path)[1].lower() not in ('.tif', '.tiff'):
        raise QgsProcessingException(say(f'tongda reads counts of people from a GeoTIFF file; "{raster.source()}" is none.',
                                         f'tongda 从 GeoTIFF 文件读取人口栅格；“{raster.source()}”不是。'))
    return Source(path, **keys)


def scratch_folder():
    """Where QGIS keeps what is dropped when it closes."""
    return QgsProcessingUtils.tempFolder()
