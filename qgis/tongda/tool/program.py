"""The program itself: where it is, which version it is, and running it to its end or until somebody cancels."""

import os
import queue
import re
import shutil
import subprocess
import threading
import time

from .words import say

# the oldest version whose study files and JSON are understood
LEAST_VERSION = (0, 1, 0)
# how long a cancelled child may take to go by itself
GRACE_S = 5.0
POLL_S = 0.1


class ProgramError(Exception):
    """The program is not there, is another one, or said that it could not do it; the text is for the user."""


class Cancelled(Exception):
    """Somebody cancelled; the child process has ended."""


def executable_name():
    return 'tongda.exe' if os.name == 'nt' else 'tongda'


def how_to_get():
    return say(
        'Install it (see README of tongda: "cargo install --path ." or "make build"), then set its path under Settings > Options > '
        'Processing > Providers > Tongda, or in the environment variable TONGDA, or put it on the PATH.',
        '请先安装（见 tongda 的 README：“cargo install --path .” 或 “make build”），再在“设置 > 选项 > Processing > 数据提供者 > Tongda”中填写路径，'
        '或设置环境变量 TONGDA，或将其加入 PATH。',
    )


def find(setting='', environment=None, home=None):
    """The path of the program: the setting, the variable TONGDA, the PATH, `~/.cargo/bin`, in this order.

    What a setting or the variable names must be there: nothing else is taken in its place.
    """
    environment = os.environ if environment is None else environment
    home = os.path.expanduser('~') if home is None else home
    named = [
        (setting, say('the Processing option "tongda executable"', 'Processing 选项“tongda 可执行文件”')),
        (environment.get('TONGDA', ''), say('the environment variable TONGDA', '环境变量 TONGDA')),
    ]
    for path, said_by in named:
        if not path:
            continue
        found = shutil.which(path, path=environment.get('PATH', ''))
        if found:
            return found
        raise ProgramError(say(
            f'{said_by} names "{path}", and there is no program of that name. ',
            f'{said_by}指定的“{path}”不是可执行程序。',
        ) + how_to_get())
    found = shutil.which(executable_name(), path=environment.get('PATH', ''))
    if found:
        return found
    beside_cargo = os.path.join(home, '.cargo', 'bin', executable_name())
    if os.path.isfile(beside_cargo) and os.access(beside_cargo, os.X_OK):
        return beside_cargo
    raise ProgramError(say('The program tongda was not found. ', '未找到程序 tongda。') + how_to_get())


def version(program):
    """Its version as three numbers.

    Raises ProgramError where it can not be started, is something else, or is too old.
    """
    try:
        said = subprocess.run([program, '--version'], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=30, **_plain()).stdout
    except (OSError, subprocess.TimeoutExpired) as error:
        raise ProgramError(say(f'Cannot start "{program}": {error}. ', f'无法启动“{program}”：{error}。') + how_to_get()) from error
    found = re.match(r'tongda (\d+)\.(\d+)\.(\d+)', said.strip())
    if not found:
        raise ProgramError(say(
            f'"{program}" is not tongda: asked for its version it says "{said.strip()[:200]}". ',
            f'“{program}”不是 tongda：询问版本时返回“{said.strip()[:200]}”。',
        ) + how_to_get())
    numbers = tuple(int(number) for number in found.groups())
    if numbers < LEAST_VERSION:
        least = '.'.join(map(str, LEAST_VERSION))
        raise ProgramError(say(
            f'"{program}" is version {found.group(0)[7:]}; {least} or newer is needed. ',
            f'“{program}”的版本为 {found.group(0)[7:]}，需要 {least} 或更高版本。',
        ) + how_to_get())
    return numbers


def tells_progress(program, command):
    """Whether `command` takes `--progress lines`."""
    try:
        said = subprocess.run([program, command, '--help'], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=30, **_plain()).stdout
    except (OSError, subprocess.TimeoutExpired):
        return False
    return '--progress' in said


def percent(line):
    """The percent of a line `PROGRESS 42` or `PROGRESS 42 reading`, with what follows; nothing for any other line."""
    found = re.match(r'PROGRESS (\d+(?:\.\d+)?)(?:\s+(.*))?$', line)
    if not found:
        return None
    return min(100.0, float(found.group(1))), (found.group(2) or '').strip()


def run(arguments, on_line, on_progress, is_cancelled, environment=None):
    """Runs the program and gives all of its standard output.

    `on_progress(percent, what)` is called for lines `PROGRESS 42` of either stream while they come, `on_line(text)` for all others
    of standard error, once it has ended well: else they are the error, and told once. The child is ended, and waited for, when
    `is_cancelled()` turns true.

    Raises Cancelled; ProgramError with what the program wrote to standard error where it ends with anything but 0.
    """
    try:
        child = subprocess.Popen(arguments, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                 env=environment, **_plain())
    except OSError as error:
        raise ProgramError(say(f'Cannot start "{arguments[0]}": {error}. ', f'无法启动“{arguments[0]}”：{error}。') + how_to_get()) from error
    lines = queue.Queue()
    readers = [threading.Thread(target=_read, args=(stream, name, lines), daemon=True)
               for stream, name in ((child.stdout, 'out'), (child.stderr, 'err'))]
    for reader in readers:
        reader.start()
    said = {'out': [], 'err': []}
    try:
        open_streams = 2
        while open_streams:
            if is_cancelled():
                raise Cancelled()
            try:
                name, line = lines.get(timeout=POLL_S)
            except queue.Empty:
                continue
            if line is None:
                open_streams -= 1
                continue
            told = percent(line)
            if told:
                on_progress(*told)
                continue
            said[name].append(line)
        while child.poll() is None:
            if is_cancelled():
                raise Cancelled()
            time.sleep(POLL_S / 10)
    finally:
        _end(child)
        for reader in readers:
            reader.join(GRACE_S)
        child.stdout.close()
        child.stderr.close()
    if child.returncode != 0:
        text = '\n'.join(said['err']).strip() or say(f'tongda ended with status {child.returncode}', f'tongda 以状态 {child.returncode} 结束')
        raise ProgramError(text)
    for line in said['err']:
        on_line(line)
    return '\n'.join(said['out'])


def _read(stream, name, lines):
    for line in stream:
        lines.put((name, line.rstrip('\n')))
    lines.put((name, None))


def _end(child):
    if child.poll() is not None:
        return
    child.terminate()
    try:
        child.wait(GRACE_S)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()


def _plain():
    """Text in UTF-8, and no black window on Windows."""
    return {'encoding': 'utf-8', 'errors': 'replace', 'creationflags': getattr(subprocess, 'CREATE_NO_WINDOW', 0)}
