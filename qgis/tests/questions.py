"""Questions on the repository's data: as parameters of an algorithm, and as a study file written by hand for the program itself.

The two share nothing but the data, so that what the plugin writes into its own study file is tested too.
"""

import json
import os
import sqlite3
import subprocess
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
JIANGSU = os.path.join(ROOT, 'geodata', 'jiangsu')
SYNTHETIC = os.path.join(JIANGSU, 'synthetic')
HELSINKI = os.path.join(ROOT, 'geodata', 'helsinki')
COUNTIES = os.path.join(JIANGSU, 'counties_wgs84.geojson')

REGIONS = f'''
regions = {{ path = "{COUNTIES}", level = "county", code = "adcode", name = "name", parents = {{ city = {{ code = "city_adcode", name = "city" }}, province = {{ name = "province" }} }} }}
evaluate = {{ county = {{ starts-with = "32" }} }}
'''
REGIONS_PARAMETERS = {
    'REGIONS': COUNTIES, 'LEVEL': 2, 'REGIONS_CODE': 'adcode', 'REGIONS_NAME': 'name', 'REGIONS_CITY_CODE': 'city_adcode',
    'REGIONS_CITY_NAME': 'city', 'REGIONS_PROVINCE_NAME': 'province', 'JUDGED': '32',
}


def csv_layer(path):
    """A table with places as QGIS opens it from "Add delimited text layer"."""
    return f'delimitedtext://file://{path}?type=csv&xField=lon&yField=lat&crs=EPSG:4326&detectTypes=yes'


def synthetic(name):
    return os.path.join(SYNTHETIC, f'{name}_synthetic.csv')


def table(stem, **keys):
    keys = ''.join(f', {key} = {json.dumps(value)}' for key, value in keys.items())
    return f'{{ path = "{synthetic(stem)}", x = "lon", y = "lat", datum = "wgs-84"{keys} }}'


def ask(program, folder, name, study, measure, over, target=''):
    """The answer of the program itself: the JSON of the one indicator, and the path of its GeoPackage."""
    config = os.path.join(folder, f'{name}.toml')
    with open(config, 'w', encoding='utf-8') as out:
        out.write(f'title = "{name}"\n[study]\n{study}\n[[indicator]]\nid = "{name}"\n{measure}\nover = {json.dumps(over)}\n'
                  + (f'target = {{ {target} }}\n' if target else '')
                  + f'[[output]]\npath = "{name}.json"\n[[output]]\npath = "{name}.gpkg"\n')
    subprocess.run([program, '--quiet', 'run', config, '--out-dir', folder], check=True)
    with open(os.path.join(folder, f'{name}.json'), encoding='utf-8') as file:
        return json.load(file)['indicators'][0], os.path.join(folder, f'{name}.gpkg')


def rows(path, query):
    base = sqlite3.connect(f'file:{path}?mode=ro', uri=True)
    try:
        return base.execute(query).fetchall()
    finally:
        base.close()


def regions_of(path):
    """Level, code, verdict, text and number of every region in the scorecard of a GeoPackage."""
    return rows(path, "SELECT level, code, verdict, value_text, value FROM scorecard WHERE level <> 'all' ORDER BY level, code")


NUMBERS = (('VALUE', 'value'), ('PART', 'part'), ('WHOLE', 'whole'), ('UNKNOWN', 'unknown'))


class SameAnswer(unittest.TestCase):
    """The results of an algorithm against the answer of the program itself."""

    maxDiff = None

    def same_answer(self, results, indicator, regions_at_least):
        """The figure, the verdict and every region are those of the program."""
        figure = indicator['figure']
        self.assertIsNotNone(figure['value'])
        for output, key in NUMBERS:
            if figure[key] is not None:
                self.assertEqual(results[output], figure[key], output)
        self.assertEqual((results['VALUE_TEXT'], results['VERDICT'], results['FIRMNESS']),
                         (figure['text'], indicator['verdict'], indicator['firmness']))
        wanted = sorted((one['level'], one['code'], one['verdict'], one['figure']['text'] if one['figure'] else None,
                         one['figure']['value'] if one['figure'] else None) for one in indicator['regions'])
        found = regions_of(results['OUTPUT'])
        self.assertGreaterEqual(len(found), regions_at_least)
        self.assertEqual(len(found), len(wanted))
        for mine, its in zip(found, wanted):
            self.assertEqual(mine[:3], its[:3])
            self.assertEqual(mine[3] or '', its[3] or '')
            if its[4] is None:
                self.assertIsNone(mine[4])
            else:
                # SQLite prints 15 digits into the file's text columns, the number itself is whole
                self.assertAlmostEqual(mine[4], its[4], places=12)


def people(**more):
    """The parameters of the synthetic residents."""
    return {'DEMAND': csv_layer(synthetic('residents')), 'PEOPLE': 'people', 'DEMAND_ID': 'id', 'DEMAND_REGION': 'county_adcode', **more}


def residents(people='people'):
    """The same as a study has them."""
    return '\ndemand = ' + table('residents', id='id', region='county_adcode', people=people, name='people')
