"""The parts of the plugin that know nothing of QGIS, with plain Python: `python3 -m unittest discover qgis/tests`."""

import json
import os
import sqlite3
import stat
import sys
import tempfile
import textwrap
import threading
import time
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))


def load(name):
    """A module of `tongda.tool`; the package above it wants QGIS only when QGIS calls `classFactory`."""
    sys.path.insert(0, os.path.dirname(HERE))
    try:
        return __import__(f'tongda.tool.{name}', fromlist=[name])
    finally:
        sys.path.pop(0)


program, result, study, words = load('program'), load('result'), load('study'), load('words')


class Scratch(unittest.TestCase):
    def setUp(self):
        words.speak('en')
        made = tempfile.TemporaryDirectory()
        self.addCleanup(made.cleanup)
        self.folder = made.name

    def script(self, body, name='tongda'):
        """A program of Python at a path of its own."""
        path = os.path.join(self.folder, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, 'w', encoding='utf-8') as out:
            out.write(f'#!{sys.executable}\n' + textwrap.dedent(body))
        os.chmod(path, os.stat(path).st_mode | stat.S_IXUSR)
        return path


class FindingTheProgram(Scratch):
    def test_the_setting_wins_over_the_variable_over_the_path_over_cargo(self):
        setting, variable = self.script('', 'a/tongda'), self.script('', 'b/tongda')
        on_path, cargo = self.script('', 'c/tongda'), self.script('', 'home/.cargo/bin/tongda')
        home = os.path.join(self.folder, 'home')
        environment = {'TONGDA': variable, 'PATH': os.path.dirname(on_path)}
        self.assertEqual(program.find(setting, environment, home), setting)
        self.assertEqual(program.find('', environment, home), variable)
        self.assertEqual(program.find('', {'PATH': os.path.dirname(on_path)}, home), on_path)
        self.assertEqual(program.find('', {'PATH': ''}, home), cargo)

    def test_a_setting_that_names_nothing_is_told_and_not_passed_over(self):
        on_path = self.script('', 'c/tongda')
        with self.assertRaisesRegex(program.ProgramError, 'Processing option.*no such|Processing option.*no program'):
            program.find('/not/there', {'PATH': os.path.dirname(on_path)}, self.folder)
        with self.assertRaisesRegex(program.ProgramError, 'TONGDA names "/not/there"'):
            program.find('', {'TONGDA': '/not/there', 'PATH': os.path.dirname(on_path)}, self.folder)

    def test_a_file_that_can_not_be_run_is_no_program(self):
        path = self.script('')
        os.chmod(path, 0o644)
        with self.assertRaises(program.ProgramError):
            program.find(path, {'PATH': ''}, self.folder)

    def test_without_any_the_message_says_how_to_get_it_in_both_languages(self):
        with self.assertRaisesRegex(program.ProgramError, 'not found.*Providers > Tongda.*TONGDA.*PATH'):
            program.find('', {'PATH': ''}, self.folder)
        words.speak('zh_CN')
        with self.assertRaisesRegex(program.ProgramError, '未找到程序 tongda.*安装'):
            program.find('', {'PATH': ''}, self.folder)

    def test_versions_are_compared_as_numbers(self):
        self.assertEqual(program.version(self.script('print("tongda 0.10.2")')), (0, 10, 2))
        with self.assertRaisesRegex(program.ProgramError, '0.0.9; 0.1.0 or newer'):
            program.version(self.script('print("tongda 0.0.9")'))
        with self.assertRaisesRegex(program.ProgramError, 'is not tongda.*ls 1.2.3'):
            program.version(self.script('print("ls 1.2.3")'))


class Running(Scratch):
    def run_script(self, body, cancelled=lambda: False):
        lines, steps = [], []
        out = program.run([self.script(body)], lines.append, lambda *step: steps.append(step), cancelled)
        return out, lines, steps

    def test_progress_lines_are_progress_and_all_others_are_text(self):
        out, lines, steps = self.run_script('''
            import sys
            print("PROGRESS 42 measuring", file=sys.stderr)
            print("PROGRESS 99.5", file=sys.stderr)
            print("PROGRESS: many", file=sys.stderr)
            print("达标")
        ''')
        self.assertEqual((out, lines, steps), ('达标', ['PROGRESS: many'], [(42.0, 'measuring'), (99.5, '')]))

    def test_progress_comes_while_the_program_runs(self):
        came = []
        program.run([self.script('''
            import sys, time
            print("PROGRESS 1", file=sys.stderr, flush=True)
            time.sleep(1.2)
        ''')], lambda line: None, lambda *_: came.append(time.monotonic()), lambda: False)
        self.assertGreater(time.monotonic() - came[0], 0.8)

    def test_an_error_is_shown_as_the_program_says_it(self):
        with self.assertRaises(program.ProgramError) as caught:
            self.run_script('''
                import sys
                print("error: no field \\"x\\"\\n  did you mean \\"y\\"?", file=sys.stderr)
                sys.exit(2)
            ''')
        self.assertEqual(str(caught.exception), 'error: no field "x"\n  did you mean "y"?')

    def test_an_error_without_words_names_the_status(self):
        with self.assertRaisesRegex(program.ProgramError, 'status 3'):
            self.run_script('import sys; sys.exit(3)')

    def test_much_output_on_both_streams_does_not_block(self):
        out, lines, _ = self.run_script('''
            import sys
            for i in range(20000):
                print("o" * 50); print("e" * 50, file=sys.stderr)
        ''')
        self.assertEqual((len(out.split('\n')), len(lines)), (20000, 20000))

    def test_cancelling_ends_the_child_and_waits_for_it(self):
        pid_file = os.path.join(self.folder, 'pid')
        started = threading.Event()

        def cancelled():
            if os.path.exists(pid_file) and os.path.getsize(pid_file):
                started.set()
            return started.is_set()

        before = time.monotonic()
        with self.assertRaises(program.Cancelled):
            self.run_script(f'''
                import os, time
                open({pid_file!r}, "w").write(str(os.getpid()))
                time.sleep(60)
            ''', cancelled)
        self.assertLess(time.monotonic() - before, 10)
        with open(pid_file) as file, self.assertRaises(ProcessLookupError):
            os.kill(int(file.read()), 0)

    def test_a_child_that_does_not_listen_is_killed(self):
        grace, program.GRACE_S = program.GRACE_S, 0.5
        self.addCleanup(setattr, program, 'GRACE_S', grace)
        pid_file = os.path.join(self.folder, 'pid')
        with self.assertRaises(program.Cancelled):
            self.run_script(f'''
                import os, signal, time
                signal.signal(signal.SIGTERM, signal.SIG_IGN)
                open({pid_file!r}, "w").write(str(os.getpid()))
                time.sleep(60)
            ''', lambda: os.path.exists(pid_file) and os.path.getsize(pid_file) > 0)
        with open(pid_file) as file, self.assertRaises(ProcessLookupError):
            os.kill(int(file.read()), 0)


class StudyFiles(Scratch):
    def small(self):
        made = study.Study('A "study"', '研究', 'coverage', 'covered-share')
        made.study['regions'] = study.Source(os.path.join(self.folder, 'in', 'regions.gpkg'), 'regions', level='county', code='adcode', name=None)
        made.study['evaluate'] = {'county': {'starts-with': ['32']}}
        made.study['transit'] = {'gtfs': [study.File(os.path.join(self.folder, 'feed.zip'))], 'date': study.Bare('2026-03-04')}
        made.measure = {'kind': 'clinic', 'within': '5 km', 'tau': '', 'per': 1000.0, 'at-least': 2.5}
        made.target = {'at-least': '90 %'}
        made.over = ['county', 'city']
        return made

    def test_the_text_is_toml_with_paths_as_seen_from_its_folder(self):
        text = self.small().text(os.path.join(self.folder, 'studies'), ['out/a.gpkg', 'out/a.html'], 'a.toml')
        tomllib = __import__('tomllib') if sys.version_info >= (3, 11) else self.skipTest('no tomllib')
        read = tomllib.loads(text)
        self.assertEqual(read['title'], {'en': 'A "study"', 'zh': '研究'})
        self.assertEqual(read['study']['regions'], {'path': '../in/regions.gpkg', 'layer': 'regions', 'level': 'county', 'code': 'adcode'})
        self.assertEqual(read['study']['evaluate'], {'county': {'starts-with': ['32']}})
        self.assertEqual(read['study']['transit']['gtfs'], ['../feed.zip'])
        self.assertEqual(str(read['study']['transit']['date']), '2026-03-04')
        indicator = read['indicator'][0]
        self.assertEqual(indicator['measure'], {'covered-share': {'kind': 'clinic', 'within': '5 km', 'per': 1000, 'at-least': 2.5}})
        self.assertEqual((indicator['target'], indicator['over']), ({'at-least': '90 %'}, ['county', 'city']))
        self.assertEqual(read['output'], [{'path': 'out/a.gpkg'}, {'path': 'out/a.html', 'lang': 'both'}])

    def test_texts_that_are_hard_to_write_come_back_as_they_were(self):
        tomllib = __import__('tomllib') if sys.version_info >= (3, 11) else self.skipTest('no tomllib')
        for text in ('a "b" \\ c', 'line\nline', '毗邻县', '\x7f\x01', "'", 'C:\\data\\x.gpkg', '= [ # ]'):
            self.assertEqual(tomllib.loads(f'x = {study.toml(text)}'), {'x': text})
        self.assertEqual(tomllib.loads(f'x = {study.toml({"a b": [True, 0.25, 3, {}]})}'), {'x': {'a b': [True, 0.25, 3, {}]}})

    def test_every_file_that_a_study_names_is_known(self):
        self.assertEqual([os.path.basename(one.path) for one in self.small().files()], ['regions.gpkg', 'feed.zip'])


class Results(Scratch):
    def package(self):
        path = os.path.join(self.folder, 'a %23#?.gpkg')
        base = sqlite3.connect(path)
        base.executescript('''
            CREATE TABLE gpkg_contents (table_name TEXT, data_type TEXT, identifier TEXT);
            CREATE TABLE gpkg_geometry_columns (table_name TEXT, geometry_type_name TEXT);
            INSERT INTO gpkg_contents VALUES ('scorecard', 'attributes', '评分表'), ('a_points', 'features', 'Points'),
                ('a_regions', 'features', 'Regions'), ('a_pairs', 'features', 'Pairs'), ('layer_styles', 'attributes', NULL);
            INSERT INTO gpkg_geometry_columns VALUES ('a_points', 'POINT'), ('a_regions', 'MULTIPOLYGON'), ('a_pairs', 'MULTILINESTRING');
            CREATE TABLE scorecard (level TEXT, verdict TEXT);
            INSERT INTO scorecard VALUES ('all', 'met'), ('all', 'no-data'), ('all', 'met'), ('county', 'missed');
        ''')
        base.commit()
        base.close()
        return path

    def test_layers_of_a_package_are_the_users_and_points_lie_on_top(self):
        found = result.layers(self.package())
        self.assertEqual([layer.name for layer in found], ['scorecard', 'a_points', 'a_regions', 'a_pairs'])
        self.assertEqual([layer.rank for layer in found], [0, 3, 1, 2])

    def test_verdicts_count_indicators_and_not_regions(self):
        self.assertEqual(result.verdicts(self.package()), {'met': 2, 'no-data': 1})

    def test_a_figure_that_is_not_known_is_none_and_not_zero(self):
        path = os.path.join(self.folder, 'a.json')
        with open(path, 'w', encoding='utf-8') as out:
            json.dump({'indicators': [{'id': 'a', 'verdict': 'no-data', 'figure': None, 'layers': []}]}, out)
        figure = result.figures(path)[0]
        self.assertEqual((figure.value, figure.part, figure.text, figure.verdict), (None, None, '', 'no-data'))

    def test_a_file_is_put_whole_over_what_stands_there(self):
        made, wanted = os.path.join(self.folder, 'made'), os.path.join(self.folder, 'sub', 'wanted')
        for text in ('one', 'two'):
            with open(made, 'w') as out:
                out.write(text)
            result.put(made, wanted)
            with open(wanted) as file:
                self.assertEqual(file.read(), text)
        self.assertEqual(os.listdir(os.path.dirname(wanted)), ['wanted'])

    def test_a_file_that_can_not_be_put_leaves_nothing_behind(self):
        with self.assertRaises(OSError):
            result.put(os.path.join(self.folder, 'not there'), os.path.join(self.folder, 'sub', 'wanted'))
        self.assertEqual(os.listdir(os.path.join(self.folder, 'sub')), [])

    def test_a_journal_with_content_means_that_the_package_is_in_use(self):
        path = self.package()
        self.assertFalse(result.in_use(path))
        open(path + '-wal', 'w').close()
        self.assertFalse(result.in_use(path))
        with open(path + '-wal', 'w') as out:
            out.write('x')
        self.assertTrue(result.in_use(path))


class ThePackage(unittest.TestCase):
    """What the plugin repository asks for."""

    FOLDER = os.path.join(os.path.dirname(HERE), 'tongda')

    def test_the_metadata_has_every_key_that_is_asked_for(self):
        import configparser
        metadata = configparser.ConfigParser(interpolation=None)
        metadata.read(os.path.join(self.FOLDER, 'metadata.txt'), encoding='utf-8')
        general = metadata['general']
        for key in ('name', 'qgisMinimumVersion', 'description', 'about', 'version', 'author', 'email', 'homepage', 'tracker', 'repository', 'license', 'icon'):
            self.assertTrue(general.get(key), key)
        self.assertEqual((general['qgisMinimumVersion'], general['hasProcessingProvider']), ('3.22', 'yes'))
        self.assertTrue(os.path.isfile(os.path.join(self.FOLDER, general['icon'])))

    def test_imports_of_the_plugin_itself_are_relative(self):
        import re
        for folder, _, names in os.walk(self.FOLDER):
            for name in names:
                if name.endswith('.py'):
                    with open(os.path.join(folder, name), encoding='utf-8') as file:
                        self.assertIsNone(re.search(r'^\s*(from|import) tongda', file.read(), re.M), name)


if __name__ == '__main__':
    unittest.main()
