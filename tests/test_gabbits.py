# SPDX-License-Identifier: Apache-2.0
"""The arcs of the gabbits, each against a fresh service of its own."""

import logging
import pathlib
import shutil
import unittest

import gabbi.driver
import gabbi_app
import pytest
from assertions import ID, assert_error
from gabbi.handlers import base

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


class Headers:
    """The headers of gabbi's response, as ``assert_error`` reads them."""

    def __init__(self, headers):
        self._headers = headers

    def __getitem__(self, name):
        return self._headers[name]

    def getall(self, name):
        return self._headers.get_list(name)


class Response:
    """What gabbi knows of a response."""

    def __init__(self, test):
        self.status_int = int(test.response['status'])
        self.headers = Headers(test.response)
        self.body = test.output.encode()


class ErrorHandler(base.ResponseHandler):
    """``response_error:`` the members of the response's own error.

    ``code:`` is needed and may be null; ``kind:`` is the media type.
    """

    test_key_suffix = 'error'
    test_key_value = {}  # noqa: RUF012 - gabbi's way to name the type

    def __call__(self, test):
        expected = test.test_data[self._key]
        if expected:
            status = int(test.test_data['status'])
            assert_error(Response(test), status=status, **expected)


class SameHandler(base.ResponseHandler):
    """``response_same:`` headers, each there once, with one request id."""

    test_key_suffix = 'same'
    test_key_value = []  # noqa: RUF012 - gabbi's way to name the type

    def __call__(self, test):
        names = test.test_data[self._key]
        values = [test.response.get_list(name) for name in names]
        if names:
            assert [len(found) for found in values] == [1] * len(names)
            assert len({found[0] for found in values}) == 1
            assert ID.fullmatch(values[0][0])


@pytest.mark.parametrize('arc', ARCS)
def test_the_arc_holds(arc, tmp_path, caplog):
    # gabbi runs all of a folder; other arcs are of other services.
    shutil.copy(FOLDER / f'{arc}.yaml', tmp_path)
    application = gabbi_app.application()
    caplog.set_level(logging.CRITICAL, 'errorkit')
    suite = gabbi.driver.build_tests(
        str(tmp_path),
        unittest.TestLoader(),
        intercept=lambda: application,
        test_loader_name=arc,
        response_handlers=[ErrorHandler, SameHandler],
    )
    result = unittest.TestResult()
    suite.run(result)
    broken = result.errors + result.failures
    assert not broken, '\n'.join(f'{test}\n{text}' for test, text in broken)
    assert result.testsRun >= 5
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
