# SPDX-License-Identifier: Apache-2.0
"""Which JSON a service speaks: one for all paths, one a prefix, or asked."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from errorkit import log

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

LOG = logging.getLogger('errorkit.formatter')

NAMES = ('errors', 'compute', 'bridge')
Choose = Callable[['WSGIEnvironment'], str]
#: A format's name, names by path prefix, or a function of environ.
Format = str | Mapping[str, str] | Choose


def chooser(format: Format) -> Choose | str:
    """Return what tells the format of a request; a str tells it of all.

    :param format: one of the names; or for each path prefix one of them, the
        longest prefix that ends at a slash decides and ``errors`` is for the
        rest; or a function from environ to one of them
    :raises ValueError: it is none of these
    """
    if isinstance(format, str):
        return _checked(format)
    if isinstance(format, Mapping):
        return _by_prefix(format)
    if callable(format):
        return _guarded(format)
    raise ValueError(_ALLOWED)


_ALLOWED = (
    f'{", ".join(NAMES)}; one of them for each path prefix; or a function '
    'from environ to one of them'
)


def _checked(name: object) -> str:
    if name not in NAMES:
        raise ValueError(_ALLOWED)
    return str(name)


def _by_prefix(format: Mapping[str, str]) -> Choose:
    prefixes = {}
    for prefix, name in format.items():
        if not isinstance(prefix, str) or not prefix.startswith('/'):
            raise ValueError('path prefixes that begin with a slash')
        prefixes[prefix.rstrip('/') + '/'] = _checked(name)
    longest_first = sorted(prefixes.items(), key=lambda item: -len(item[0]))

    def choose(environ: WSGIEnvironment) -> str:
        path = (
            environ.get('SCRIPT_NAME', '') + environ.get('PATH_INFO', '') + '/'
        )
        for prefix, name in longest_first:
            if path.startswith(prefix):
                return name
        return NAMES[0]

    return choose


def _guarded(function: Choose) -> Choose:
    def choose(environ: WSGIEnvironment) -> str:
        try:
            return _checked(function(environ))
        except Exception as exc:  # an error is answered all the same
            log.say(
                LOG,
                logging.ERROR,
                'the format of an error could not be chosen: %s',
                log.class_name(type(exc)),
            )
        return NAMES[0]

    return choose
