"""The areas from which a facility is within reach."""

from ..people import PeopleAlgorithm
from ..tool.words import say


class Catchments(PeopleAlgorithm):
    NAME = 'catchments'
    INDICATOR = 'catchments'
    TITLE = ('Catchments: areas within reach of facilities', '服务范围：设施可达区域')
    HELP = (
        'Areas within one to seven limits of a facility: one inside the other, and the area that belongs to each facility. People in '
        'them are counted by their own ways, never by the area. The figure is the share of people within the widest limit.',
        '设施在一至七个限值内的可达区域：逐级嵌套的范围，以及各设施自身的范围。人口按其自身路径计数，绝不按面积。数值为最大限值内的人口比例。',
    )
    LAYERS = {'CATCHMENTS': 'catchments', 'NEAREST_AREAS': 'nearest_areas', 'EACH': 'each_catchment', 'STREETS_RESULT': 'streets',
              'POINTS_RESULT': 'points', 'REGIONS_RESULT': 'regions'}

    def initAlgorithm(self, config=None):
        self.people_parameters()
        self.add_text('BANDS', 'Limits, e.g. 5 min, 10 min, 15 min or 1 km, 2 km', '限值，如 5 min, 10 min, 15 min 或 1 km, 2 km', '1 km, 2 km, 5 km', optional=False)
        self.way_parameters()
        self.add_text('CELL', 'Side of the cells that areas are drawn from', '绘制单元边长', '25 m', advanced=True)
        self.add_text('TRIM', 'How far from a street areas reach', '离道路的最大距离', '100 m', advanced=True)
        self.add_yes('EACH_FACILITY', 'The areas of every facility of its own too (they overlap)', '另绘各设施单独的范围（可重叠）')
        self.add_text('TARGET', 'Target within the widest limit: at least, e.g. 90 %', '最大限值内的目标：不低于，如 90 %')
        self.add_results((
            ('CATCHMENTS', 'Areas within reach', '可达范围'), ('NEAREST_AREAS', 'Areas by nearest facility', '最近设施范围'),
            ('EACH', 'Area of each facility', '各设施范围'), ('STREETS_RESULT', 'Streets by nearest facility', '道路'),
            ('POINTS_RESULT', 'Points', '需求点'), ('REGIONS_RESULT', 'Regions by share', '分区结果')))

    def checkParameterValues(self, parameters, context):
        if not self.bands(parameters, context):
            return False, say('Name at least one limit, e.g. 1 km.', '请至少给出一个限值，如 1 km。')
        return super().checkParameterValues(parameters, context)

    def bands(self, parameters, context):
        text = self.text_of(parameters, 'BANDS', context).replace('，', ',').replace(';', ',')
        return [one.strip() for one in text.split(',') if one.strip()]

    def run_tongda(self, tongda, scratch, parameters, context, feedback):
        study = self.study_of('covered-share', parameters, context, scratch, feedback)
        bands = self.bands(parameters, context)
        study.measure['within'] = bands[-1]
        study.measure['catchments'] = {'bands': bands}
        for key, name in (('cell', 'CELL'), ('trim', 'TRIM')):
            text = self.text_of(parameters, name, context)
            if text:
                study.measure['catchments'][key] = text
        if self.parameterAsBool(parameters, 'EACH_FACILITY', context):
            study.measure['catchments']['each'] = True
        target = self.text_of(parameters, 'TARGET', context)
        if target:
            study.target = {'at-least': target}
        return self.answer(study, self.LAYERS, tongda, scratch, parameters, context, feedback)
