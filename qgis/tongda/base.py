"""What all algorithms have in common: parameters that read alike, one run of the program, results with their styles."""

import os
import shutil
import tempfile

from qgis.PyQt.QtGui import QIcon
from qgis.core import QgsProcessing
from qgis.core import QgsProcessingAlgorithm
from qgis.core import QgsProcessingContext
from qgis.core import QgsProcessingException
from qgis.core import QgsProcessingLayerPostProcessorInterface
from qgis.core import QgsProcessingOutputNumber
from qgis.core import QgsProcessingOutputString
from qgis.core import QgsProcessingOutputVectorLayer
from qgis.core import QgsProcessingParameterBoolean
from qgis.core import QgsProcessingParameterDefinition
from qgis.core import QgsProcessingParameterEnum
from qgis.core import QgsProcessingParameterFeatureSource
from qgis.core import QgsProcessingParameterField
from qgis.core import QgsProcessingParameterFile
from qgis.core import QgsProcessingParameterFileDestination
from qgis.core import QgsProcessingParameterNumber
from qgis.core import QgsProcessingParameterString

from .handed import HandedLayer
from .handed import scratch_folder
from .tool import program
from .tool import result
from .tool import words
from .tool.words import say

AREAS = [QgsProcessing.TypeVectorPolygon]
POINTS = [QgsProcessing.TypeVectorPoint]
LINES = [QgsProcessing.TypeVectorLine]
TABLES = [QgsProcessing.TypeVector]

DATUMS = (
    ('', 'as its CRS says', '与其坐标参考系一致'),
    ('gcj-02', 'GCJ-02 (Amap, Tencent, Google maps of China)', 'GCJ-02（高德、腾讯、谷歌中国地图）'),
    ('bd-09', 'BD-09 (Baidu maps)', 'BD-09（百度地图）'),
)


class TongdaAlgorithm(QgsProcessingAlgorithm):
    """Starts the program once; children say with which parameters and what comes of it.

    A child has NAME, TITLE and HELP (English and Chinese), and `run_tongda`.
    """

    NAME = ''
    TITLE = ('', '')
    GROUP = ('coverage', 'Coverage', '覆盖')
    HELP = ('', '')

    OUTPUT, REPORT, STUDY, LOAD = 'OUTPUT', 'REPORT', 'STUDY', 'LOAD'

    def __init__(self):
        super().__init__()
        self.handed = {}
        self.choices = {}

    def createInstance(self):
        return type(self)()

    def name(self):
        return self.NAME

    def displayName(self):
        return say(*self.TITLE)

    def group(self):
        return say(*self.GROUP[1:])

    def groupId(self):
        return self.GROUP[0]

    def shortHelpString(self):
        return say(*self.HELP) + say(
            '\n\nRuns the program "tongda", which must be installed. Lengths and times are texts with their unit: 500 m, 5 km, 15 min.',
            '\n\n调用已安装的程序“tongda”。长度与时间须带单位：500 m、5 km、15 min。')

    def icon(self):
        return QIcon(self.svgIconPath())

    def svgIconPath(self):
        return os.path.join(os.path.dirname(__file__), 'icon.svg')

    def tags(self):
        return ['tongda', '通达'] + self.NAME.split('_') + [self.TITLE[0], self.TITLE[1]]

    # parameters

    def add(self, parameter, advanced=False):
        if advanced:
            parameter.setFlags(parameter.flags() | QgsProcessingParameterDefinition.FlagAdvanced)
        self.addParameter(parameter)

    def add_layer(self, name, english, chinese, types, optional=False, shifted=True, advanced=False):
        """A vector layer, and whether its coordinates are shifted."""
        self.add(QgsProcessingParameterFeatureSource(name, say(english, chinese), types, optional=optional), advanced)
        self.handed[name] = None
        if shifted:
            self.add_choice(f'{name}_DATUM', f'{english}: coordinates', f'{chinese}：坐标', DATUMS, advanced=True)

    def add_field(self, name, english, chinese, parent, optional=True, numeric=False, advanced=False):
        kind = QgsProcessingParameterField.Numeric if numeric else QgsProcessingParameterField.Any
        self.add(QgsProcessingParameterField(name, say(english, chinese), None, parent, kind, False, optional), advanced)

    def add_choice(self, name, english, chinese, options, default=0, advanced=False):
        """One of `options`: (value, English, Chinese)."""
        self.choices[name] = [value for value, _, _ in options]
        self.add(QgsProcessingParameterEnum(name, say(english, chinese), [say(*texts) for _, *texts in options], False, default), advanced)

    def add_text(self, name, english, chinese, default=None, optional=True, advanced=False):
        self.add(QgsProcessingParameterString(name, say(english, chinese), default, False, optional), advanced)

    def add_number(self, name, english, chinese, default=None, optional=True, whole=False, least=0, advanced=False):
        kind = QgsProcessingParameterNumber.Integer if whole else QgsProcessingParameterNumber.Double
        self.add(QgsProcessingParameterNumber(name, say(english, chinese), kind, default, optional, least), advanced)

    def add_yes(self, name, english, chinese, default=False, advanced=False):
        self.add(QgsProcessingParameterBoolean(name, say(english, chinese), default), advanced)

    def add_file(self, name, english, chinese, filter='', optional=True, advanced=False):
        self.add(QgsProcessingParameterFile(name, say(english, chinese), QgsProcessingParameterFile.File, optional=optional, fileFilter=filter), advanced)

    def add_file_made(self, name, english, chinese, filter, optional=True):
        self.add(QgsProcessingParameterFileDestination(name, say(english, chinese), filter, optional=optional, createByDefault=not optional))

    def add_results(self, layers=()):
        """The GeoPackage, the report and the study file; numbers and texts of the figure; `layers`: (name, English, Chinese)."""
        self.add_yes(self.LOAD, 'Load the layers of the result', '加载结果图层', True)
        self.add_file_made(self.OUTPUT, 'Result', '结果', 'GeoPackage (*.gpkg)', optional=False)
        self.add_file_made(self.REPORT, 'Report', '报告', 'HTML (*.html)')
        self.add_file_made(self.STUDY, 'Save the study as', '研究文件另存为', 'TOML (*.toml)')
        for name, english, chinese in layers:
            self.addOutput(QgsProcessingOutputVectorLayer(name, say(english, chinese)))
        for name, english, chinese in (
                ('VALUE', 'Figure, unrounded', '数值（未舍入）'), ('PART', 'Part', '分子'), ('WHOLE', 'Whole', '分母'),
                ('UNKNOWN', 'Unknown', '未知量')):
            self.addOutput(QgsProcessingOutputNumber(name, say(english, chinese)))
        for name, english, chinese in (
                ('VALUE_TEXT', 'Figure', '数值'), ('VERDICT', 'Verdict', '判定'), ('FIRMNESS', 'Firmness', '稳健性'),
                ('REASON', 'Reason', '原因')):
            self.addOutput(QgsProcessingOutputString(name, say(english, chinese)))

    # values of parameters

    def text_of(self, parameters, name, context):
        return self.parameterAsString(parameters, name, context).strip()

    def choice_of(self, parameters, name, context):
        return self.choices[name][self.parameterAsEnum(parameters, name, context)]

    def field_of(self, parameters, name, context):
        return self.parameterAsString(parameters, name, context) or None

    def number_of(self, parameters, name, context):
        """A number, or nothing where the user gave none."""
        if parameters.get(name) is None:
            definition = self.parameterDefinition(name)
            return definition.defaultValue()
        return self.parameterAsDouble(parameters, name, context)

    # the run

    def prepareAlgorithm(self, parameters, context, feedback):
        for name in self.handed:
            self.handed[name] = HandedLayer(self, parameters, name, context) if parameters.get(name) else None
        return True

    def processAlgorithm(self, parameters, context, feedback):
        from .provider import executable_setting
        scratch = tempfile.mkdtemp(prefix='tongda-', dir=scratch_folder())
        try:
            tongda = program.find(executable_setting())
            number = '.'.join(map(str, program.version(tongda)))
            feedback.pushInfo(f'tongda {number}: {tongda}')
            return self.run_tongda(tongda, scratch, parameters, context, feedback)
        except program.Cancelled:
            raise QgsProcessingException(say('Cancelled: nothing was written.', '已取消：未写出任何文件。')) from None
        except program.ProgramError as error:
            raise QgsProcessingException(str(error)) from None
        except OSError as error:
            raise QgsProcessingException(say(f'A file could not be written: {error}', f'无法写出文件：{error}')) from None
        finally:
            shutil.rmtree(scratch, ignore_errors=True)

    def run_tongda(self, tongda, scratch, parameters, context, feedback):
        """Does the work in the folder `scratch`, which is dropped afterwards, and gives the results."""
        raise NotImplementedError

    def start(self, arguments, feedback):
        """Runs the program to its end, with its progress; its standard output is the result."""
        feedback.pushCommandInfo(' '.join(f'"{one}"' if ' ' in one else one for one in arguments))

        def on_progress(percent, what):
            feedback.setProgress(percent)
            if what:
                feedback.setProgressText(what)

        return program.run(arguments, feedback.pushConsoleInfo, on_progress, feedback.isCanceled)

    def run_file(self, tongda, file, folder, feedback):
        """Runs a study file, its outputs into `folder`, and shows the scorecard."""
        arguments = [tongda, '--lang', words.language(), 'run', file, '--out-dir', folder]
        if program.tells_progress(tongda, 'run'):
            arguments += ['--progress', 'lines']
        card = self.start(arguments, feedback)
        # the last lines name the files in the scratch folder, which the user never sees
        for line in card.split('\n'):
            if line.strip() in ('written', '已写出'):
                break
            feedback.pushInfo(line)

    def run_study(self, study, tongda, scratch, parameters, context, feedback):
        """Runs a study of one indicator and puts its files where they are wanted; gives path and figure."""
        wanted = self.parameterAsFileOutput(parameters, self.OUTPUT, context)
        report = self.parameterAsFileOutput(parameters, self.REPORT, context)
        saved = self.parameterAsFileOutput(parameters, self.STUDY, context)
        self.refuse_open(wanted)
        stem = os.path.splitext(os.path.basename(wanted))[0]
        made = [os.path.join(scratch, 'out', f'{stem}.gpkg'), os.path.join(scratch, 'out', f'{stem}.json')]
        if report:
            made.append(os.path.join(scratch, 'out', f'{stem}.html'))
        file = os.path.join(scratch, 'study.toml')
        with open(file, 'w', encoding='utf-8') as out:
            out.write(study.text(scratch, made))
        self.run_file(tongda, file, os.path.join(scratch, 'out'), feedback)
        if feedback.isCanceled():
            raise program.Cancelled()
        figure = result.figures(made[1])[0]
        result.put(made[0], wanted)
        results = {self.OUTPUT: wanted}
        if report:
            result.put(made[2], report)
            results[self.REPORT] = report
        if saved:
            self.save_study(study, saved, scratch, stem)
            results[self.STUDY] = saved
        return results, figure

    def refuse_open(self, path):
        if result.in_use(path):
            raise QgsProcessingException(say(f'"{path}" is open in another program, or has layers in use; remove them or choose another file.',
                                             f'“{path}”正被其他程序使用，或其图层正在编辑；请移除图层或另选文件。'))

    def save_study(self, study, path, scratch, stem):
        """Saves the study so that it runs without QGIS: what was written for it goes into a folder beside it."""
        folder = os.path.dirname(os.path.abspath(path))
        name = os.path.splitext(os.path.basename(path))[0]
        for source in study.files():
            if os.path.abspath(source.path).startswith(os.path.abspath(scratch) + os.sep):
                kept = os.path.join(folder, f'{name}_data', os.path.basename(source.path))
                result.put(source.path, kept)
                source.path = kept
        outputs = [f'out/{stem}.gpkg', f'out/{stem}.json', f'out/{stem}.html']
        text = study.text(folder, outputs, os.path.basename(path))
        made = os.path.join(scratch, 'saved.toml')
        with open(made, 'w', encoding='utf-8') as out:
            out.write(text)
        result.put(made, path)

    def tell(self, figure):
        """The figure as outputs; a number that is not known is left out, never 0."""
        outputs = {'VALUE_TEXT': figure.text, 'VERDICT': figure.verdict, 'FIRMNESS': figure.firmness, 'REASON': words.of(figure.reason)}
        for name, number in (('VALUE', figure.value), ('PART', figure.part), ('WHOLE', figure.whole), ('UNKNOWN', figure.unknown)):
            if number is not None:
                outputs[name] = number
        return outputs

    def layers_of(self, path, indicator, outputs):
        """The layers that `outputs` name (output: end of the layer's name), as far as they have rows."""
        there = {layer.name for layer in result.layers(path)}
        start = indicator.replace('-', '_')
        return {name: f'{path}|layername={start}_{end}' for name, end in outputs.items() if f'{start}_{end}' in there}

    def load(self, path, parameters, context, wanted=None, group='', starts=()):
        """Lets QGIS load the layers of a GeoPackage with their own styles: those named, or that start so; all where none is named."""
        if not self.parameterAsBool(parameters, self.LOAD, context) or context.project() is None:
            return
        layers = [layer for layer in result.layers(path) if wanted is None or layer.name in wanted or layer.name.startswith(starts)]
        for number, layer in enumerate(layers):
            details = QgsProcessingContext.LayerDetails(layer.title or layer.name, context.project(), layer.name)
            details.forceName = True
            if hasattr(details, 'layerSortKey'):
                details.layerSortKey = layer.rank * 1000 - number
            if group and hasattr(details, 'groupName'):
                details.groupName = group
            details.setPostProcessor(OwnStyle.make())
            context.addLayerToLoadOnCompletion(f'{path}|layername={layer.name}', details)


class OwnStyle(QgsProcessingLayerPostProcessorInterface):
    """Gives a loaded layer the style that the program wrote beside it."""

    # QGIS keeps no hold of objects of Python
    kept = []

    @classmethod
    def make(cls):
        one = cls()
        cls.kept.append(one)
        del cls.kept[:-200]
        return one

    def postProcessLayer(self, layer, context, feedback):
        layer.loadDefaultStyle()
        layer.triggerRepaint()
