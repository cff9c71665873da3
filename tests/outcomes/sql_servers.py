# SPDX-License-Identifier: Apache-2.0
"""Database servers of a test's own, which may be killed, stopped and filled.

As root, each runs as the user that its package made for it.
"""

import contextlib
import glob
import os
import pathlib
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time

import sqlalchemy

from errorkit.outcomes.sql import address

POSTGRESQL = '/usr/lib/postgresql/*/bin'
#: Seconds that a server gets to start, or to stop.
PATIENCE = 60


class Missing(RuntimeError):
    """A server is not installed."""


def program(name):
    """Return the path of one of the servers' programs.

    :raises Missing: there is none
    """
    folders = [os.environ.get('PATH', ''), '/usr/sbin', '/usr/local/sbin',
               *sorted(glob.glob(POSTGRESQL), reverse=True)]
    found = shutil.which(name, path=os.pathsep.join(folders))
    if found is None:
        raise Missing(f'{name} is not installed')
    return found


def free_port():
    """Return a port that nobody listens at."""
    with socket.create_server(('127.0.0.1', 0)) as listener:
        return listener.getsockname()[1]


class Server:
    """A server: made, started, and hurt.

    :param folder: its own, that is there
    :param options: more arguments of the server
    """

    user = ''
    stopping = signal.SIGTERM

    def __init__(self, folder, *options):
        self.folder = pathlib.Path(folder)
        self.data = self.folder / 'data'
        self.options = options
        self.port = free_port()
        self.log = self.folder / 'log'
        self.process = None

    def make(self):
        """Make its files."""
        if os.getuid() == 0:
            owner = pwd.getpwnam(self.user)
            os.chown(self.folder, owner.pw_uid, owner.pw_gid)
        with self.log.open('ab') as log:
            subprocess.run(
                self.making(), stdout=log, stderr=log, check=True,
                timeout=PATIENCE, **self._as_user())

    def start(self):
        """Start it, and wait until it answers."""
        with self.log.open('ab') as log:
            self.process = subprocess.Popen(
                self.running(), stdin=subprocess.DEVNULL, stdout=log,
                stderr=log, **self._as_user())
        until = time.monotonic() + PATIENCE
        while not self.answers():
            if self.process.poll() is not None or time.monotonic() > until:
                self.kill()
                raise RuntimeError(self.log.read_text()[-3000:])
            time.sleep(0.05)

    def answers(self):
        """Tell whether it can be asked."""
        with contextlib.suppress(sqlalchemy.exc.DBAPIError):
            return self.ask('SELECT 1') == 1
        return False

    def ask(self, statement, database=None):
        """Run a statement; return its first value, if it has one."""
        engine = sqlalchemy.create_engine(
            self.url if database is None else database,
            poolclass=sqlalchemy.NullPool, isolation_level='AUTOCOMMIT',
            connect_args={'connect_timeout': 2})
        with engine.connect() as connection:
            found = connection.exec_driver_sql(statement)
            return found.scalar() if found.returns_rows else None

    def signal(self, number):
        """Send a signal to all its processes; return their numbers."""
        # One that is stopped makes no more of them meanwhile.
        self.process.send_signal(signal.SIGSTOP)
        found = family(self.process.pid)
        for pid in found:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)
        return found

    def kill(self):
        """Kill it, as a loss of power would; what it has is on the disk."""
        if self.process is not None:
            killed = self.signal(signal.SIGKILL)
            self.process.wait()
            self.process = None
            while any(map(is_alive, killed)):
                time.sleep(0.005)

    def stop(self):
        """Stop it in good order."""
        if self.process is not None:
            self.process.send_signal(self.stopping)
            try:
                self.process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                self.kill()
            self.process = None

    def _as_user(self):
        found = {'cwd': '/'}
        if os.getuid() == 0:
            owner = pwd.getpwnam(self.user)
            found.update(
                user=owner.pw_uid, group=owner.pw_gid, extra_groups=[])
        return found


class PostgreSQL(Server):
    """A PostgreSQL server."""

    user = 'postgres'
    stopping = signal.SIGINT  # without waiting for its clients

    @property
    def url(self):
        """The address of its database."""
        return address.resolve(
            f'postgresql://postgres@127.0.0.1:{self.port}/postgres'
        ).render_as_string()

    def making(self):
        """Return the command that makes its files."""
        return [program('initdb'), '--no-sync', '-A', 'trust', '-U',
                'postgres', '-E', 'UTF8', '--locale=C', '--wal-segsize=1',
                '-D', str(self.data)]

    def running(self):
        """Return the command that runs it."""
        return [program('postgres'), '-D', str(self.data), '-p',
                str(self.port), '-h', '127.0.0.1', '-k', '', *self.options]


class MariaDB(Server):
    """A MariaDB server."""

    user = 'mysql'

    @property
    def url(self):
        """The address of its database."""
        return address.resolve(
            f'mysql://root@127.0.0.1:{self.port}/test').render_as_string()

    def making(self):
        """Return the command that makes its files."""
        return [program('mariadb-install-db'), '--no-defaults',
                '--auth-root-authentication-method=normal',
                '--skip-name-resolve', f'--datadir={self.data}',
                '--innodb-log-file-size=8M']

    def running(self):
        """Return the command that runs it."""
        return [program('mariadbd'), '--no-defaults',
                f'--datadir={self.data}', f'--port={self.port}',
                '--bind-address=127.0.0.1', '--skip-name-resolve',
                f'--socket={self.folder / "socket"}',
                f'--pid-file={self.folder / "pid"}',
                '--innodb-buffer-pool-size=64M',
                '--innodb-log-file-size=8M', *self.options]


class Galera(MariaDB):
    """A node of a cluster of MariaDB servers on one host.

    :param first: the node that is there already; None: this one begins
    """

    def __init__(self, folder, *options, first=None):
        super().__init__(folder, *options)
        self.first = first
        self.group = free_port()

    def running(self):
        """Return the command that runs it."""
        found = super().running()
        cluster = 'gcomm://'
        if self.first is None:
            found.append('--wsrep-new-cluster')
        else:
            cluster += f'127.0.0.1:{self.first.group}'
        return [*found, '--wsrep-on=ON', '--binlog-format=ROW',
                '--innodb-autoinc-lock-mode=2',
                f'--wsrep-provider={library()}',
                f'--wsrep-cluster-address={cluster}',
                f'--wsrep-node-address=127.0.0.1:{self.group}',
                f'--wsrep-sst-receive-address=127.0.0.1:{free_port()}',
                '--wsrep-sst-method=rsync',
                # The client sees every conflict.
                '--wsrep-retry-autocommit=0',
                '--wsrep-provider-options='
                f'gmcast.listen_addr=tcp://127.0.0.1:{self.group};'
                f'ist.recv_addr=127.0.0.1:{free_port()};gcache.size=16M']

    def answers(self):
        """Tell whether it is one of the cluster."""
        return super().answers() and self.ask(
            'SELECT variable_value FROM information_schema.global_status '
            "WHERE variable_name = 'wsrep_ready'") == 'ON'


def library():
    """Return the path of Galera.

    :raises Missing: there is none
    """
    for found in glob.glob('/usr/lib*/galera*/libgalera_smm.so'):
        return found
    raise Missing('galera-4 is not installed')


SERVERS = {'postgresql': PostgreSQL, 'mysql': MariaDB}


def family(pid):
    """Return a process and those below it, each after its parent."""
    parents = {}
    for entry in os.listdir('/proc'):
        if entry.isdigit():
            with contextlib.suppress(OSError):
                text = pathlib.Path('/proc', entry, 'stat').read_text()
                parents[int(entry)] = int(text.rpartition(')')[2].split()[1])
    found = [pid]
    for one in found:
        found += [child for child, parent in parents.items() if parent == one]
    return found


def is_alive(pid):
    """Tell whether there is a process, and not what is left of one."""
    with contextlib.suppress(OSError):
        text = pathlib.Path('/proc', str(pid), 'stat').read_text()
        return text.rpartition(')')[2].split()[0] not in 'ZX'
    return False


@contextlib.contextmanager
def folder():
    """Give a folder that servers of other users can have theirs in."""
    # That of a test is closed to other users.
    path = pathlib.Path(tempfile.mkdtemp(prefix='errorkit-'))
    path.chmod(0o755)
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


@contextlib.contextmanager
def cluster():
    """Give the two nodes of a Galera cluster, which have just been made."""
    with contextlib.ExitStack() as stack:
        parent = stack.enter_context(folder())
        nodes = []
        for name in ('one', 'two'):
            own = parent / name
            own.mkdir()
            node = Galera(own, first=nodes[0] if nodes else None)
            stack.callback(node.kill)
            node.make()
            node.start()
            nodes.append(node)
        yield nodes


@contextlib.contextmanager
def running(kind, *options, within=None):
    """Give a server that has just been made; it is gone afterwards.

    :param kind: of ``SERVERS``
    :param within: a folder for its files, which is there; None: a new one
    """
    with contextlib.ExitStack() as stack:
        parent = within or stack.enter_context(folder())
        own = pathlib.Path(parent, kind)
        own.mkdir()
        server = SERVERS[kind](own, *options)
        stack.callback(server.kill)
        server.make()
        server.start()
        yield server
