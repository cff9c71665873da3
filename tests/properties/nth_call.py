# SPDX-License-Identifier: Apache-2.0
"""Seams that can fail at the n-th call."""

import functools
import html
import io
import json
import json.encoder
import logging
import os
import sys
import threading
import time

from hostile_exceptions import CORPUS

import errorkit


class Fails:
    """Raises at the n-th call of one seam, and always in others."""

    def __init__(self, seam=None, number=0, make=None, always=()):
        self.seam = seam
        self.number = number
        self.make = make
        self.always = always
        self.calls = 0

    def __call__(self, seam):
        """Note a call of a seam; raise if it is the one."""
        if seam == self.seam:
            self.calls += 1
            if self.calls == self.number:
                raise self.make()
        if seam in self.always:
            raise self.make()

    @property
    def happened(self):
        """Tell whether it has raised."""
        return self.calls >= self.number


#: Functions that errorkit calls, under whatever name it has bound them.
FUNCTIONS = {
    'perf_counter': (time, 'perf_counter'),
    'time': (time, 'time'),
    'time_ns': (time, 'time_ns'),
    'urandom': (os, 'urandom'),
    'encode_basestring_ascii': (json.encoder, 'encode_basestring_ascii'),
    # json.dumps ends in it as well.
    'encode': (json.JSONEncoder, 'encode'),
    'escape': (html, 'escape'),
    'makeRecord': (logging.Logger, 'makeRecord'),
    'isEnabledFor': (logging.Logger, 'isEnabledFor'),
    'Logger.handle': (logging.Logger, 'handle'),
    'Thread.start': (threading.Thread, 'start'),
}
#: What must not be missed when it fails.
OPTIONAL = ['perf_counter', 'time', 'time_ns', 'urandom', 'makeRecord',
            'isEnabledFor', 'Logger.handle', 'Thread.start', 'emit',
            'filter', 'format']
ENCODERS = ['encode_basestring_ascii', 'encode', 'escape']
SERVERS = ['start_response', 'write', 'next', 'close', 'iter', 'call']


def install(seam, fail, patch):
    """Put a failing function wherever errorkit has bound the seam's."""
    owner, name = FUNCTIONS[seam]
    real = getattr(owner, name)

    def failing(*args, **kwargs):
        fail(seam)
        return real(*args, **kwargs)

    patch.setattr(owner, name, failing)
    for module, bound in places(real, len(sys.modules)):
        patch.setattr(module, bound, failing)


@functools.cache
def places(function, modules):
    """Return where errorkit has bound a function: each module, and the name.

    :param modules: how many are loaded; with one more it is looked up anew
    """
    return [
        (module, bound) for module_name, module in list(sys.modules.items())
        if module_name.partition('.')[0] == 'errorkit'
        for bound, value in vars(module).items() if value is function]


class Handler(logging.Handler):
    """A log handler whose parts can fail; it keeps what it was given."""

    def __init__(self, fail):
        super().__init__()
        self.fail = fail
        self.lines = []
        self.addFilter(errorkit.log.ContextFilter())
        self.setFormatter(errorkit.log.TextFormatter())

    def filter(self, record):
        """Fail or filter."""
        self.fail('filter')
        return super().filter(record)

    def emit(self, record):
        """Fail or write."""
        self.fail('emit')
        line = self.format(record)
        self.lines.append((record, line))

    def format(self, record):
        """Fail or format."""
        self.fail('format')
        return super().format(record)


class Errors(io.StringIO):
    """A ``wsgi.errors`` that can fail."""

    def __init__(self, fail):
        super().__init__()
        self.fail = fail

    def write(self, text):
        """Fail or write."""
        self.fail('errors.write')
        return super().write(text)


#: What is raised; the last is no ``Exception``.
EXCEPTIONS = {
    'OSError': lambda: OSError(28, 'disk full'),
    'MemoryError': MemoryError,
    'RecursionError': RecursionError,
    'UnicodeEncodeError': lambda: UnicodeEncodeError('ascii', 'a', 0, 1, ''),
    'str fails': CORPUS['str and repr fail'],
    'timeout like': CORPUS['timeout like'],
}
