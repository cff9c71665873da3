# SPDX-License-Identifier: Apache-2.0
"""The logs of these tests: thrown away, or caught and read."""

import logging

import pytest
from log_catcher import Caught

pytest.register_assert_rewrite('error_oracle', 'wsgi_driver')


@pytest.fixture
def errorkit_logger():
    """errorkit's own logger, open wide, and none of pytest's above it."""
    logger = logging.getLogger('errorkit')
    before = logger.level, logger.parent, logger.handlers[:]
    logger.setLevel(logging.DEBUG)
    logger.parent = logging.RootLogger(logging.DEBUG)
    logger.handlers[:] = []
    yield logger
    level, logger.parent, logger.handlers[:] = before
    logger.setLevel(level)


@pytest.fixture
def unheard(errorkit_logger):
    """Throw away the many log lines, but have them made."""
    errorkit_logger.setLevel(logging.INFO)
    errorkit_logger.addHandler(logging.NullHandler())


@pytest.fixture
def caught(errorkit_logger):
    """Every record of errorkit, DEBUG ones too."""
    handler = Caught()
    errorkit_logger.addHandler(handler)
    return handler
