# SPDX-License-Identifier: Apache-2.0
"""The logs of these tests: thrown away, or caught and read."""

import logging

import pytest

pytest.register_assert_rewrite('error_oracle', 'wsgi_driver')


class Caught(logging.Handler):
    """Keeps records, and the lines that a formatter makes of them."""

    def __init__(self, formatter=None):
        super().__init__()
        self.records = []
        self.lines = []
        if formatter is not None:
            self.setFormatter(formatter)

    def emit(self, record):
        """Keep a record."""
        self.records.append(record)
        if self.formatter is not None:
            self.lines.append(self.format(record))

    def handleError(self, record):
        """Let a failure be seen."""
        raise


@pytest.fixture
def errorkit_logger():
    """errorkit's own logger, cut off from the root and open wide."""
    logger = logging.getLogger('errorkit')
    before = logger.level, logger.propagate, logger.handlers[:]
    logger.setLevel(logging.DEBUG)
    logger.propagate = False
    logger.handlers[:] = []
    yield logger
    logger.level, logger.propagate, logger.handlers[:] = before
    logging.Logger.manager._clear_cache()


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
