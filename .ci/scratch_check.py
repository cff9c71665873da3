# SPDX-License-Identifier: Apache-2.0
"""Use the helpers for tests as another project does, from the built wheel.

Run with ``python -I`` in an environment that holds the wheel with its extra
``testing``, pytest and gabbi. The project is that of ``tests/scratch``; it is
copied out of the checkout.
"""

import importlib.metadata
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

import errorkit

SCRATCH = pathlib.Path(__file__).resolve().parent.parent / 'tests' / 'scratch'
WRONG = "code is 'cakes.cake.gone', not 'cakes.cake.stale'"


class Project:
    """The copy, in which commands run."""

    def __init__(self, folder):
        self.folder = folder
        self.environ = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(('PYTHON', 'PYTEST', 'ERRORKIT'))
        }

    def run(self, status, *said, command):
        """Run a command of this Python's; leave when it ends otherwise.

        :param status: how it has to end
        :param said: what has to be in its output
        """
        done = subprocess.run(
            [sys.executable, *command],
            cwd=self.folder,
            env=self.environ,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=120,
        )
        missing = [text for text in said if text not in done.stdout]
        if done.returncode != status or missing:
            print(done.stdout)
            raise SystemExit(
                f'{" ".join(command)}: ended with {done.returncode}, '
                f'not {status}; not said: {missing}'
            )
        print(f'as it should: {" ".join(command)}')


def origin():
    """Leave unless the wheel is what is installed, entry point and all."""
    if not errorkit.__file__.startswith(sys.prefix):
        raise SystemExit(f'Not the wheel: {errorkit.__file__}')
    points = importlib.metadata.distribution('errorkit').entry_points
    if 'errorkit' not in points.select(group='pytest11').names:
        raise SystemExit('The wheel has no entry point for pytest.')


def loaders(project):
    """Run the project's tests in pytest and in unittest."""
    tests = ('-m', 'pytest', '-q', '-p', 'no:cacheprovider')
    require = (*tests, '--errorkit-require-all-codes')
    project.run(0, '6 passed', command=tests)
    project.run(
        0, 'cake_codes:CATALOG: every declared code', command=require
    )
    project.run(
        1, '1 declared code was never produced', 'cakes.shop.shut',
        command=(*require, '-k', 'not night'),
    )
    project.run(
        4, '--errorkit-require-all-codes', command=(
            *require, '-p', 'no:errorkit'),
    )
    project.run(
        0, 'Ran 3 tests', command=('-m', 'unittest', 'unittest_of_cakes')
    )


def over_a_socket(project):
    """Run the arcs by gabbi-run against the project's own server."""
    script = pathlib.Path(sys.executable).with_name('gabbi-run')
    wrong = project.folder / 'wrong.yaml'
    text = (project.folder / 'arcs' / 'cakes.yaml').read_text()
    wrong.write_text(text.replace('cakes.cake.gone', 'cakes.cake.stale'))
    with subprocess.Popen(
        [sys.executable, 'cakes.py'],
        cwd=project.folder,
        env=project.environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as server:
        try:
            url = server.stdout.readline().strip()
            asking = (
                str(script), '-r', 'errorkit.testing.gabbi', url, '--'
            )
            project.run(0, 'Ran 3 tests', command=(*asking, 'arcs/cakes.yaml'))
            project.run(
                1, 'failures=2', WRONG, command=(*asking, 'wrong.yaml')
            )
        finally:
            server.terminate()


def main():
    """Run all of it, in a copy."""
    origin()
    with tempfile.TemporaryDirectory() as folder:
        copy = pathlib.Path(folder) / 'cakes'
        ignored = shutil.ignore_patterns('__pycache__')
        shutil.copytree(SCRATCH, copy, ignore=ignored)
        project = Project(copy)
        loaders(project)
        over_a_socket(project)
    print(f'The helpers of {errorkit.__file__} work in a project of its own.')


main()
