# SPDX-License-Identifier: Apache-2.0
"""Microversions: the header that asks, those that answer, 400 and 406."""

from __future__ import annotations

import functools

from errorkit import keys
from errorkit.testing.asking import Answer
from errorkit.testing.checking import (
    Failed,
    NotAsked,
    Service,
    brief,
)
from errorkit.testing.error_body import sound
from errorkit.testing.verdicts import Chapter
from errorkit.versions import parse

CHAPTER = Chapter('3 Microversions')
HEADER = keys.VERSION_HEADER
#: Versions that are none: name, value, and whether a server may refuse it.
MALFORMED = (
    ('word', b'three', False),
    ('one-number', b'3', False),
    ('open', b'3.', False),
    ('no-major', b'.3', False),
    ('zero', b'0.1', False),
    ('leading-zero', b'03.1', False),
    ('minor-zero', b'3.01', False),
    ('minus', b'-3.0', False),
    ('plus', b'+3.0', False),
    ('three-numbers', b'3.0.0', False),
    ('letter', b'3.0x', False),
    ('exponent', b'1e1.0', False),
    ('long', b'3.' + b'1' * 5000, True),
    ('digits', b'\xd9\xa3.\xd9\xa0', True),
)


def service_type_of(service: Service) -> str:
    """Return the name that goes before the version.

    :raises NotAsked: the service has no microversions
    """
    said = service.ask().first(HEADER).split()
    if not said:
        raise NotAsked(f'no {HEADER} came back')
    return service.options.service_type or said[0]


def ask_for(version: str | bytes, service: Service) -> tuple[str, bytes]:
    """Return the header that asks for a version."""
    name = service_type_of(service).encode()
    if isinstance(version, str):
        version = version.encode()
    return HEADER, name + b' ' + version


def newest(service: Service) -> str:
    """Return the version that ``latest`` is.

    :raises NotAsked: the service does not say it
    """
    return _known(service, [ask_for('latest', service)])


def oldest(service: Service) -> str:
    """Return the version of a request without one.

    :raises NotAsked: the service does not say it
    """
    return _known(service, ())


def _known(
    service: Service, headers: list[tuple[str, bytes]] | tuple[()]
) -> str:
    name = service_type_of(service)
    said = service.ask(headers=headers).first(HEADER).split()
    try:
        parse(said[-1] if said and said[0] == name else '')
    except ValueError as exc:
        raise NotAsked('the service names no version of its own') from exc
    return said[-1]


def _says(answer: Answer, version: str, service: Service) -> str:
    wanted = f'{service_type_of(service)} {version}'
    found = answer.all(HEADER)
    if found != [wanted]:
        came = ', '.join(found) if found else 'absent'
        raise Failed(
            f'{answer.status}: {HEADER} is {came}, not {wanted}', answer
        )
    if not answer.listed('Vary') & {HEADER.lower(), '*'}:
        raise Failed(f'{answer.status}: Vary does not name {HEADER}', answer)
    return f'{answer.status}, {wanted}'


@CHAPTER.check('version.none', 'no version asked for is the oldest one')
def none(service: Service) -> str:
    asked = ask_for(oldest(service), service)
    _says(service.ask(headers=[asked]), oldest(service), service)
    return _says(service.ask(), oldest(service), service)


@CHAPTER.check('version.latest', '"latest" is the newest, and is named')
def latest(service: Service) -> str:
    answer = service.ask(headers=[ask_for('latest', service)])
    said = answer.first(HEADER).split()
    try:
        top = parse(said[-1] if said else '')
    except ValueError as exc:
        raise Failed(f'{HEADER} is {answer.first(HEADER)!r}') from exc
    if top < parse(oldest(service)):
        raise Failed(f'{said[-1]} is older than {oldest(service)}')
    return _says(answer, said[-1], service)


@CHAPTER.check('version.newest', 'the newest by its number is the same')
def by_number(service: Service) -> str:
    top = newest(service)
    return _says(service.ask(headers=[ask_for(top, service)]), top, service)


@CHAPTER.check('version.head', 'a HEAD names its version')
def head(service: Service) -> str:
    top = newest(service)
    answer = service.ask(method='HEAD', headers=[ask_for(top, service)])
    return _says(answer, top, service)


@CHAPTER.check('version.error', 'an error names its version, and in Vary')
def error(service: Service) -> str:
    top = newest(service)
    return _says(service.refusal([ask_for(top, service)]), top, service)


@CHAPTER.check('version.other', "another service's version is not ours")
def other(service: Service) -> str:
    asked = [(HEADER, 'errorkit-check 9.9')]
    return _says(service.ask(headers=asked), oldest(service), service)


@CHAPTER.check('version.above', 'one above the newest: 406 with both limits')
def above(service: Service) -> str:
    major, minor = parse(newest(service))
    return _unsupported(service, f'{major}.{minor + 1}')


@CHAPTER.check('version.far', 'a version of a far future: the same 406')
def far(service: Service) -> str:
    return _unsupported(service, '9999.0')


@CHAPTER.check('version.repeated', 'the fifth 406 is like the first')
def repeated(service: Service) -> str:
    asked = [ask_for('9999.0', service)]
    for _ in range(4):
        answer = service.ask(headers=asked, again=True)
        _says(answer, oldest(service), service)
    return brief(answer)


def _unsupported(service: Service, version: str) -> str:
    low, high = oldest(service), newest(service)
    answer = service.ask(headers=[ask_for(version, service)])
    if answer.status != 406:
        raise Failed(f'{version} was answered {answer.status}')
    said = sound(answer, service.options)
    if said.format != 'compute':  # which has no room for them
        limits = said.entry.get('min_version'), said.entry.get('max_version')
        if limits != (low, high):
            raise Failed(f'the error says {limits}, not {(low, high)}')
    return _says(answer, low, service)


def _malformed(service: Service, value: bytes, odd: bool) -> str:
    answer = service.ask(headers=[ask_for(value, service)], odd=odd)
    if answer.status != 400:
        raise Failed(f'{value[:20]!r} was answered {answer.status}')
    said = sound(answer, service.options)
    if 'min_version' in said.entry or 'max_version' in said.entry:
        raise Failed('a 400 has no limits')
    return _says(answer, oldest(service), service)


for _name, _value, _odd in MALFORMED:
    CHAPTER.check(f'version.malformed.{_name}',
                  'a malformed version is 400, as the oldest')(
        functools.partial(_malformed, value=_value, odd=_odd)
    )
