# SPDX-License-Identifier: Apache-2.0
"""How each of the seven servers is found, started, waited for and stopped."""

import contextlib
import dataclasses
import functools
import importlib.metadata
import importlib.util
import json
import os
import pathlib
import re
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

import raw

HERE = pathlib.Path(__file__).resolve().parent
START_SECONDS = 30
STOP_SECONDS = 5
APACHE_MODULES = ('/usr/lib/apache2/modules', '/usr/lib64/httpd/modules',
                  '/usr/lib/httpd/modules', '/usr/libexec/apache2',
                  '/usr/local/libexec/apache24')


def has(module):
    """Whether this Python can import a module."""
    return importlib.util.find_spec(module) is not None


def binary(*names):
    """The first of these programs: beside this Python, on PATH, in sbin."""
    places = os.pathsep.join([os.path.dirname(sys.executable),
                              os.environ.get('PATH', os.defpath),
                              '/usr/sbin', '/usr/local/sbin'])
    found = (shutil.which(name, path=places) for name in names)
    return next(filter(None, found), '')


def this_python():
    """This Python's version, as the names of its libraries have it."""
    return '{}.{}'.format(*sys.version_info)


def code_folders():
    """Where the service and errorkit are."""
    spec = importlib.util.find_spec('errorkit')
    if spec is None or spec.origin is None:
        raise RuntimeError('errorkit cannot be imported')
    return [str(HERE), str(pathlib.Path(spec.origin).parent.parent)]


def all_folders():
    """The same and all that is installed, for a foreign interpreter."""
    installed = [folder for folder in sys.path
                 if os.path.basename(folder) in ('site-packages',
                                                 'dist-packages')]
    return code_folders() + installed


class Gunicorn:
    """gunicorn, with one of its workers."""

    def __init__(self, worker, *options):
        self.worker = worker
        self.options = options

    def missing(self):
        """Why this server cannot run here; '' when it can."""
        modules = ['gunicorn']
        if self.worker == 'gevent':
            modules.append('gevent')
        lacking = [name for name in modules if not has(name)]
        return f'not installed: {", ".join(lacking)}' if lacking else ''

    def command(self, port, folder):
        """What starts it."""
        command = [sys.executable, '-m', 'gunicorn', '-k', self.worker,
                   '-w', '1', '-b', f'127.0.0.1:{port}',
                   '--worker-tmp-dir', str(folder),
                   '--graceful-timeout', '2', *self.options]
        if int(importlib.metadata.version('gunicorn').split('.')[0]) >= 25:
            command.append('--no-control-socket')
        return [*command, 'app:application']


class Waitress:
    """waitress."""

    def missing(self):
        """Why this server cannot run here; '' when it can."""
        return '' if has('waitress') else 'not installed: waitress'

    def command(self, port, folder):
        """What starts it."""
        return [sys.executable, '-m', 'waitress', '--threads=4',
                f'--listen=127.0.0.1:{port}', 'app:application']


class Cheroot:
    """cheroot."""

    def missing(self):
        """Why this server cannot run here; '' when it can."""
        return '' if has('cheroot') else 'not installed: cheroot'

    def command(self, port, folder):
        """What starts it."""
        return [sys.executable, '-m', 'cheroot', '--threads', '4',
                '--bind', f'127.0.0.1:{port}', 'app:application']


class Uwsgi:
    """uWSGI speaking HTTP itself: a master, a worker, two threads."""

    def missing(self):
        """Why this server cannot run here; '' when it can."""
        program = binary('uwsgi')
        if not program:
            return 'no program uwsgi'
        version = subprocess.run([program, '--python-version'],
                                 capture_output=True, text=True, check=False,
                                 timeout=START_SECONDS).stdout
        if not version.startswith(this_python() + '.'):
            return (f'{program} holds Python {version.strip() or "none"}, '
                    f'this is {this_python()}')
        return ''

    def command(self, port, folder):
        """What starts it."""
        command = [binary('uwsgi'), '--http-socket', f'127.0.0.1:{port}',
                   '--master', '--processes', '1', '--threads', '2',
                   '--need-app', '--die-on-term', '--no-orphans',
                   '--module', 'app:application']
        if sys.prefix != sys.base_prefix:
            command += ['--virtualenv', sys.prefix]
        return command


class ModWsgi:
    """Apache with mod_wsgi in daemon mode, on a configuration of its own."""

    def missing(self):
        """Why this server cannot run here; '' when it can."""
        if not binary('apache2', 'httpd'):
            return 'no program apache2 or httpd'
        if os.geteuid() == 0 and not binary('setpriv'):
            return 'no program setpriv, to serve as somebody else than root'
        if self.module('wsgi') is None:
            return ('no mod_wsgi for Python {} in {}'
                    .format(this_python(), ', '.join(APACHE_MODULES)))
        return ''

    def module(self, name):
        """The file of an Apache module; mod_wsgi must hold this Python."""
        for folder in map(pathlib.Path, APACHE_MODULES):
            if name != 'wsgi' and (folder / f'mod_{name}.so').exists():
                return folder / f'mod_{name}.so'
            for file in sorted(folder.glob('mod_wsgi*.so*')):
                library = f'libpython{this_python()}.'.encode()
                if name == 'wsgi' and library in file.read_bytes():
                    return file
        return None

    def command(self, port, folder):
        """What starts it, after its configuration has been written."""
        config = folder / 'apache.conf'
        config.write_text(self.config(port, folder), 'utf-8')
        command = [binary('apache2', 'httpd'), '-d', str(folder),
                   '-f', str(config), '-DFOREGROUND']
        if os.geteuid() == 0:
            # Apache and mod_wsgi refuse to serve as root. As nobody they
            # still must read a checkout that only root may read.
            command = [binary('setpriv'), '--reuid', '65534', '--regid',
                       '65534', '--clear-groups', '--inh-caps',
                       '+dac_override', '--ambient-caps', '+dac_override',
                       *command]
        return command

    def config(self, port, folder):
        """The whole configuration; nothing of the system's is read."""
        lines = []
        for name in ('mpm_event', 'unixd', 'log_config', 'authz_core'):
            file = self.module(name)
            if file is not None:
                # Some distributions have these modules built in.
                lines += [f'<IfModule !mod_{name}.c>'
                          if name != 'mpm_event' else '<IfModule !event.c>',
                          f'LoadModule {name}_module "{file}"',
                          '</IfModule>']
        lines += [
            f'LoadModule wsgi_module "{self.module("wsgi")}"',
            f'DefaultRuntimeDir "{folder}"',
            f'PidFile "{folder}/pid"',
            f'Mutex "file:{folder}" default',
            f'Listen 127.0.0.1:{port}',
            'ServerName 127.0.0.1',
            f'ErrorLog "{folder}/error.log"',
            f'DocumentRoot "{folder}"',
            'StartServers 1',
            'ServerLimit 1',
            'ThreadsPerChild 16',
            'MaxRequestWorkers 16',
            'MinSpareThreads 1',
            'MaxSpareThreads 16',
            'Timeout 20',
            'KeepAlive On',
            'KeepAliveTimeout 5',
            f'WSGISocketPrefix "{folder}/wsgi"',
            'WSGIDaemonProcess matrix processes=1 threads=4 '
            f'home="{folder}" '
            f'python-path="{os.pathsep.join(all_folders())}"',
            'WSGIProcessGroup matrix',
            'WSGIApplicationGroup %{GLOBAL}',
            f'WSGIScriptAlias / "{HERE}/app.py"',
            f'<Directory "{HERE}">',
            'Require all granted',
            '</Directory>',
        ]
        return '\n'.join(lines) + '\n'


KINDS = {
    'gunicorn-sync': Gunicorn('sync'),
    'gunicorn-gthread': Gunicorn('gthread', '--threads', '4'),
    'gunicorn-gevent': Gunicorn('gevent'),
    'waitress': Waitress(),
    'cheroot': Cheroot(),
    'uwsgi': Uwsgi(),
    'mod_wsgi': ModWsgi(),
}


@functools.cache
def missing(name):
    """Why a server cannot run here; '' when it can."""
    reason = KINDS[name].missing()
    return f'{name}: {reason}' if reason else ''


@dataclasses.dataclass
class Server:
    """A running server with the service in it."""

    name: str
    port: int
    secret: str
    folder: pathlib.Path
    process: subprocess.Popen

    def mark(self):
        """The present end of the evidence, to read on from later."""
        file = self.folder / 'evidence'
        return file.stat().st_size if file.exists() else 0

    def records(self, mark):
        """What was written to the evidence after the mark."""
        with open(self.folder / 'evidence', 'rb') as file:
            file.seek(mark)
            *lines, _unfinished = file.read().split(b'\n')
        return [json.loads(line) for line in lines]

    def wait_for(self, mark, enough, seconds=3.0):
        """The records after the mark, once they are enough or time is up."""
        end = time.monotonic() + seconds
        while True:
            records = self.records(mark)
            if enough(records) or time.monotonic() > end:
                return records
            time.sleep(0.02)

    def output(self):
        """The end of what the server itself had to say."""
        files = [self.folder / 'output', self.folder / 'error.log']
        return '\n'.join(file.read_text('utf-8', 'replace')[-4000:]
                         for file in files if file.exists())

    def stop(self):
        """End the server and everything it has started."""
        if self.process.poll() is None:
            self.process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(STOP_SECONDS)
        end = time.monotonic() + STOP_SECONDS
        while members(self.process.pid):
            if time.monotonic() > end:
                raise RuntimeError(f'{self.name} left processes behind: '
                                   f'{members(self.process.pid)}')
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
            time.sleep(0.02)
        self.process.wait()
        shutil.rmtree(self.folder)


def members(group):
    """The living processes of a process group."""
    found = []
    for file in pathlib.Path('/proc').glob('[0-9]*/stat'):
        with contextlib.suppress(OSError):
            # The second field is the name in parentheses, spaces and all.
            fields = file.read_text('utf-8', 'replace').rpartition(')')[2]
            state, _parent, its_group = fields.split()[:3]
            if int(its_group) == group and state not in 'ZX':
                found.append(int(file.parent.name))
    return found


def free_port():
    """A port of loopback that nobody uses at this moment."""
    with socket.socket() as probe:
        probe.bind(('127.0.0.1', 0))
        return probe.getsockname()[1]


def start(name, *options):
    """Start a server and wait until the service in it answers."""
    for attempt in 1, 2, 3:
        server = spawn(name, options)
        try:
            wait_until_it_answers(server)
        except BaseException as error:
            output = server.output()
            server.stop()
            # Between the choice of a port and its use another may take it.
            if attempt < 3 and re.search('address already in use', output,
                                         re.IGNORECASE):
                continue
            error.add_note(output)
            raise
        return server
    raise AssertionError('the last attempt has returned or raised')


def spawn(name, options=()):
    """Start the processes of a server, in a group of their own."""
    # A short path, for the sockets in it.
    folder = pathlib.Path(tempfile.mkdtemp(prefix='matrix-'))
    port = free_port()
    secret = 'plover' + secrets.token_hex(8)
    env = dict(os.environ)
    env.update({
        'MATRIX_EVIDENCE': str(folder / 'evidence'),
        'MATRIX_SECRET': secret,
        'PYTHONDONTWRITEBYTECODE': '1',
        'PYTHONPATH': os.pathsep.join(code_folders()),
    })
    with open(folder / 'output', 'wb') as output:
        process = subprocess.Popen(
            [*KINDS[name].command(port, folder), *options],
            cwd=folder, env=env, stdin=subprocess.DEVNULL,
            stdout=output, stderr=subprocess.STDOUT, start_new_session=True)
    return Server(name, port, secret, folder, process)


def wait_until_it_answers(server):
    """Return when the service answers; raise when it will not."""
    end = time.monotonic() + START_SECONDS
    answer = 'nothing'
    while time.monotonic() < end:
        if server.process.poll() is not None:
            raise RuntimeError(f'{server.name} ended with status '
                               f'{server.process.returncode}')
        with contextlib.suppress(OSError, raw.NoAnswerError):
            answer = raw.ask(server.port, '/ok').head
            if b' 200 ' in answer.split(b'\r\n')[0]:
                return
        time.sleep(0.05)
    raise RuntimeError(f'{server.name} does not serve, but: {answer!r}')
