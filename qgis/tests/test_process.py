"""Every algorithm under qgis_process, on the data of the repository, against the same question asked of the program itself.

Run by run.sh, which makes the profile; TONGDA names the program, QGIS_PROCESS the command.
"""

import json
import os
import shutil
import subprocess
import tempfile
import unittest

import questions
from questions import HELSINKI
from questions import REGIONS
from questions import REGIONS_PARAMETERS
from questions import csv_layer
from questions import people
from questions import residents
from questions import rows
from questions import synthetic
from questions import table

TONGDA = os.environ['TONGDA']
QGIS_PROCESS = os.environ['QGIS_PROCESS']


def clean(**environment):
    """The environment without other Pythons on the PATH, from which QGIS would take its modules."""
    return {**os.environ, 'PATH': '/usr/bin:/bin', **environment}


def process(algorithm, parameters, **environment):
    """Status, results and everything that was said."""
    given = [f'{name}={value}' for name, value in parameters.items()]
    done = subprocess.run([QGIS_PROCESS, '--json', 'run', f'tongda:{algorithm}', '--'] + given, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, encoding='utf-8', env=clean(**environment))
    try:
        results = json.loads(done.stdout[done.stdout.index('{'):]).get('results')
    except ValueError:
        results = None
    return done.returncode, results, done.stdout + done.stderr


class Process(questions.SameAnswer):
    maxDiff = None

    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix='tongda-test-')
        self.addCleanup(shutil.rmtree, self.folder)

    def path(self, name):
        return os.path.join(self.folder, name)

    def run_well(self, algorithm, parameters, **environment):
        status, results, said = process(algorithm, parameters, **environment)
        self.assertEqual(status, 0, said)
        self.assertIsNotNone(results, said)
        return results

    def test_inspect_a_file_says_what_the_program_says(self):
        its = json.loads(subprocess.run([TONGDA, 'inspect', '--json', questions.COUNTIES], check=True, stdout=subprocess.PIPE).stdout)
        mine = self.run_well('inspect', {'FILE': questions.COUNTIES, 'BORDERS': self.path('b.gpkg'), 'REPORT': self.path('r.html')})
        self.assertEqual((mine['RECORDS'], mine['LAYERS'], mine['CRS_NAME']), (its[0]['records'], 1, its[0]['crs']['name']))
        self.assertEqual(mine['RECORDS'], 176)
        self.assertEqual(json.loads(mine['JSON'])[0]['fields'], its[0]['fields'])
        # one gap is told in the text, and is a row of the layer
        self.assertEqual(len(rows(self.path('b.gpkg'), 'SELECT fid FROM gaps')), its[0]['sides']['gaps'])
        with open(self.path('r.html'), encoding='utf-8') as file:
            self.assertIn('adcode', file.read())

    def test_adjacency_finds_the_pairs_of_the_program(self):
        ledger = self.path('empty.csv')
        with open(ledger, 'w', encoding='utf-8') as out:
            out.write('code_a,code_b,line,opened,closed,trips_per_day\n')
        indicator, package = questions.ask(
            TONGDA, self.folder, 'neighbours', REGIONS + f'declared-pairs = "{ledger}"',
            'measure.neighbour-reach = { level = "county", definition = "declared", scope = "all", min-border = "500 m", tolerance = "50 m" }', ['county'])
        mine = self.run_well('adjacency', {**REGIONS_PARAMETERS, 'PAIRS': self.path('pairs.gpkg'), 'BORDERS': self.path('borders.gpkg'),
                                           'CONTACTS': self.path('contacts.gpkg'), 'STUDY': self.path('saved/neighbours.toml')})
        self.assertEqual(mine['PAIR_COUNT'], indicator['figure']['whole'])
        self.assertEqual(mine['PAIR_COUNT'], 311)
        query = 'SELECT code_a, code_b, shared_km, via_exclave FROM {} ORDER BY code_a, code_b'
        self.assertEqual(rows(self.path('pairs.gpkg'), query.format('pairs')), rows(package, query.format('neighbours_pairs')))
        self.assertEqual(rows(self.path('contacts.gpkg'), 'SELECT code_a, code_b, shared_m FROM contacts ORDER BY 1, 2'),
                         rows(package, 'SELECT code_a, code_b, shared_m FROM neighbours_contacts ORDER BY 1, 2'))
        self.assertEqual(mine['CONTACT_COUNT'], len(rows(package, 'SELECT fid FROM neighbours_contacts')))
        self.assertEqual(len(rows(self.path('borders.gpkg'), 'SELECT fid FROM borders')), len(rows(package, 'SELECT fid FROM neighbours_borders')))
        subprocess.run([TONGDA, '--quiet', 'run', self.path('saved/neighbours.toml')], check=True)

    def test_neighbour_reach(self):
        columns = 'columns = { stop-name = "stop_name" }'
        services = table('bus_routes')[:-2] + f', {columns} }}'
        indicator, package = questions.ask(
            TONGDA, self.folder, 'bus', REGIONS + f'services = {services}',
            'measure.neighbour-reach = { level = "county", min-border = "500 m", tolerance = "50 m", min-trips-per-day = 1 }',
            ['county', 'city', 'province'], 'at-least = "90 %"')
        fields = {'ROUTE': 'route', 'SEQUENCE': 'sequence', 'STOP': 'stop', 'TRIPS': 'trips_per_day', 'DIRECTION': 'direction', 'MODE': 'mode',
                  'STOP_NAME': 'stop_name'}
        mine = self.run_well('neighbour_reach', {
            **REGIONS_PARAMETERS, 'ROUTES': csv_layer(synthetic('bus_routes')), **{f'ROUTES_{key}': value for key, value in fields.items()},
            'TARGET': '90 %', 'OUTPUT': self.path('mine.gpkg')})
        self.same_answer(mine, indicator, 100)
        query = 'SELECT code_a, code_b, status FROM {} ORDER BY code_a, code_b'
        mine_pairs = rows(self.path('mine.gpkg'), query.format('neighbour_reach_pairs'))
        self.assertEqual(mine_pairs, rows(package, query.format('bus_pairs')))
        self.assertEqual(mine['PAIRS'], self.path('mine.gpkg') + '|layername=neighbour_reach_pairs')
        # the layer holds the pairs that the figure counts
        figure = indicator['figure']
        self.assertEqual(len(mine_pairs), figure['whole'] + figure['unknown'])
        self.assertGreater(len(mine_pairs), 200)

    def test_nearest(self):
        facilities = 'facilities = ' + table('shelters', kind='shelter', id='id', name='name', region='county_adcode')
        indicator, _ = questions.ask(
            TONGDA, self.folder, 'near', REGIONS + facilities + residents(),
            'measure.nearest = { kind = "shelter", statistic = "p90", weight = "people" }', ['county', 'city', 'province'], 'at-most = "2 km"')
        mine = self.run_well('nearest', {
            **REGIONS_PARAMETERS, **people(), 'FACILITIES': csv_layer(synthetic('shelters')), 'FACILITIES_ID': 'id', 'STATISTIC': 2,
            'TARGET': '2 km', 'OUTPUT': self.path('mine.gpkg')})
        self.same_answer(mine, indicator, 100)

    def test_coverage_and_the_saved_study_runs_without_qgis(self):
        facilities = 'facilities = ' + table('clinics', kind='clinic', id='id', name='name', region='county_adcode')
        indicator, _ = questions.ask(
            TONGDA, self.folder, 'clinics', REGIONS + facilities + residents(),
            'measure.covered-share = { kind = "clinic", within = "5 km", weight = "people" }', ['county', 'city', 'province'], 'at-least = "90 %"')
        mine = self.run_well('coverage', {
            **REGIONS_PARAMETERS, **people(), 'FACILITIES': csv_layer(synthetic('clinics')), 'FACILITIES_ID': 'id', 'WITHIN': '5 km', 'KIND': 'clinic',
            'TARGET': '90 %', 'OUTPUT': self.path('mine.gpkg'), 'STUDY': self.path('saved/study.toml'), 'REPORT': self.path('mine.html')})
        self.same_answer(mine, indicator, 100)
        self.assertGreater(os.path.getsize(self.path('mine.html')), 10000)
        self.assertEqual(sorted(os.listdir(self.path('saved'))), ['study.toml', 'study_data'])
        subprocess.run([TONGDA, '--quiet', 'run', self.path('saved/study.toml')], check=True)
        with open(self.path('saved/out/mine.json'), encoding='utf-8') as file:
            again = json.load(file)['indicators'][0]
        self.assertEqual(again['figure'], indicator['figure'])
        self.assertEqual([one['figure'] for one in again['regions']], [one['figure'] for one in indicator['regions']])

    def test_catchments_on_foot_in_helsinki(self):
        subprocess.run([TONGDA, '--quiet', 'run', os.path.join(ROOT, 'configs', 'helsinki.toml'), '--out-dir', self.folder], check=True)
        homes = self.path('helsinki.gpkg')
        study = f'''
regions = {{ path = "{HELSINKI}/extract_area.geojson", level = "township", code = "code", name = "name" }}
facilities = {{ path = "{homes}", layer = "facilities_school", kind = "school", id = "facility", name = "name" }}
demand = {{ path = "{homes}", layer = "schools_points", name = "people", id = "point", people = "weight" }}
streets = {{ path = "{HELSINKI}/Helsinki.osm.pbf", layer = "streets" }}'''
        indicator, package = questions.ask(
            TONGDA, self.folder, 'areas', study,
            'measure.covered-share = { kind = "school", within = "15 min", by = "walk", weight = "people", '
            'catchments = { bands = ["5 min", "10 min", "15 min"], cell = "5 m", trim = "50 m" } }', ['township'], 'at-least = "90 %"')
        mine = self.run_well('catchments', {
            'REGIONS': f'{HELSINKI}/extract_area.geojson', 'LEVEL': 3, 'REGIONS_CODE': 'code', 'REGIONS_NAME': 'name',
            'FACILITIES': f'{homes}|layername=facilities_school', 'FACILITIES_ID': 'facility', 'FACILITIES_NAME': 'name', 'KIND': 'school',
            'DEMAND': f'{homes}|layername=schools_points', 'DEMAND_ID': 'point', 'PEOPLE': 'weight', 'BANDS': '5 min, 10 min, 15 min', 'BY': 2,
            'STREETS_FILE': f'{HELSINKI}/Helsinki.osm.pbf', 'CELL': '5 m', 'TRIM': '50 m', 'TARGET': '90 %', 'OUTPUT': self.path('mine.gpkg')})
        self.same_answer(mine, indicator, 0)
        areas = 'SELECT * FROM {}_catchments ORDER BY fid'
        self.assertEqual(rows(self.path('mine.gpkg'), areas.format('catchments')), rows(package, areas.format('areas')))
        self.assertEqual(mine['CATCHMENTS'], self.path('mine.gpkg') + '|layername=catchments_catchments')

    def test_accessibility(self):
        facilities = 'facilities = ' + table('clinics', kind='facility', id='id', capacity='doctors')
        indicator, _ = questions.ask(
            TONGDA, self.folder, 'steps', REGIONS + facilities + residents(),
            'measure.accessibility = { kind = "facility", weight = "people", method = "e2sfca", '
            'decay = { steps = [["2 km", 1], ["5 km", 0.68], ["10 km", 0.22]] }, at-least = 1.5 }', ['county', 'city', 'province'], 'at-least = "50 %"')
        mine = self.run_well('accessibility', {
            **REGIONS_PARAMETERS, **people(), 'FACILITIES': csv_layer(synthetic('clinics')), 'CAPACITY': 'doctors', 'METHOD': 0, 'DECAY': 4,
            'DECAY_STEPS': '2 km: 1, 5 km: 0.68, 10 km: 0.22', 'SERVED': 1.5, 'TARGET': '50 %', 'OUTPUT': self.path('mine.gpkg')})
        self.same_answer(mine, indicator, 100)

    def test_a_study_file_gives_the_same_files_byte_for_byte(self):
        config = os.path.join(ROOT, 'configs', 'helsinki.toml')
        subprocess.run([TONGDA, '--quiet', '--lang', 'en', 'run', config, '--out-dir', self.path('its')], check=True)
        mine = self.run_well('run_study', {'CONFIG': config, 'FOLDER': self.path('mine')})
        names = sorted(os.listdir(self.path('its')))
        self.assertEqual(mine['FILES'].split('\n'), names)
        self.assertGreaterEqual(len(names), 4)
        for name in names:
            with open(self.path(f'its/{name}'), 'rb') as its, open(self.path(f'mine/{name}'), 'rb') as other:
                self.assertEqual(its.read(), other.read(), name)
        with open(self.path('its/helsinki.json'), encoding='utf-8') as file:
            verdicts = [one['verdict'] for one in json.load(file)['indicators']]
        self.assertEqual((mine['MET'], mine['MISSED'], mine['NO_DATA']),
                         (verdicts.count('met'), verdicts.count('missed'), verdicts.count('no-data')))

    def coverage(self, **more):
        return {**REGIONS_PARAMETERS, **people(), 'FACILITIES': csv_layer(synthetic('clinics')), 'WITHIN': '5 km',
                'OUTPUT': self.path('mine.gpkg'), **more}

    def test_a_missing_program_is_told_with_how_to_get_it(self):
        status, _, said = process('coverage', self.coverage(), TONGDA='/not/there/tongda')
        self.assertNotEqual(status, 0)
        self.assertIn('TONGDA names "/not/there/tongda"', said)
        self.assertIn('Settings > Options > Processing > Providers > Tongda', said)
        self.assertFalse(os.path.exists(self.path('mine.gpkg')))

    def test_a_field_that_is_not_there_is_told_in_the_words_of_the_program(self):
        status, _, said = process('coverage', self.coverage(PEOPLE='peple'))
        self.assertNotEqual(status, 0)
        self.assertIn('peple', said)
        self.assertIn('people', said)
        self.assertEqual(os.listdir(self.folder), [])

    def test_a_study_that_is_wrong_is_told_in_the_words_of_the_program(self):
        config = self.path('wrong.toml')
        with open(config, 'w', encoding='utf-8') as out:
            out.write('title = "x"\n[study]\nregoins = 1\n')
        status, _, said = process('run_study', {'CONFIG': config, 'FOLDER': self.path('mine')})
        self.assertNotEqual(status, 0)
        self.assertIn('regoins', said)
        self.assertFalse(os.path.exists(self.path('mine')) and os.listdir(self.path('mine')))

    def test_qgis_in_chinese_has_chinese_titles(self):
        lang = 'zh_CN.UTF-8'
        said = subprocess.run([QGIS_PROCESS, 'list'], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, encoding='utf-8',
                              env=clean(LANG=lang, LC_ALL=lang, LANGUAGE=lang)).stdout
        self.assertIn('tongda:coverage', said)
        self.assertIn('服务覆盖率', said)
        self.assertNotIn('Coverage: people', said)


ROOT = questions.ROOT

if __name__ == '__main__':
    unittest.main()
