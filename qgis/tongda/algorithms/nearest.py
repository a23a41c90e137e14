"""How far people are from the nearest facility."""

from ..people import PeopleAlgorithm

STATISTICS = (
    ('mean', 'mean', '平均值'),
    ('median', 'median', '中位数'),
    ('p90', '90 % are nearer than this', '90% 分位'),
    ('max', 'farthest', '最远'),
)
COSTS = (('length', 'length', '距离'), ('time', 'time', '时间'))


class Nearest(PeopleAlgorithm):
    NAME = 'nearest'
    INDICATOR = 'nearest'
    TITLE = ('Nearest facility: how far people are', '最近设施：人口到设施的距离')
    HELP = (
        'The distance or time from each point to its nearest facility, and one statistic over all people; the other statistics are '
        'in the log. VALUE is in metres or seconds. A point without a known place has no distance: while there is one, a target gets "no data".',
        '每个点到最近设施的距离或时间，以及按人口加权的统计量，其余统计量见日志。VALUE 的单位为米或秒。位置未知的点没有距离：存在此类点时，目标判定为“无数据”。',
    )
    LAYERS = {'REGIONS_RESULT': 'regions', 'POINTS_RESULT': 'points'}

    def initAlgorithm(self, config=None):
        self.people_parameters()
        self.add_choice('STATISTIC', 'Statistic', '统计量', STATISTICS)
        self.way_parameters()
        self.add_choice('COST', 'Along streets: the shortest or the fastest way', '沿道路：最短或最快', COSTS)
        self.add_number('NTH', 'Which facility, in the order of distance', '按距离第几个设施', 1, whole=True, least=1, advanced=True)
        self.add_text('TARGET', 'Target: at most, e.g. 30 km', '目标：不高于，如 30 km')
        self.add_results((('REGIONS_RESULT', 'Regions by distance', '分区结果'), ('POINTS_RESULT', 'Points by distance', '需求点距离')))

    def run_tongda(self, tongda, scratch, parameters, context, feedback):
        study = self.study_of('nearest', parameters, context, scratch, feedback)
        study.measure['statistic'] = self.choice_of(parameters, 'STATISTIC', context)
        by, cost = study.measure['by'], self.choice_of(parameters, 'COST', context)
        if by == 'transit' or cost == 'time':
            study.measure['cost'] = 'time'
        nth = self.parameterAsInt(parameters, 'NTH', context)
        if nth != 1:
            study.measure['nth'] = nth
        target = self.text_of(parameters, 'TARGET', context)
        if target:
            study.target = {'at-most': target}
        return self.answer(study, self.LAYERS, tongda, scratch, parameters, context, feedback)
