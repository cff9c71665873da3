# SPDX-License-Identifier: Apache-2.0
"""The log of user messages, caught."""

import logging

import pytest

pytest.register_assert_rewrite('store_suite', 'store_model')


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
