"""Inside QGIS without a window: layers that are no plain files, styles of what is loaded, and cancelling.

Run by run.sh with the Python that QGIS is built for; TONGDA names the program.
"""

import glob
import os
import shutil
import stat
import subprocess
import sys
import tempfile
import textwrap
import threading
import time
import unittest

sys.path[:0] = ['/usr/share/qgis/python/plugins', os.environ['QGIS_PLUGINPATH']]

from qgis.core import QgsApplication  # noqa: E402
from qgis.core import QgsCoordinateReferenceSystem  # noqa: E402
from qgis.core import QgsCoordinateTransform  # noqa: E402
from qgis.core import QgsFeature  # noqa: E402
from qgis.core import QgsFeatureRequest  # noqa: E402
from qgis.core import QgsGeometry  # noqa: E402
from qgis.core import QgsPointXY  # noqa: E402
from qgis.core import QgsProcessingContext  # noqa: E402
from qgis.core import QgsProcessingFeatureSourceDefinition  # noqa: E402
from qgis.core import QgsProcessingFeedback  # noqa: E402
from qgis.core import QgsProject  # noqa: E402
from qgis.core import QgsRasterLayer  # noqa: E402
from qgis.core import QgsVectorLayer  # noqa: E402

QgsApplication.setPrefixPath('/usr', True)
APPLICATION = QgsApplication([], False)
APPLICATION.initQgis()

import processing  # noqa: E402
from processing.core.Processing import Processing  # noqa: E402

Processing.initialize()

import questions  # noqa: E402
import tongda  # noqa: E402

PLUGIN = tongda.classFactory(None)
PLUGIN.initProcessing()
TONGDA = os.environ['TONGDA']

# a road along the equator: people every km, one clinic at its start; one degree is 111.3195 km there, so 0.01 degrees are 1113.195 m
STEP = 0.01
HOMES = [(1 + index * STEP, 0.0, 100 + index) for index in range(10)]
# within 5 km: 0 to 4 steps, for 4 steps are 4.45 km and 5 are 5.57 km
WITHIN = sum(people for _, _, people in HOMES[:5])
ALL = sum(people for _, _, people in HOMES)


class Said(QgsProcessingFeedback):
    """Keeps what is said."""

    def __init__(self):
        super().__init__(False)
        self.lines = []
        self.steps = []
        self.progressChanged.connect(self.steps.append)

    def keep(self, text, *_):
        self.lines.append(text)

    pushInfo = pushCommandInfo = pushConsoleInfo = pushDebugInfo = pushWarning = setProgressText = reportError = keep


def points(places, crs='EPSG:4326', fields='field=name:string&field=people:integer'):
    """A memory layer of the synthetic road."""
    layer = QgsVectorLayer(f'Point?crs={crs}&{fields}', 'road_synthetic', 'memory')
    features = []
    move = QgsCoordinateTransform(QgsCoordinateReferenceSystem('EPSG:4326'), layer.crs(), QgsProject.instance())
    for number, (x, y, people) in enumerate(places):
        feature = QgsFeature(layer.fields())
        geometry = QgsGeometry.fromPointXY(QgsPointXY(x, y))
        geometry.transform(move)
        feature.setGeometry(geometry)
        feature.setAttributes([f'h{number}', people])
        features.append(feature)
    assert layer.dataProvider().addFeatures(features)[0]
    layer.updateExtents()
    return layer


def csv_layer(stem):
    """A synthetic table of Jiangsu as a layer of points."""
    layer = QgsVectorLayer(questions.csv_layer(questions.synthetic(stem)).removeprefix('delimitedtext://'), stem, 'delimitedtext')
    assert layer.isValid()
    return layer


class Inside(questions.SameAnswer):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix='tongda-test-')
        self.addCleanup(shutil.rmtree, self.folder)
        QgsProject.instance().clear()
        self.clinic = points([(1.0, 0.0, 1)])
        self.homes = points(HOMES)

    def path(self, name):
        return os.path.join(self.folder, name)

    def run_it(self, algorithm='coverage', feedback=None, project=None, **parameters):
        """Status, results and what was said."""
        found = QgsApplication.processingRegistry().createAlgorithmById(f'tongda:{algorithm}')
        context = QgsProcessingContext()
        context.setProject(project or QgsProject.instance())
        feedback = feedback or Said()
        given = {'FACILITIES': self.clinic, 'DEMAND': self.homes, 'PEOPLE': 'people', 'WITHIN': '5 km', 'OUTPUT': self.path('mine.gpkg'), **parameters}
        given = {name: value for name, value in given.items() if value is not None}
        right, why = found.checkParameterValues(given, context)
        if not right:
            return False, {}, why
        results, status = found.run(given, context, feedback)
        return status, results, '\n'.join(feedback.lines)

    def figure(self, **parameters):
        status, results, said = self.run_it(**parameters)
        self.assertTrue(status, said)
        return results['PART'], results['WHOLE']

    def test_coverage_with_room_in_jiangsu(self):
        facilities = 'facilities = ' + questions.table('schools', kind='school', id='id', name='name', capacity='seats', region='county_adcode')
        indicator, _ = questions.ask(
            TONGDA, self.folder, 'seats', questions.REGIONS + facilities + questions.residents('children_6_15'),
            'measure.served-share = { kind = "school", within = "2 km", weight = "people", per-person = 0.6 }', ['county', 'city', 'province'])
        status, mine, said = self.run_it(
            **questions.REGIONS_PARAMETERS, **questions.people(DEMAND=csv_layer('residents'), PEOPLE='children_6_15'), FACILITIES=csv_layer('schools'),
            CAPACITY='seats', WITHIN='2 km', ROOM=True, PER_PERSON=0.6)
        self.assertTrue(status, said)
        self.same_answer(mine, indicator, 100)

    def test_every_method_of_accessibility_in_jiangsu(self):
        facilities = 'facilities = ' + questions.table('clinics', kind='facility', id='id', capacity='doctors')
        for name, measure, parameters in (
                ('plain', 'method = "2sfca", within = "8 km", at-least = 1', {'METHOD': 1, 'WITHIN': '8 km', 'SERVED': 1}),
                ('gaussian', 'method = "m2sfca", decay = "gaussian", within = "8 km", at-least = 10, per = 10000',
                 {'METHOD': 3, 'WITHIN': '8 km', 'DECAY': 1, 'SERVED': 10, 'PER': 10000}),
                ('hansen', 'method = "hansen", decay = { exponential = "3 km" }, within = "9 km"', {'METHOD': 7, 'WITHIN': '9 km', 'DECAY': 3, 'DECAY_SCALE': '3 km'}),
                ('crowding', 'method = "i2sfca", decay = "epanechnikov", within = "9 km", at-most = 900', {'METHOD': 10, 'DECAY': 2, 'WITHIN': '9 km', 'SERVED': 900})):
            indicator, _ = questions.ask(
                TONGDA, self.folder, name, questions.REGIONS + facilities + questions.residents(),
                f'measure.accessibility = {{ kind = "facility", weight = "people", {measure} }}', ['county', 'city', 'province'])
            status, mine, said = self.run_it('accessibility', **questions.REGIONS_PARAMETERS, **questions.people(DEMAND=csv_layer('residents')),
                                             FACILITIES=csv_layer('clinics'), CAPACITY='doctors', **parameters)
            self.assertTrue(status, said)
            self.same_answer(mine, indicator, 100)

    def test_neighbour_reach_by_timetable_in_jiangsu(self):
        feed = os.path.join(questions.SYNTHETIC, 'buses_synthetic_gtfs.zip')
        indicator, _ = questions.ask(
            TONGDA, self.folder, 'timed', questions.REGIONS + f'transit = {{ gtfs = ["{feed}"], date = 2026-03-04, complete-for = ["3201"] }}',
            'measure.neighbour-reach = { level = "county", min-trips-per-day = 4 }', ['county', 'city', 'province'], 'at-least = "90 %"')
        status, mine, said = self.run_it('neighbour_reach', **questions.REGIONS_PARAMETERS, FACILITIES=None, DEMAND=None, PEOPLE=None, WITHIN=None,
                                         GTFS=feed, DATE='2026-03-04', COMPLETE_FOR='3201', MIN_TRIPS=4, TARGET='90 %')
        self.assertTrue(status, said)
        self.same_answer(mine, indicator, 100)

    def test_regions_without_neighbours_give_an_empty_layer_of_pairs(self):
        far = QgsVectorLayer('Polygon?crs=EPSG:4326&field=code:string', 'far_synthetic', 'memory')
        for number, west in enumerate((1.0, 2.0)):
            feature = QgsFeature(far.fields())
            feature.setGeometry(QgsGeometry.fromWkt(f'POLYGON(({west} 0, {west + 0.5} 0, {west + 0.5} 0.5, {west} 0.5, {west} 0))'))
            feature.setAttributes([f'{number}'])
            far.dataProvider().addFeatures([feature])
        status, results, said = self.run_it('adjacency', REGIONS=far, REGIONS_CODE='code', PAIRS=self.path('pairs.gpkg'),
                                            FACILITIES=None, DEMAND=None, PEOPLE=None, WITHIN=None, OUTPUT=None)
        self.assertTrue(status, said)
        self.assertEqual((results['PAIR_COUNT'], results['CONTACT_COUNT']), (0, 0))
        self.assertEqual(QgsVectorLayer(self.path('pairs.gpkg'), 'pairs', 'ogr').featureCount(), 0)

    def test_people_as_a_raster(self):
        raster = self.path('people_synthetic.tif')
        processing.run('native:createconstantrasterlayer', {
            'EXTENT': '1.0,1.1,-0.05,0.05 [EPSG:4326]', 'TARGET_CRS': 'EPSG:4326', 'PIXEL_SIZE': 0.01, 'NUMBER': 2, 'OUTPUT': raster})
        box = QgsVectorLayer('Polygon?crs=EPSG:4326&field=code:string', 'box_synthetic', 'memory')
        feature = QgsFeature(box.fields())
        feature.setGeometry(QgsGeometry.fromWkt('POLYGON((0.9 -0.1, 1.2 -0.1, 1.2 0.1, 0.9 0.1, 0.9 -0.1))'))
        feature.setAttributes(['1'])
        box.dataProvider().addFeatures([feature])
        # the middle of cell (i, j) is i + 1/2 steps east of the clinic and j - 9/2 north: those within 4 steps (4.45 km) are counted here.
        # QGIS may make a row more of the extent's last digit; it is farther away.
        within = sum(1 for i in range(10) for j in range(10) if (i + 0.5) ** 2 + (j - 4.5) ** 2 <= 16)
        made = QgsRasterLayer(raster, 'people', 'gdal')
        self.assertEqual(self.figure(DEMAND=None, PEOPLE=None, POPULATION=raster, REGIONS=box, REGIONS_CODE='code', WITHIN='4.45 km'),
                         (2 * within, 2 * made.width() * made.height()))

    def test_along_streets_of_a_layer_at_a_speed(self):
        road = QgsVectorLayer('LineString?crs=EPSG:4326&field=name:string', 'streets_synthetic', 'memory')
        feature = QgsFeature(road.fields())
        feature.setGeometry(QgsGeometry.fromPolylineXY([QgsPointXY(x, y) for x, y, _ in HOMES]))
        feature.setAttributes(['road'])
        road.dataProvider().addFeatures([feature])
        # 4 steps are 4.45 km: 4.45 min at 60 km/h, and 8.9 at 30
        for speed, within in (('60 km/h', 510), ('30 km/h', 100 + 101 + 102)):
            self.assertEqual(self.figure(BY=4, STREETS=road, STREETS_SPEED=speed, WITHIN='5 min'), (within, ALL))

    def test_a_limit_without_a_unit_is_told_in_the_words_of_the_program(self):
        status, _, said = self.run_it(WITHIN='5')
        self.assertFalse(status)
        self.assertIn('unit', said)
        self.assertEqual(os.listdir(self.folder), [])

    def test_memory_layers_without_regions(self):
        self.assertEqual(self.figure(), (WITHIN, ALL))

    def test_only_the_selected_features_count(self):
        self.homes.selectByExpression('"people" < 103')
        QgsProject.instance().addMapLayer(self.homes)
        chosen = QgsProcessingFeatureSourceDefinition(self.homes.id(), True)
        self.assertEqual(self.figure(DEMAND=chosen), (100 + 101 + 102, 303))

    def test_of_a_file_only_what_the_filter_of_the_layer_lets_through(self):
        layer = self.saved(self.homes, 'homes')
        layer.setSubsetString('"people" >= 103')
        self.assertEqual(self.figure(DEMAND=layer), (103 + 104, ALL - 303))

    def test_edits_that_are_not_saved_count(self):
        layer = self.saved(self.homes, 'homes')
        layer.startEditing()
        layer.deleteFeature(next(layer.getFeatures(QgsFeatureRequest().setFilterExpression('"people" = 100'))).id())
        self.assertEqual(self.figure(DEMAND=layer), (WITHIN - 100, ALL - 100))
        layer.rollBack()

    def saved(self, layer, name):
        """The layer as one of two in a GeoPackage, with another first, so that the layer's name matters."""
        path = self.path('layers.gpkg')
        processing.run('native:package', {'LAYERS': [self.named(self.clinic, 'other'), self.named(layer, name)], 'OUTPUT': path})
        found = QgsVectorLayer(f'{path}|layername={name}', name, 'ogr')
        self.assertTrue(found.isValid())
        return found

    def named(self, layer, name):
        copy = layer.clone()
        copy.setName(name)
        QgsProject.instance().addMapLayer(copy)
        return copy

    def test_a_layer_of_a_file_is_read_from_where_it_is(self):
        layer = self.saved(self.homes, 'homes')
        self.assertEqual(self.figure(DEMAND=layer, STUDY=self.path('s/study.toml')), (WITHIN, ALL))
        with open(self.path('s/study.toml'), encoding='utf-8') as file:
            text = file.read()
        self.assertIn('path = "../layers.gpkg", layer = "homes"', text)
        # the memory layer and the region around everything were written beside it
        self.assertEqual(sorted(os.listdir(self.path('s/study_data'))), ['facilities.gpkg', 'regions.geojson'])
        subprocess.run([TONGDA, '--quiet', 'run', self.path('s/study.toml')], check=True)

    def test_the_crs_of_the_layer_is_handed_over(self):
        for crs in ('EPSG:3857', 'EPSG:32631', 'ESRI:54009'):
            self.assertEqual(self.figure(DEMAND=points(HOMES, crs)), (WITHIN, ALL), crs)

    def test_a_crs_that_only_the_layer_knows_wins_over_the_file(self):
        # a file that says it is in degrees and holds metres; in QGIS the user has set the layer right
        wrong = points(HOMES, 'EPSG:32631')
        wrong.setCrs(QgsCoordinateReferenceSystem('EPSG:4326'))
        layer = self.saved(wrong, 'homes')
        layer.setCrs(QgsCoordinateReferenceSystem('EPSG:32631'))
        self.assertEqual(self.figure(DEMAND=layer), (WITHIN, ALL))

    def test_a_layer_without_a_crs_is_refused(self):
        layer = points(HOMES)
        layer.setCrs(QgsCoordinateReferenceSystem())
        status, _, said = self.run_it(DEMAND=layer)
        self.assertFalse(status)
        self.assertIn('road_synthetic', said)
        self.assertIn('has no CRS', said)
        self.assertFalse(os.path.exists(self.path('mine.gpkg')))

    def test_shifted_coordinates_are_undone_when_they_are_declared(self):
        # in China: 0.02 degrees of latitude are 2.2 km; the shift of GCJ-02 is some 500 m there and the same for neighbours
        homes = [(118.8, 32.0 + index * 0.02, 100) for index in range(4)]
        clinic = points([(118.8, 32.0, 1)])
        self.assertEqual(self.figure(DEMAND=points(homes), FACILITIES=clinic, WITHIN='100 m'), (100, 400))
        # only the homes shifted: the one beside the clinic is some 500 m off
        self.assertEqual(self.figure(DEMAND=points(homes), DEMAND_DATUM=1, FACILITIES=clinic, WITHIN='100 m'), (0, 400))
        for crs in ('EPSG:4326', 'EPSG:3857'):
            self.assertEqual(self.figure(DEMAND=points(homes, crs), DEMAND_DATUM=1, FACILITIES=clinic, FACILITIES_DATUM=1, WITHIN='100 m'), (100, 400))

    def test_people_without_a_number_count_as_one(self):
        self.assertEqual(self.figure(PEOPLE=None), (5, 10))

    def test_a_field_called_fid_that_holds_anything_does_no_harm(self):
        layer = points(HOMES, fields='field=fid:string&field=people:integer')
        self.assertEqual(self.figure(DEMAND=layer, DEMAND_ID='fid'), (WITHIN, ALL))

    def test_points_and_raster_together_are_refused(self):
        status, _, why = self.run_it(DEMAND=None)
        self.assertFalse(status)
        self.assertIn('either as points or as a raster', why)

    def test_layers_are_loaded_with_the_styles_of_the_program(self):
        given = {'FACILITIES': self.clinic, 'DEMAND': self.homes, 'PEOPLE': 'people', 'BANDS': '1 km, 5 km', 'BY': 1, 'OUTPUT': self.path('mine.gpkg')}
        results = processing.runAndLoadResults('tongda:catchments', given, feedback=Said())
        loaded = {layer.source().split('layername=')[-1]: layer for layer in QgsProject.instance().mapLayers().values()}
        self.assertIn('catchments_catchments', loaded)
        self.assertIn('catchments_points', loaded)
        self.assertIn('facilities_facility', loaded)
        for name in ('catchments_catchments', 'catchments_points'):
            layer = loaded[name]
            self.assertTrue(layer.isValid(), name)
            self.assertIn(layer.renderer().type(), ('RuleRenderer', 'categorizedSymbol'), name)
            plain = QgsVectorLayer(layer.source(), name, 'ogr')
            self.assertEqual(layer.renderer().dump(), plain.renderer().dump())
            self.assertNotIn('mine', layer.name())
        self.assertEqual(QgsVectorLayer(results['CATCHMENTS'], 'c', 'ogr').featureCount(), 2)

    def test_nothing_is_loaded_when_nobody_wants_it(self):
        processing.runAndLoadResults('tongda:coverage', {
            'FACILITIES': self.clinic, 'DEMAND': self.homes, 'PEOPLE': 'people', 'OUTPUT': self.path('mine.gpkg'), 'LOAD': False}, feedback=Said())
        self.assertEqual(len(QgsProject.instance().mapLayers()), 0)
        self.assertTrue(os.path.exists(self.path('mine.gpkg')))

    def slow(self):
        """A program that tells progress, leaves half a file where it was told to write, and takes its time."""
        path = self.path('slow/tongda')
        os.makedirs(os.path.dirname(path))
        with open(path, 'w') as out:
            out.write(f'#!{sys.executable}\n' + textwrap.dedent(f'''
                import os, sys, time
                if '--version' in sys.argv:
                    print('tongda 0.1.0'); sys.exit()
                if '--help' in sys.argv:
                    print('--progress <KIND>'); sys.exit()
                folder = sys.argv[sys.argv.index('--out-dir') + 1]
                os.makedirs(folder)
                open(os.path.join(folder, 'mine.gpkg'), 'w').write('half')
                open({self.path('pid')!r}, 'w').write(str(os.getpid()))
                print('PROGRESS 42 measuring', file=sys.stderr, flush=True)
                time.sleep(60)
            '''))
        os.chmod(path, os.stat(path).st_mode | stat.S_IXUSR)
        return path

    def left_over(self):
        return glob.glob(os.path.join(tempfile.gettempdir(), 'processing_*', 'tongda-*')) + glob.glob(os.path.join(tempfile.gettempdir(), 'processing_*', '*', 'tongda-*'))

    def test_cancelling_ends_the_program_and_leaves_what_stood_there(self):
        with open(self.path('mine.gpkg'), 'w') as out:
            out.write('what stood there')
        feedback = Said()
        self.addCleanup(os.environ.__setitem__, 'TONGDA', TONGDA)
        os.environ['TONGDA'] = self.slow()

        def cancel():
            while not (os.path.exists(self.path('pid')) and os.path.getsize(self.path('pid'))):
                time.sleep(0.05)
            time.sleep(0.5)
            feedback.cancel()

        waiting = threading.Thread(target=cancel, daemon=True)
        waiting.start()
        before = time.monotonic()
        status, _, said = self.run_it(feedback=feedback)
        self.assertFalse(status)
        self.assertLess(time.monotonic() - before, 20)
        self.assertIn('Cancelled', said)
        self.assertIn('measuring', said)
        self.assertIn(42.0, feedback.steps)
        with open(self.path('pid')) as file, self.assertRaises(ProcessLookupError):
            os.kill(int(file.read()), 0)
        with open(self.path('mine.gpkg')) as file:
            self.assertEqual(file.read(), 'what stood there')
        self.assertEqual(self.left_over(), [])
        self.assertEqual([name for name in os.listdir(self.folder) if name.startswith('.')], [])

    def test_cancelling_the_program_itself_at_any_moment(self):
        # the real one on all of Jiangsu's rooms, which takes seconds; cancelled sooner and later
        for wait in (0.0, 0.3, 1.5):
            feedback = Said()
            threading.Timer(wait, feedback.cancel).start()
            status, _, said = self.run_it('run_study', feedback, CONFIG=os.path.join(questions.ROOT, 'configs', 'jiangsu-room.toml'), FOLDER=self.path('mine'),
                                          FACILITIES=None, DEMAND=None, PEOPLE=None, WITHIN=None, OUTPUT=None)
            self.assertFalse(status, wait)
            self.assertIn('Cancelled', said)
            self.assertFalse(os.path.exists(self.path('mine')) and os.listdir(self.path('mine')))
            self.assertEqual(self.left_over(), [])

    def test_a_package_with_unsaved_changes_is_not_replaced(self):
        for name in ('mine.gpkg', 'mine.gpkg-wal'):
            with open(self.path(name), 'w') as out:
                out.write('changes')
        status, _, said = self.run_it()
        self.assertFalse(status)
        self.assertIn('open in another program', said)

    def test_every_algorithm_has_titles_and_help_in_both_languages(self):
        from tongda.provider import ALGORITHMS
        from tongda.tool import words
        self.assertEqual(len(ALGORITHMS), 8)
        self.addCleanup(words.speak, 'en')
        for kind in ALGORITHMS:
            texts = {}
            for language in ('en', 'zh'):
                words.speak(language)
                made = kind().create()
                texts[language] = [made.displayName(), made.group(), made.shortHelpString()]
                texts[language] += [one.description() for one in made.parameterDefinitions() + made.outputDefinitions()]
            for english, chinese in zip(texts['en'], texts['zh']):
                self.assertTrue(any('\u4e00' <= letter <= '\u9fff' for letter in chinese), f'{kind.NAME}: {chinese}')
                self.assertFalse(any('\u4e00' <= letter <= '\u9fff' for letter in english), f'{kind.NAME}: {english}')

    def test_the_setting_of_the_options_wins(self):
        from processing.core.ProcessingConfig import ProcessingConfig
        from tongda.provider import EXECUTABLE
        path = self.path('gone')
        open(path, 'w').close()
        ProcessingConfig.setSettingValue(EXECUTABLE, path)
        self.addCleanup(ProcessingConfig.setSettingValue, EXECUTABLE, '')
        os.remove(path)
        status, _, said = self.run_it()
        self.assertFalse(status)
        self.assertIn('Processing option', said)


if __name__ == '__main__':
    done = unittest.main(exit=False)
    sys.stdout.flush()
    sys.stderr.flush()
    # QGIS without a window may crash while Python takes it down
    os._exit(0 if done.result.wasSuccessful() else 1)
