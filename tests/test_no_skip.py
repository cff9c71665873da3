# SPDX-License-Identifier: Apache-2.0
"""ERRORKIT_TEST_NO_SKIP=1 turns a skip into a failure of the whole run."""

import os
import pathlib
import re
import shutil
import subprocess
import sys

import pytest

CONFTEST = pathlib.Path(__file__).parent / 'conftest.py'

PASSES = 'def test_passes():\n    assert True\n'
SKIPS = 'import pytest\ndef test_skips():\n    pytest.skip("no server")\n'
SKIPS_FILE = 'import pytest\npytest.importorskip("no_such_module")\n'
XFAILS = ('import pytest\n@pytest.mark.xfail\n'
          'def test_xfails():\n    assert False\n')


def run(folder, source, no_skip):
    """Run pytest over some source; return its exit status and output."""
    shutil.copy(CONFTEST, folder / 'conftest.py')
    (folder / 'test_passes.py').write_text(PASSES)
    (folder / 'test_it.py').write_text(source)
    (folder / 'pytest.ini').write_text('[pytest]\n')
    environ = {**os.environ, 'ERRORKIT_TEST_NO_SKIP': no_skip,
               'PYTEST_DISABLE_PLUGIN_AUTOLOAD': '1'}
    done = subprocess.run(
        [sys.executable, '-m', 'pytest', '-p', 'no:cacheprovider'],
        cwd=folder, env=environ, text=True, capture_output=True, timeout=60,
        check=False)
    return done.returncode, done.stdout


@pytest.mark.parametrize(('source', 'no_skip', 'status'), [
    pytest.param(SKIPS, '1', 1, id='a skipped test'),
    pytest.param(SKIPS_FILE, '1', 1, id='a skipped file'),
    pytest.param(SKIPS, '0', 0, id='a skip where it is allowed'),
    pytest.param(XFAILS, '1', 0, id='an expected failure'),
    pytest.param(PASSES, '1', 0, id='no skip'),
])
def test_a_skip_fails_a_run_that_forbids_it(
        tmp_path, source, no_skip, status):
    found, output = run(tmp_path, source, no_skip)
    assert found == status, output
    assert ('skips are failures here' in output) == (status == 1)
    assert re.search(r'=+ .*passed.* in [0-9.]+s =+$', output.rstrip())
