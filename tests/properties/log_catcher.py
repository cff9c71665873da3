# SPDX-License-Identifier: Apache-2.0
"""A log handler that keeps what it is given."""

import logging


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
