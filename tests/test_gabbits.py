# SPDX-License-Identifier: Apache-2.0
"""The arcs of the gabbits, each against a fresh service of its own."""

import logging
import pathlib
import shutil
import unittest
from unittest import mock

import gabbi.driver
import gabbi_app
import pytest
import webob
from assertions import assert_error

from errorkit.testing.gabbi import gabbi_response_handlers

FOLDER = pathlib.Path(__file__).parent.parent / 'gabbits'
ARCS = [
    'error-codes',
    'error-format',
    'faults',
    'global-request-id',
    'head',
    'microversion',
    'negotiation',
    'request-id',
]


class Watched:
    """Look at every error on its way out, also at what no arc asks for."""

    def __init__(self, application):
        self._application = application
        self.errors = 0

    def __call__(self, environ, start_response):
        response = webob.Request(environ).get_response(self._application)
        if response.status_int >= 400 and environ['REQUEST_METHOD'] != 'HEAD':
            kind = response.content_type
            if environ.get('HTTP_ACCEPT') == '*/*':
                kind = 'application/json'
            assert_error(
                response,
                status=response.status_int,
                code=mock.ANY,
                kind=kind,
                count=2 if environ['PATH_INFO'] == '/several' else 1,
            )
            self.errors += 1
        return response(environ, start_response)


@pytest.mark.parametrize('arc', ARCS)
def test_the_arc_holds(arc, tmp_path, caplog):
    # gabbi runs all of a folder; other arcs are of other services.
    shutil.copy(FOLDER / f'{arc}.yaml', tmp_path)
    application = Watched(gabbi_app.application())
    caplog.set_level(logging.CRITICAL, 'errorkit')
    suite = gabbi.driver.build_tests(
        str(tmp_path),
        unittest.TestLoader(),
        intercept=lambda: application,
        test_loader_name=arc,
        response_handlers=gabbi_response_handlers,
    )
    result = unittest.TestResult()
    suite.run(result)
    broken = result.errors + result.failures
    assert not broken, '\n'.join(f'{test}\n{text}' for test, text in broken)
    assert result.testsRun >= 5
    assert application.errors
    assert not result.skipped


@pytest.mark.parametrize('arc', ARCS)
def test_the_arc_says_at_its_top_what_it_proves(arc):
    text = (FOLDER / f'{arc}.yaml').read_text(encoding='utf-8')
    first, second = text.splitlines()[:2]
    assert first == '# SPDX-License-Identifier: Apache-2.0'
    assert second.startswith('# ') and len(second) > 20


def test_every_arc_of_the_folder_is_run_here_or_by_the_example():
    found = {path.stem for path in FOLDER.rglob('*.yaml')}
    example = {stem for stem in found if stem.startswith('volumes-')}
    assert found - example == set(ARCS)
    assert not {stem for stem in found if '_' in stem}
    assert list(FOLDER.glob('*.yaml')) and not list(FOLDER.glob('*/*'))
