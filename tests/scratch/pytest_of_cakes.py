# SPDX-License-Identifier: Apache-2.0
"""The cake shop's own tests; ``pytest.ini`` has pytest find them."""

import pathlib

import cake_codes
import cakes
import gabbi.driver
import httpx
import pytest
import webob
from gabbi.driver import test_pytest  # noqa: F401 - what gabbi parametrizes

from errorkit.testing.asserting import assert_error
from errorkit.testing.gabbi import gabbi_response_handlers


def pytest_generate_tests(metafunc):
    """Make a test of each request of the arcs."""
    gabbi.driver.py_test_generator(
        str(pathlib.Path(__file__).parent / 'arcs'),
        intercept=cakes.application,
        test_loader_name='cakes',
        response_handlers=gabbi_response_handlers,
        metafunc=metafunc,
    )


@pytest.fixture(name='app')
def _app(errorkit_app):
    return errorkit_app(cakes.shop, catalog=cake_codes.CATALOG)


def test_a_cake_that_is_gone(app):
    response = webob.Request.blank('/bread').get_response(app)
    assert_error(response, status=404, code=cake_codes.GONE, detail='/bread/')


def test_the_shop_by_night(app):
    transport = httpx.WSGITransport(app=app)
    with httpx.Client(transport=transport, base_url='http://shop') as client:
        response = client.get('/night')
    assert_error(response, status=503, code=cake_codes.SHUT, retry='later')


def test_another_code_is_told_apart(app):
    response = webob.Request.blank('/bread').get_response(app)
    with pytest.raises(AssertionError, match=r"not 'cakes\.shop\.shut'"):
        assert_error(response, code=cake_codes.SHUT)
