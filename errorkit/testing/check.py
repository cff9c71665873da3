# SPDX-License-Identifier: Apache-2.0
"""``errorkit check``: asks a service for the whole contract.

Nothing is sent that could change anything, but with ``--post`` (to that
path, and no body that a handler could take) and with ``--unsafe``.
"""

from __future__ import annotations

import argparse
import os
import re
import sys
import urllib.parse

from errorkit import masking
from errorkit.testing import checks, in_process, json_report, over_http
from errorkit.testing.asking import Answer, Asker, Unreachable
from errorkit.testing.checking import Options, Service
from errorkit.testing.table import Table
from errorkit.testing.verdicts import FAILS, run
from errorkit.testing.wording import Wording
from errorkit.versions import parse

_HEADER = re.compile(r"([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([^\x00\r\n]*)")
_SAFE = "/%:@!$&'()*+,;=~?"


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the options of the command to its parser."""
    add = parser.add_argument
    add('target', metavar='URL | module:app', nargs='?',
        help='a running service, or a WSGI application, also '
        'module:factory()')
    add('--path', default='/', type=_path, metavar='PATH',
        help='of something that answers a GET with success (default: /)')
    add('--missing', type=_path, metavar='PATH',
        help='of something that is not there (default: one below --path)')
    add('--fault', type=_path, metavar='PATH',
        help='of something that fails with a 5xx')
    add('--post', type=_path, metavar='PATH',
        help='of something that takes a POST; it gets bodies nobody can take')
    add('--service-type', default='', metavar='NAME',
        help='such as volume (default: what OpenStack-API-Version says)')
    add('--code-version', type=_version, metavar='VERSION',
        help='the microversion from which on errors have codes')
    add('--format', default='errors',
        choices=['errors', 'compute', 'bridge'],
        help='the JSON of errors (default: errors)')
    add('--id-header', default=Options.id_header, metavar='NAME',
        help='the response header of the request id (default: %(default)s)')
    add('--header', '-H', action='append', default=[], type=_header,
        metavar="'NAME: VALUE'", dest='headers',
        help='sent with every request and never shown; may be repeated')
    add('--unsafe', action='store_true',
        help='also send POST, PUT, PATCH and DELETE to --path')
    add('--only', action='append', default=[], metavar='PATTERN',
        help="these checks, such as 'accept.*'; may be repeated")
    add('--skip', action='append', default=[], metavar='PATTERN',
        help='all but these checks; may be repeated')
    add('--timeout', default=10.0, type=_seconds, metavar='SECONDS',
        help='for each request to a URL (default: 10)')
    add('--insecure', action='store_true',
        help="do not check the server's certificate")
    add('--json', action='store_true', help='print JSON')
    add('--list', action='store_true', help='print the checks, ask nothing')
    add('--verbose', '-v', action='store_true',
        help='say what was asked and what came, of every check')


def main(options: argparse.Namespace) -> int:
    """Run the command.

    :returns: the exit status: 0 when nothing fails, 1 when something does,
        2 when there is nothing to ask
    """
    if options.list:
        for check in checks.ALL:
            print(f'{check.id:<26} {check.clause}: {check.promise}')
        return 0
    try:
        asker = _asker(options)
        service = Service(asker, _told(options))
        _warn(service.reach())
        verdicts = run(service, checks.ALL, options.only, options.skip)
    except (Unreachable, ValueError) as exc:
        return _refuse(str(exc))
    if not verdicts:
        return _refuse('no check has such an id; --list names them')
    wording = Wording(options.headers)
    if options.json:
        print(json_report.dump(asker.target, verdicts, wording))
    else:
        Table(sys.stdout, wording, _is_coloured(), options.verbose).show(
            asker.target, verdicts
        )
    return int(any(item.verdict == FAILS for item in verdicts))


def _asker(options: argparse.Namespace) -> Asker:
    target = options.target
    if not target:
        raise ValueError('name a URL or an application, module:app')
    if '://' in target:
        return over_http.Url(target, options.timeout, options.insecure)
    return in_process.Application(in_process.load(target), target)


def _told(options: argparse.Namespace) -> Options:
    return Options(
        path=options.path,
        missing=options.missing or '',
        fault=options.fault or '',
        post=options.post or '',
        service_type=options.service_type,
        code_version=options.code_version or '',
        format=options.format,
        id_header=options.id_header,
        headers=tuple(options.headers),
        unsafe=options.unsafe,
    )


def _warn(answer: Answer) -> None:
    if answer.status >= 400:
        _say(f'{answer.request.path} was answered {answer.status}: name a '
             f'path that answers with success with --path')


def _refuse(text: str) -> int:
    _say(text)
    return 2


def _say(text: str) -> None:
    print(f'errorkit check: {masking.one_line(text)}', file=sys.stderr)


def _is_coloured() -> bool:
    return sys.stdout.isatty() and not os.environ.get('NO_COLOR')


def _path(text: str) -> str:
    if not text.startswith('/'):
        raise argparse.ArgumentTypeError('a path starts with /')
    return urllib.parse.quote(text, safe=_SAFE)


def _header(text: str) -> tuple[str, str]:
    found = _HEADER.fullmatch(text)
    if found is None:
        raise argparse.ArgumentTypeError('a header is NAME: VALUE')
    return found[1], found[2]


def _version(text: str) -> str:
    try:
        parse(text)
    except ValueError as exc:
        raise argparse.ArgumentTypeError(str(exc)) from exc
    return text


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds <= 3600:
        raise argparse.ArgumentTypeError('seconds are more than 0')
    return seconds
