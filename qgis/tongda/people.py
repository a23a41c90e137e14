"""Parameters and study of every question about people and facilities: who, to what, how one gets there."""

import json
import os

from qgis.core import QgsProcessingException
from qgis.core import QgsProcessingParameterRasterLayer

from .base import AREAS
from .base import LINES
from .base import POINTS
from .base import TABLES
from .base import TongdaAlgorithm
from .handed import raster_source
from .tool.study import Bare
from .tool.study import File
from .tool.study import Source
from .tool.study import Study
from .tool.words import say

LEVELS = (
    ('province', 'province', '省'),
    ('city', 'city', '设区市'),
    ('county', 'county', '县（市、区）'),
    ('township', 'township', '乡镇（街道）'),
    ('village', 'village', '村（社区）'),
)
WAYS = (
    ('geodesic', 'as the crow flies, on the ellipsoid', '椭球面直线距离'),
    ('straight-line', 'as the crow flies, in the plane', '平面直线距离'),
    ('walk', 'on foot along streets', '沿道路步行'),
    ('bicycle', 'by bicycle along streets', '沿道路骑行'),
    ('drive', 'by car along streets', '沿道路驾车'),
    ('transit', 'by timetable and on foot', '按公交时刻表与步行'),
)
ON_STREETS = ('walk', 'bicycle', 'drive')
# how far the one region reaches beyond everything where the user has none, in degrees
MARGIN = 0.1


def regions_parameters(algorithm, optional):
    """The regions of a study, one level of them."""
    algorithm.add_layer('REGIONS', 'Regions', '行政区', AREAS, optional=optional)
    algorithm.add_choice('LEVEL', 'Level of the regions', '行政区级别', LEVELS, default=2)
    algorithm.add_field('REGIONS_CODE', 'Regions: code', '行政区：代码', 'REGIONS', optional=optional)
    algorithm.add_field('REGIONS_NAME', 'Regions: name', '行政区：名称', 'REGIONS')
    algorithm.add_text('JUDGED', 'Judge only regions whose code starts with (several: 32, 33)', '仅评价代码以此开头的区域（多个：32, 33）')
    for level, english, chinese in LEVELS[:2]:
        algorithm.add_field(f'REGIONS_{level.upper()}_CODE', f'Regions: code of the {english}', f'行政区：所属{chinese}代码', 'REGIONS', advanced=True)
        algorithm.add_field(f'REGIONS_{level.upper()}_NAME', f'Regions: name of the {english}', f'行政区：所属{chinese}名称', 'REGIONS', advanced=True)


def levels_of(algorithm, parameters, context):
    """The level of the regions."""
    return algorithm.choice_of(parameters, 'LEVEL', context)


def over_of(algorithm, parameters, context):
    """The levels with figures of their own: that of the regions, and those above that they name."""
    level = levels_of(algorithm, parameters, context)
    above = [one for one in ('city', 'province') if any(
        algorithm.field_of(parameters, f'REGIONS_{one.upper()}_{what}', context) for what in ('CODE', 'NAME'))]
    return [level] + [one for one in above if one != level]


def set_regions(algorithm, study, parameters, context, scratch, feedback):
    """Regions, and which of them are judged, into the study."""
    field = algorithm.field_of
    level = levels_of(algorithm, parameters, context)
    parents = {}
    for above in ('city', 'province'):
        if above == level:
            continue
        code = field(parameters, f'REGIONS_{above.upper()}_CODE', context)
        name = field(parameters, f'REGIONS_{above.upper()}_NAME', context)
        if code or name:
            parents[above] = {key: value for key, value in (('code', code), ('name', name)) if value}
    code = field(parameters, 'REGIONS_CODE', context)
    if not code:
        raise QgsProcessingException(say('Choose the field that holds the code of each region.', '请选择行政区的代码字段。'))
    study.study['regions'] = algorithm.handed['REGIONS'].as_source(
        scratch, 'regions', feedback, algorithm.choice_of(parameters, 'REGIONS_DATUM', context),
        level=level, code=code, name=field(parameters, 'REGIONS_NAME', context), parents=parents)
    judged = [one.strip() for one in algorithm.text_of(parameters, 'JUDGED', context).replace('，', ',').split(',') if one.strip()]
    if judged:
        study.study['evaluate'] = {level: {'starts-with': judged}}


class PeopleAlgorithm(TongdaAlgorithm):
    """A question about people, facilities and the way between them."""

    INDICATOR = ''
    CAPACITY = False
    CAPACITY_NEEDED = False

    def people_parameters(self):
        """Facilities, people and regions."""
        self.add_layer('FACILITIES', 'Facilities', '设施', POINTS)
        if self.CAPACITY:
            self.add_field('CAPACITY', 'Facilities: capacity (beds, doctors, seats)', '设施：容量（床位、医生、学位）', 'FACILITIES',
                           optional=not self.CAPACITY_NEEDED, numeric=True)
        self.add_layer('DEMAND', 'People (points)', '人口（点）', POINTS, optional=True)
        self.add_field('PEOPLE', 'People: number (empty: every point counts as one)', '人口：人数（留空：每点计为一）', 'DEMAND', numeric=True)
        self.add(QgsProcessingParameterRasterLayer('POPULATION', say('or people as a raster of counts', '或人口栅格（每格人数）'), optional=True))
        regions_parameters(self, optional=True)
        self.add_field('FACILITIES_ID', 'Facilities: id', '设施：标识', 'FACILITIES', advanced=True)
        self.add_field('FACILITIES_NAME', 'Facilities: name', '设施：名称', 'FACILITIES', advanced=True)
        self.add_field('FACILITIES_REGION', 'Facilities: code of their region', '设施：所属行政区代码', 'FACILITIES', advanced=True)
        self.add_field('DEMAND_ID', 'People: id', '人口：标识', 'DEMAND', advanced=True)
        self.add_field('DEMAND_NAME', 'People: name', '人口：名称', 'DEMAND', advanced=True)
        self.add_field('DEMAND_REGION', 'People: code of their region', '人口：所属行政区代码', 'DEMAND', advanced=True)
        self.add_text('KIND', 'What the facilities are called', '设施类型名称', 'facility', advanced=True)

    def way_parameters(self):
        """How one gets to the facilities."""
        self.add_choice('BY', 'Measured', '度量方式', WAYS)
        self.add_layer('STREETS', 'Streets (lines)', '道路（线）', LINES, optional=True, shifted=False)
        self.add_file('STREETS_FILE', 'or an OpenStreetMap extract (.osm.pbf)', '或 OpenStreetMap 数据（.osm.pbf）', 'OpenStreetMap (*.osm.pbf *.pbf)')
        self.add_text('STREETS_SPEED', 'Streets of a layer: speed, e.g. 40 km/h', '道路图层：速度，如 40 km/h', advanced=True)
        self.add_field('STREETS_SPEED_FIELD', 'Streets of a layer: field of the speed in km/h', '道路图层：速度字段（km/h）', 'STREETS', advanced=True)
        self.add_field('STREETS_ONEWAY', 'Streets of a layer: field of one-way streets', '道路图层：单行字段', 'STREETS', advanced=True)
        self.add_file('GTFS', 'Timetable (GTFS, .zip)', '时刻表（GTFS，.zip）', 'GTFS (*.zip)', advanced=True)
        self.add_text('DATE', 'Timetable: day, e.g. 2026-03-04', '时刻表：日期，如 2026-03-04', advanced=True)

    def checkParameterValues(self, parameters, context):
        if bool(parameters.get('DEMAND')) == bool(parameters.get('POPULATION')):
            return False, say('Give people either as points or as a raster.', '人口须以点或栅格之一给出。')
        return super().checkParameterValues(parameters, context)

    def study_of(self, metric, parameters, context, scratch, feedback):
        """A study with facilities, people, regions and ways; its measure names the kind, the way and the weight."""
        title = self.TITLE
        study = Study(title[0], title[1], self.INDICATOR, metric)
        kind = self.text_of(parameters, 'KIND', context) or 'facility'
        if parameters.get('REGIONS'):
            set_regions(self, study, parameters, context, scratch, feedback)
        else:
            self.set_one_region(study, parameters, context, scratch)
        study.study['facilities'] = self.handed['FACILITIES'].as_source(
            scratch, 'facilities', feedback, self.choice_of(parameters, 'FACILITIES_DATUM', context), kind=kind,
            id=self.field_of(parameters, 'FACILITIES_ID', context), name=self.field_of(parameters, 'FACILITIES_NAME', context),
            capacity=self.field_of(parameters, 'CAPACITY', context) if self.CAPACITY else None,
            region=self.field_of(parameters, 'FACILITIES_REGION', context))
        weight = 'people'
        if parameters.get('POPULATION'):
            study.study['demand'] = raster_source(self, parameters, 'POPULATION', context, name='people')
        else:
            people = self.field_of(parameters, 'PEOPLE', context)
            weight = 'people' if people else 'count'
            study.study['demand'] = self.handed['DEMAND'].as_source(
                scratch, 'demand', feedback, self.choice_of(parameters, 'DEMAND_DATUM', context), name='people', people=people,
                id=self.field_of(parameters, 'DEMAND_ID', context), label=self.field_of(parameters, 'DEMAND_NAME', context),
                region=self.field_of(parameters, 'DEMAND_REGION', context))
        by = self.choice_of(parameters, 'BY', context)
        self.set_ways(study, by, parameters, context, scratch, feedback)
        study.measure = {'kind': kind, 'by': by, 'weight': weight}
        return study

    def set_ways(self, study, by, parameters, context, scratch, feedback):
        """Streets and timetable, as far as they are needed and given; what is missing is told by the program."""
        if by in ON_STREETS or by == 'transit':
            extract = self.text_of(parameters, 'STREETS_FILE', context)
            if extract:
                study.study['streets'] = Source(extract, 'streets')
            elif parameters.get('STREETS'):
                profile = {
                    'speed': self.text_of(parameters, 'STREETS_SPEED', context),
                    'speed-field': self.field_of(parameters, 'STREETS_SPEED_FIELD', context),
                    'oneway': self.field_of(parameters, 'STREETS_ONEWAY', context),
                }
                profile = {key: value for key, value in profile.items() if value}
                mode = by if by in ON_STREETS else 'walk'
                study.study['streets'] = self.handed['STREETS'].as_source(scratch, 'streets', feedback, **({mode: profile} if profile else {}))
        gtfs = self.text_of(parameters, 'GTFS', context)
        if by == 'transit' and gtfs:
            study.study['transit'] = {'gtfs': [File(gtfs)]}
            day = self.text_of(parameters, 'DATE', context)
            if day:
                study.study['transit']['date'] = Bare(day)

    def set_one_region(self, study, parameters, context, scratch):
        """One rectangle around everything, for users without regions: nothing is measured in it but by it all points are judged."""
        boxes = [self.handed[name].extent() for name in ('FACILITIES', 'DEMAND') if self.handed.get(name)]
        if parameters.get('POPULATION'):
            raise QgsProcessingException(say('With people as a raster, give regions too: they say which cells are judged.',
                                             '人口为栅格时须给出行政区，以确定评价范围。'))
        box = boxes[0]
        for other in boxes[1:]:
            box.combineExtentWith(other)
        box.grow(MARGIN)
        corners = [[box.xMinimum(), box.yMinimum()], [box.xMaximum(), box.yMinimum()], [box.xMaximum(), box.yMaximum()],
                   [box.xMinimum(), box.yMaximum()], [box.xMinimum(), box.yMinimum()]]
        path = os.path.join(scratch, 'regions.geojson')
        feature = {'type': 'Feature', 'properties': {'code': 'all', 'name': say('whole area', '全区')},
                   'geometry': {'type': 'Polygon', 'coordinates': [corners]}}
        with open(path, 'w', encoding='utf-8') as out:
            json.dump({'type': 'FeatureCollection', 'features': [feature]}, out, ensure_ascii=False)
        study.study['regions'] = Source(path, level='county', code='code', name='name')

    def answer(self, study, layers, tongda, scratch, parameters, context, feedback):
        """Runs the study; figures and layers as results."""
        if parameters.get('REGIONS'):
            study.over = over_of(self, parameters, context)
        results, figure = self.run_study(study, tongda, scratch, parameters, context, feedback)
        results.update(self.tell(figure))
        path = results[self.OUTPUT]
        results.update(self.layers_of(path, self.INDICATOR, layers))
        self.load(path, parameters, context, figure.layers, self.displayName(), ('facilities_',))
        return results


__all__ = ['AREAS', 'LEVELS', 'LINES', 'ON_STREETS', 'POINTS', 'TABLES', 'WAYS', 'PeopleAlgorithm', 'regions_parameters', 'set_regions']
