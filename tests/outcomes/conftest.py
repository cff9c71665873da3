# SPDX-License-Identifier: Apache-2.0
"""The log of user messages, caught; and nobody's context left behind."""

import logging

import pytest
from oslo_context import context as oslo_context

pytest.register_assert_rewrite('store_suite', 'store_model')


@pytest.fixture(autouse=True)
def _nobody_stays_current():
    """Forget the context that oslo.context keeps of any that is made."""
    yield
    if oslo_context.get_current() is not None:
        del oslo_context._request_store.context


@pytest.fixture
def records():
    """What errorkit logs about messages, DEBUG too."""
    found = []
    logger = logging.getLogger('errorkit.outcomes')
    handler = logging.Handler()
    handler.emit = found.append
    before = logger.level, logger.propagate
    logger.setLevel(logging.DEBUG)
    logger.propagate = False
    logger.addHandler(handler)
    yield found
    logger.removeHandler(handler)
    logger.level, logger.propagate = before
    logger.setLevel(before[0])
