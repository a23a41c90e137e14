"""Which neighbouring regions a bus joins."""

from ..base import TABLES
from ..base import TongdaAlgorithm
from ..people import levels_of
from ..people import over_of
from ..people import regions_parameters
from ..people import set_regions
from ..tool.study import Bare
from ..tool.study import File
from ..tool.study import Study

DEFINITIONS = (
    ('direct', 'direct: one line with a stop on each side', '直达：同一线路两侧均设站'),
    ('geometry', 'a line passes through both', '线路经过两地'),
    ('deep', 'deep: more trips, stops well inside', '深入：班次更多、站点深入境内'),
    ('transfer', 'direct, or two lines and a walk', '直达，或两线步行换乘'),
    ('declared', "declared in the bureau's ledger", '主管部门台账登记'),
)
SCOPES = (
    ('within-province', 'pairs within the province', '省内'),
    ('across-provinces', 'pairs across provinces', '省际'),
    ('all', 'all pairs', '全部'),
)
COLUMNS = (
    ('route', 'ROUTE', 'route', '线路标识'), ('sequence', 'SEQUENCE', 'place of the stop in the line', '站序'),
    ('stop', 'STOP', 'id of the stop', '站点标识'), ('trips-per-day', 'TRIPS', 'trips a day', '每日班次'),
    ('direction', 'DIRECTION', 'direction', '方向'), ('mode', 'MODE', 'mode', '方式'),
    ('route-name', 'ROUTE_NAME', 'name of the route', '线路名称'), ('stop-name', 'STOP_NAME', 'name of the stop', '站点名称'),
    ('first', 'FIRST', 'first departure', '首班'), ('last', 'LAST', 'last departure', '末班'),
    ('headway-min', 'HEADWAY', 'minutes between departures', '发车间隔（分）'), ('region', 'STOP_REGION', 'code of the region', '所属行政区代码'),
)


class NeighbourReach(TongdaAlgorithm):
    NAME = 'neighbour_reach'
    INDICATOR = 'neighbour-reach'
    GROUP = ('neighbours', 'Neighbouring regions', '毗邻区域')
    TITLE = ('Neighbour reach: neighbouring regions joined by bus', '毗邻通达：毗邻县（市、区）公交通达率')
    HELP = (
        'The share of neighbouring pairs that a bus line joins, and what it would be under every other definition of "joined". Lines '
        'come as a layer of stops (one point for each stop of each direction) or as a timetable. A region of which no line is known '
        'has no data: that is not "not joined". If the layer holds every line there is, say so under "complete for".',
        '有公交线路直接相连的毗邻区域对所占比例，并列出其他“通达”口径下的结果。线路可为站点图层（每个方向每站一点）或时刻表。没有任何线路记录的区域为“无数据”，不等于“未通达”；若图层已包含全部线路，请在“数据完整的区域”中注明。',
    )
    LAYERS = {'REGIONS_RESULT': 'regions', 'PAIRS': 'pairs', 'BORDERS': 'borders', 'CONTACTS': 'contacts', 'DOUBTFUL_STOPS': 'doubtful_stops'}

    def initAlgorithm(self, config=None):
        regions_parameters(self, optional=False)
        self.add_layer('ROUTES', 'Lines: one point for each stop', '线路：每站一点', TABLES, optional=True)
        for _, name, english, chinese in COLUMNS:
            self.add_field(f'ROUTES_{name}', f'Lines: {english}', f'线路：{chinese}', 'ROUTES', advanced=name not in ('ROUTE', 'SEQUENCE', 'STOP', 'TRIPS'))
        self.add_file('GTFS', 'or a timetable (GTFS, .zip)', '或时刻表（GTFS，.zip）', 'GTFS (*.zip)')
        self.add_text('DATE', 'Timetable: day, e.g. 2026-03-04', '时刻表：日期，如 2026-03-04', advanced=True)
        self.add_text('COMPLETE_FOR', 'All lines are known of regions whose code starts with', '数据完整的区域（代码前缀）')
        self.add_file('LEDGER', "The bureau's ledger of joined pairs (CSV)", '主管部门通达台账（CSV）', 'CSV (*.csv)', advanced=True)
        self.add_choice('DEFINITION', 'Joined means', '通达口径', DEFINITIONS)
        self.add_choice('SCOPE', 'Pairs', '范围', SCOPES)
        self.add_number('MIN_TRIPS', 'Least trips a day, each way', '每日每向最少班次', 1.0)
        self.add_text('MIN_BORDER', 'Least shared border of neighbours', '毗邻的最短公共边界', '500 m')
        self.add_text('TOLERANCE', 'How far two drawings of one border may be apart', '边界容差', '50 m', advanced=True)
        self.add_text('TARGET', 'Target: at least, e.g. 90 %', '目标：不低于，如 90 %')
        self.add_results((
            ('REGIONS_RESULT', 'Regions by share', '分区通达率'), ('PAIRS', 'Neighbouring pairs', '毗邻对'), ('BORDERS', 'Shared borders', '共有边界'),
            ('CONTACTS', 'Contacts that make no neighbours', '相接但不计为毗邻'), ('DOUBTFUL_STOPS', 'Doubtful stops', '存疑站点')))

    def run_tongda(self, tongda, scratch, parameters, context, feedback):
        study = Study(self.TITLE[0], self.TITLE[1], self.INDICATOR, 'neighbour-reach')
        set_regions(self, study, parameters, context, scratch, feedback)
        text, choice = self.text_of, self.choice_of
        complete = [one.strip() for one in text(parameters, 'COMPLETE_FOR', context).replace('，', ',').split(',') if one.strip()]
        if parameters.get('ROUTES'):
            columns = {}
            for key, name, _, _ in COLUMNS:
                field = self.field_of(parameters, f'ROUTES_{name}', context)
                if field:
                    columns[key] = field
            study.study['services'] = self.handed['ROUTES'].as_source(
                scratch, 'lines', feedback, choice(parameters, 'ROUTES_DATUM', context), columns=columns, **{'complete-for': complete})
        gtfs = text(parameters, 'GTFS', context)
        if gtfs:
            study.study['transit'] = {'gtfs': [File(gtfs)], 'complete-for': complete}
            day = text(parameters, 'DATE', context)
            if day:
                study.study['transit']['date'] = Bare(day)
        ledger = text(parameters, 'LEDGER', context)
        if ledger:
            study.study['declared-pairs'] = File(ledger)
        level = levels_of(self, parameters, context)
        study.measure = {
            'level': level,
            'definition': choice(parameters, 'DEFINITION', context),
            'scope': choice(parameters, 'SCOPE', context),
            'min-trips-per-day': self.number_of(parameters, 'MIN_TRIPS', context),
            'min-border': text(parameters, 'MIN_BORDER', context),
            'tolerance': text(parameters, 'TOLERANCE', context),
        }
        study.over = over_of(self, parameters, context)
        target = text(parameters, 'TARGET', context)
        if target:
            study.target = {'at-least': target}
        results, figure = self.run_study(study, tongda, scratch, parameters, context, feedback)
        results.update(self.tell(figure))
        path = results[self.OUTPUT]
        results.update(self.layers_of(path, self.INDICATOR, self.LAYERS))
        self.load(path, parameters, context, figure.layers + ['lines'], self.displayName())
        return results
