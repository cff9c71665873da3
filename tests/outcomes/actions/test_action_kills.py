# SPDX-License-Identifier: Apache-2.0
"""Whatever is killed or stopped, every action ends, and ends once."""

import json
import pathlib
import subprocess
import sys

import pytest
from sql_engines import KINDS, empty, tables

HERE = pathlib.Path(__file__).parent


@pytest.mark.parametrize('kind', KINDS)
def test_what_killed_and_stopped_processes_leave_is_in_order(kind, tmp_path):
    with empty(kind, tmp_path) as url:
        tables(url)
        done = subprocess.run(
            [sys.executable, HERE / 'action_killer.py', 'kills', url,
             '10' if kind == 'sqlite' else '5'],
            stdout=subprocess.PIPE, text=True, timeout=120, check=True)
    found = json.loads(done.stdout)
    assert sum(found['actions'].values()) >= found['kills']
    assert found['reads of watchers'] > 10
    assert not any(found['wrong'].values()), found
