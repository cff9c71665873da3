# SPDX-License-Identifier: Apache-2.0
"""A Python that has imported what is slow to import, for programs in tests.

Each program runs in a fork of it: a process of its own, as good as new.
"""

import contextlib
import json
import subprocess
import sys

SERVER = '''
import json, os, runpy, sys

def become(cwd, env, out, err, module, arguments):
    os.chdir(cwd)
    os.environ.clear()
    os.environ.update(env)
    for number, name, flags in (
            (0, os.devnull, os.O_RDONLY),
            (1, out, os.O_WRONLY | os.O_CREAT | os.O_TRUNC),
            (2, err, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)):
        os.dup2(os.open(name, flags), number)
    sys.argv[1:] = arguments
    runpy.run_module(module, run_name='__main__', alter_sys=True)

for line in sys.stdin:
    pid = os.fork()
    if not pid:
        become(*json.loads(line))
        sys.exit()
    print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), flush=True)
'''


class WarmPython:
    """Runs modules as ``python -m`` does.

    :param process: it runs the server
    :param folder: where the programs' output goes
    """

    def __init__(self, process, folder):
        self._process = process
        self._out, self._err = folder / 'out', folder / 'err'

    def run(self, module, arguments, cwd, env):
        """Return the exit status, and what was printed and said."""
        json.dump([str(cwd), env, str(self._out), str(self._err), module,
                   list(map(str, arguments))], self._process.stdin)
        self._process.stdin.write('\n')
        self._process.stdin.flush()
        status = int(self._process.stdout.readline())
        return status, *(one.read_text(encoding='utf-8')
                         for one in (self._out, self._err))


@contextlib.contextmanager
def having(imports, folder, *options):
    """Give one.

    :param imports: the statements that import
    :param folder: one of its own
    :param options: Python's
    """
    with subprocess.Popen(
            [sys.executable, *options, '-c', imports + SERVER], text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        try:
            yield WarmPython(process, folder)
        finally:
            process.stdin.close()
            process.wait(60)
