# SPDX-License-Identifier: Apache-2.0
"""Which service wrote a record: by its unit, its file or its logger."""

from __future__ import annotations

import re

#: devstack's short names of units.
_DEVSTACK = {
    'n': 'nova', 'c': 'cinder', 'g': 'glance', 'q': 'neutron',
    'h': 'heat', 'm': 'manila', 'o': 'octavia',
}
_DEVSTACK_ENDS = {
    'cpu': 'compute', 'cond': 'conductor', 'sch': 'scheduler',
    'vol': 'volume', 'bak': 'backup', 'svc': 'server', 'shr': 'share',
    'eng': 'engine', 'agt': 'agent',
}
#: Loggers of libraries, that say nothing of the service they are in.
_LIBRARIES = frozenset(
    (
        'errorkit', 'eventlet', 'futurist', 'gunicorn', 'httpcore', 'httpx',
        'keystoneauth', 'keystoneauth1', 'keystonemiddleware', 'openstack',
        'requests', 'root', 'sqlalchemy', 'stevedore', 'tooz', 'urllib3',
        'uvicorn', 'uwsgi', 'werkzeug', 'wsgi',
    )
)
#: Names of files that many services write to.
_SHARED = frozenset(
    (
        'access', 'all', 'combined', 'daemon', 'debug', 'error', 'errors',
        'journal', 'json', 'log', 'logs', 'messages', 'openstack', 'out',
        'output', 'stderr', 'stdout', 'syslog', 'user',
    )
)
# The name before .log, .json or .txt, and what rotation puts behind it.
_FILE = re.compile(
    r'(?:[^/]*/)*+([^/]{1,200}?)\.(?:log|jsonl?|txt|out)(?:[.\-][^/]*)?',
    re.ASCII,
).fullmatch


def of_unit(ident: str) -> str:
    """Return the service of a systemd unit or a syslog tag."""
    name = ident.removesuffix('.service')
    if not name.startswith('devstack@'):
        return name
    name = name.removeprefix('devstack@')
    first, dash, rest = name.partition('-')
    if dash and first in _DEVSTACK:
        rest = _DEVSTACK_ENDS.get(rest, rest)
        return f'{_DEVSTACK[first]}-{rest}'
    return name


def of_file(name: str) -> str | None:
    """Return the service that a log file is named after, or None."""
    match = _FILE(name[-400:])
    if match is None or match[1].lower() in _SHARED:
        return None
    return match[1]


def of_logger(name: str) -> str | None:
    """Return the service that a logger belongs to; None for a library's."""
    root = name.partition('.')[0]
    if not root or root in _LIBRARIES or root.startswith(('oslo', '_')):
        return None
    return root
