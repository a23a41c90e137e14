"""How much supply is within reach per person, when all in reach compete for it."""

from ..people import PeopleAlgorithm
from ..tool.words import say

METHODS = tuple((name, name.upper() if 'fca' in name else name, name.upper() if 'fca' in name else name) for name in (
    'e2sfca', '2sfca', '3sfca', 'm2sfca', 'bfca', 'huff-2sfca', 'mh3sfca', 'hansen', 'cumulative', 'availability', 'i2sfca', 'raam'))
DECAYS = (
    ('binary', 'none up to the limit', '限值内不衰减'),
    ('gaussian', 'Gaussian', '高斯'),
    ('epanechnikov', 'Epanechnikov', 'Epanechnikov 核'),
    ('exponential', 'exponential, by the scale below', '指数（按下方尺度）'),
    ('steps', 'steps, as below', '分段（如下）'),
)
WITHOUT_PER = ('hansen', 'cumulative')
CROWDING = ('i2sfca', 'raam')


class Accessibility(PeopleAlgorithm):
    NAME = 'accessibility'
    INDICATOR = 'accessibility'
    CAPACITY = True
    TITLE = ('Accessibility: supply within reach per person', '可达性：人均可达服务供给（两步移动搜索法等）')
    HELP = (
        'Floating catchments and their kin: doctors, beds or seats within reach, shared with all others in reach. With "level that '
        'counts as served" the figure is the share of people at that level or above, else the mean. People and facilities around the '
        'study area compete too: load them. Without a capacity every facility counts as one.',
        '两步移动搜索法及其改进：可达的医生、床位或学位，由范围内所有人共同竞争。给出“达标水平”时，数值为达到该水平的人口比例，否则为平均值。研究区周边的人口与设施也参与竞争，请一并加载。未给容量字段时每个设施计为一。',
    )
    LAYERS = {'REGIONS_RESULT': 'regions', 'POINTS_RESULT': 'points', 'FACILITIES_RESULT': 'facilities'}

    def initAlgorithm(self, config=None):
        self.people_parameters()
        self.add_choice('METHOD', 'Method', '方法', METHODS)
        self.add_text('WITHIN', 'Within, e.g. 10 km, 30 min', '限值，如 10 km、30 min', '10 km')
        self.add_choice('DECAY', 'How supply fades with the way', '距离衰减', DECAYS)
        self.add_text('DECAY_STEPS', 'Steps, e.g. 10 min: 1, 20 min: 0.68, 30 min: 0.22', '分段，如 10 min: 1, 20 min: 0.68, 30 min: 0.22', advanced=True)
        self.add_text('DECAY_SCALE', 'Exponential: scale, e.g. 10 min', '指数衰减尺度，如 10 min', advanced=True)
        self.way_parameters()
        self.add_number('SERVED', 'Level that counts as served, per the people below', '达标水平（按下方人数）')
        self.add_number('PER', 'per how many people', '每多少人', 1000.0, advanced=True)
        self.add_text('TAU', 'RAAM: travel that weighs as much as average crowding, e.g. 60 min', 'RAAM：与平均拥挤等价的出行，如 60 min', advanced=True)
        self.add_text('TARGET', 'Target: at least, e.g. 90 %, or 2.5 per 1000 without a level', '目标：不低于，如 90 %；未给水平时如 2.5 per 1000')
        self.add_results((('REGIONS_RESULT', 'Regions', '分区结果'), ('POINTS_RESULT', 'Points', '需求点'), ('FACILITIES_RESULT', 'Facilities', '设施')))

    def checkParameterValues(self, parameters, context):
        try:
            if self.choice_of(parameters, 'DECAY', context) == 'steps':
                self.steps(parameters, context)
        except ValueError:
            return False, say('Write steps as limit: weight, e.g. 10 min: 1, 20 min: 0.68.', '分段写作“限值: 权重”，如 10 min: 1, 20 min: 0.68。')
        return super().checkParameterValues(parameters, context)

    def steps(self, parameters, context):
        text = self.text_of(parameters, 'DECAY_STEPS', context).replace('，', ',').replace('：', ':')
        steps = []
        for one in text.split(','):
            limit, weight = one.split(':')
            steps.append([limit.strip(), float(weight)])
        return steps

    def run_tongda(self, tongda, scratch, parameters, context, feedback):
        study = self.study_of('accessibility', parameters, context, scratch, feedback)
        measure = study.measure
        method = measure['method'] = self.choice_of(parameters, 'METHOD', context)
        if not self.field_of(parameters, 'CAPACITY', context):
            measure['supply'] = 'count'
        decay = self.choice_of(parameters, 'DECAY', context)
        if decay == 'steps':
            measure['decay'] = {'steps': self.steps(parameters, context)}
        else:
            measure['within'] = self.text_of(parameters, 'WITHIN', context)
            if decay == 'exponential':
                measure['decay'] = {'exponential': self.text_of(parameters, 'DECAY_SCALE', context)}
            elif decay != 'binary':
                measure['decay'] = decay
        served = self.number_of(parameters, 'SERVED', context)
        if served is not None:
            measure['at-most' if method in CROWDING else 'at-least'] = served
        per = self.number_of(parameters, 'PER', context)
        if per is not None and per != 1000 and method not in WITHOUT_PER:
            measure['per'] = per
        measure['tau'] = self.text_of(parameters, 'TAU', context)
        target = self.text_of(parameters, 'TARGET', context)
        if target:
            study.target = {'at-least': target}
        return self.answer(study, self.LAYERS, tongda, scratch, parameters, context, feedback)
