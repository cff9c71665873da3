# SPDX-License-Identifier: Apache-2.0
"""What holds for every test run: where it counts, a skip is a failure."""

import gc
import os

import pytest
from hypothesis import HealthCheck, settings

# How fast a machine is says nothing about what it runs.
settings.register_profile(
    'errorkit', deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile('errorkit')

# What helps tests to assert shows values too.
pytest.register_assert_rewrite('assertions')

NO_SKIP = os.environ.get('ERRORKIT_TEST_NO_SKIP') == '1'
SKIPPED = pytest.StashKey[list[str]]()


def pytest_configure(config):
    """Start the list of what this run skipped."""
    config.stash[SKIPPED] = []
    config.pluginmanager.register(SkipCounter(config.stash[SKIPPED]))


def pytest_collection_finish():
    """Keep what was collected away from the garbage collector.

    It stays to the end of the run, and would be gone through whenever a test
    asks for a collection.
    """
    gc.collect()
    gc.freeze()


class SkipCounter:
    """Note each skipped test and each skipped file; an xfail is no skip."""

    def __init__(self, skipped):
        self.skipped = skipped

    def pytest_runtest_logreport(self, report):
        """Note a test that was skipped."""
        if report.skipped and not hasattr(report, 'wasxfail'):
            self.skipped.append(report.nodeid)

    def pytest_collectreport(self, report):
        """Note a file or class that was skipped when it was collected."""
        if report.skipped:
            self.skipped.append(report.nodeid)


def pytest_sessionfinish(session, exitstatus):
    """Fail a run with skips where ERRORKIT_TEST_NO_SKIP=1 forbids them."""
    if NO_SKIP and session.config.stash[SKIPPED] and exitstatus == 0:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter, config):
    """Say which skips failed the run, above pytest's last line."""
    if NO_SKIP and config.stash[SKIPPED]:
        terminalreporter.section('skips are failures here')
        for name in config.stash[SKIPPED]:
            terminalreporter.line(name)
