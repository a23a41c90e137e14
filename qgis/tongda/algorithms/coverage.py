"""Which share of people is within a limit of a facility, or finds room in one."""

from ..people import PeopleAlgorithm


class Coverage(PeopleAlgorithm):
    NAME = 'coverage'
    INDICATOR = 'coverage'
    CAPACITY = True
    TITLE = ('Coverage: people within reach of a facility', '服务覆盖率：设施可达范围内的人口')
    HELP = (
        'Which share of people has a facility within a distance or time, the limit included. With "facilities can be full" a person '
        'counts only when there is room: the best plan decides who goes where (served-share), else mere reach (covered-share).\n\n'
        'Points without a known place, or far from every street, are unknown, not uncovered: the share then has bounds, and the '
        'verdict may be "no data". Without regions one rectangle around everything is judged.',
        '在限定距离或时间（含限值）内有设施的人口比例。勾选“设施可能满员”时，仅当有空位才计入，由最优分配决定去向（served-share），否则只看可达（covered-share）。\n\n'
        '位置未知或远离道路的点计为“未知”而非“未覆盖”：此时比例有上下界，判定可能为“无数据”。未给行政区时，以包含全部数据的矩形为评价范围。',
    )
    LAYERS = {'REGIONS_RESULT': 'regions', 'POINTS_RESULT': 'points'}

    def initAlgorithm(self, config=None):
        self.people_parameters()
        self.add_text('WITHIN', 'Within, e.g. 500 m, 5 km, 15 min', '限值，如 500 m、5 km、15 min', '5 km', optional=False)
        self.way_parameters()
        self.add_number('AT_LEAST_FACILITIES', 'How many facilities must be within', '范围内至少设施数', 1, whole=True, least=1, advanced=True)
        self.add_yes('ROOM', 'Facilities can be full (needs the capacity)', '设施可能满员（需容量字段）')
        self.add_number('PER_PERSON', 'Capacity that one person takes', '每人占用容量', 1.0, advanced=True)
        self.add_text('TARGET', 'Target: at least, e.g. 90 %', '目标：不低于，如 90 %')
        self.add_results((('REGIONS_RESULT', 'Regions by share', '分区结果'), ('POINTS_RESULT', 'Points', '需求点')))

    def run_tongda(self, tongda, scratch, parameters, context, feedback):
        room = self.parameterAsBool(parameters, 'ROOM', context)
        study = self.study_of('served-share' if room else 'covered-share', parameters, context, scratch, feedback)
        study.measure['within'] = self.text_of(parameters, 'WITHIN', context)
        if room:
            study.measure['per-person'] = self.number_of(parameters, 'PER_PERSON', context)
        else:
            several = self.parameterAsInt(parameters, 'AT_LEAST_FACILITIES', context)
            if several != 1:
                study.measure['at-least-facilities'] = several
        target = self.text_of(parameters, 'TARGET', context)
        if target:
            study.target = {'at-least': target}
        return self.answer(study, self.LAYERS, tongda, scratch, parameters, context, feedback)
