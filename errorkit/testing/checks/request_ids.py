# SPDX-License-Identifier: Apache-2.0
"""Request ids: one on every response, new each time, never the client's."""

from __future__ import annotations

import functools
import json

from errorkit import codes, ids, keys
from errorkit.testing.asking import Answer
from errorkit.testing.checking import (
    GLOBAL_ID,
    SPLIT,
    Failed,
    NotAsked,
    Service,
    brief,
)
from errorkit.testing.error_body import one_id
from errorkit.testing.verdicts import Chapter

CHAPTER = Chapter('1 Request ids')
INBOUND = keys.REQUEST_ID_HEADER

_HEX = GLOBAL_ID[4:].encode()
_VALID = GLOBAL_ID.encode()
#: Inbound ids that are none: name, value, and whether a server may refuse it.
BOGUS = (
    ('upper-case', _VALID.upper(), False),
    ('braces', b'req-{%s}' % _HEX, False),
    ('no-prefix', _HEX, False),
    # No new id can begin like this one.
    ('short', b'req-forty-two', False),
    ('nil', b'req-00000000-0000-0000-0000-000000000000', False),
    ('uuid-1', b'req-c232ab00-9414-11ec-b3c8-9f6bdeced846', False),
    ('variant', b'req-5c1a8d5e-8a55-4d6f-1d3c-2f6a0f0a7b11', False),
    ('joined', b'%s,%s' % (_VALID, _VALID), False),
    ('long', b'req-' + b'-' * 7000 + _HEX, True),
    ('markup', b'<script>alert(1)</script>', False),
    ('digits', b'req-\xd9\xa5' + _HEX[1:], True),
    ('eight-bit', b'req-\xff\xfe' + _HEX, True),
    ('nul', _VALID + b'\0', True),
    ('cr', _VALID + b'\rX: y', True),
    ('lf', _VALID + b'\n' + SPLIT.encode() + b': lf', True),
    ('crlf', _VALID + b'\r\n' + SPLIT.encode() + b': crlf', True),
    ('folded', _VALID + b'\r\n\tfolded', True),
    ('newline', _VALID + b'\n', True),
)


@CHAPTER.check('id.present', 'a GET has one well-formed request id')
def present(service: Service) -> str:
    return one_id(service.ask(), service.options)


@CHAPTER.check('id.new', 'the same request again has a new id')
def new(service: Service) -> str:
    first = one_id(service.ask(), service.options)
    second = one_id(service.ask(again=True), service.options)
    if first == second:
        raise Failed(f'{first} twice')
    return f'{first[:12]}…, {second[:12]}…'


@CHAPTER.check('id.head', 'a HEAD has an id')
def head(service: Service) -> str:
    return one_id(service.ask(method='HEAD'), service.options)


@CHAPTER.check('id.options', 'an OPTIONS has an id')
def options(service: Service) -> str:
    return one_id(service.ask(method='OPTIONS'), service.options)


@CHAPTER.check('id.missing', 'a 404 has an id')
def missing(service: Service) -> str:
    return one_id(service.refusal(), service.options)


@CHAPTER.check('id.method', 'a refused method has an id')
def method(service: Service) -> str:
    return one_id(service.ask(method='BREW', odd=True), service.options)


@CHAPTER.check('id.compat', 'other headers for the id carry the same one')
def compat(service: Service) -> str:
    answer = service.ask()
    own = one_id(answer, service.options)
    others = {
        name: value
        for name, value in answer.headers
        if name.lower().startswith('x-')
        and name.lower().endswith('-request-id')
        and name.lower() != service.options.id_header.lower()
    }
    if not others:
        raise NotAsked('there is no other X-…-Request-Id')
    for name, value in others.items():
        if value != own:
            raise Failed(f'{name} is {value[:64]!r}, not {own}')
    return ', '.join(others)


@CHAPTER.check('id.cors', 'scripts of other origins may read the id')
def cors(service: Service) -> str:
    answer = service.ask(headers=[('Origin', 'http://localhost')])
    if not answer.all('Access-Control-Allow-Origin'):
        raise NotAsked('the service answered without CORS headers')
    exposed = answer.listed('Access-Control-Expose-Headers')
    if not exposed & {service.options.id_header.lower(), '*'}:
        raise Failed('Access-Control-Expose-Headers does not name the id')
    return answer.first('Access-Control-Expose-Headers')


@CHAPTER.check('id.global', "a client's valid id is never returned")
def global_id(service: Service) -> str:
    answer = service.ask(headers=[(INBOUND, GLOBAL_ID)])
    own = one_id(answer, service.options)
    _unreturned(answer, GLOBAL_ID)
    if answer.environ is not None:
        known = answer.environ.get(keys.GLOBAL_REQUEST_ID)
        # None where the service does not trust us to set it.
        if known not in (None, GLOBAL_ID):
            raise Failed(f'{keys.GLOBAL_REQUEST_ID} is {known!r}')
        if answer.environ.get(keys.REQUEST_ID, own) != own:
            raise Failed(f'{keys.REQUEST_ID} is not the id in the header')
    return own


@CHAPTER.check('id.twice', 'two inbound ids are none')
def twice(service: Service) -> str:
    other = GLOBAL_ID.replace('5c', '6d')
    given = [(INBOUND, GLOBAL_ID), (INBOUND, other)]
    return _ignored(service, given, GLOBAL_ID, odd=False)


def _bogus(service: Service, value: bytes, odd: bool) -> str:
    text = value.decode('latin-1')
    return _ignored(service, [(INBOUND, value)], text, odd)


for _name, _value, _odd in BOGUS:
    CHAPTER.check(f'id.bogus.{_name}', 'an inbound id that is none changes '
                  'nothing')(
        functools.partial(_bogus, value=_value, odd=_odd)
    )


def _ignored(
    service: Service,
    headers: list[tuple[str, bytes]] | list[tuple[str, str]],
    value: str,
    odd: bool,
) -> str:
    plain = service.ask()
    if not plain.all(service.options.id_header):
        raise NotAsked('no request id comes back at all')
    answer = service.ask(headers=headers, odd=odd)
    if answer.all(SPLIT):
        raise Failed(f'the answer is split: it has {SPLIT}')
    _unreturned(answer, value)
    one_id(answer, service.options)
    if answer.status != plain.status and not _is_rejection(answer):
        raise Failed(f'{answer.status} instead of {plain.status}')
    if answer.environ is not None:
        known = answer.environ.get(keys.GLOBAL_REQUEST_ID)
        if known:
            raise Failed(f'it became the global id: {str(known)[:60]!a}')
        if keys.HTTP_REQUEST_ID in answer.environ:
            raise Failed('it is left in environ, for an inner layer to take')
    return brief(answer)


def _is_rejection(answer: Answer) -> bool:
    """Tell whether a 400 is that of ``on_invalid = reject``."""
    if answer.status != 400:
        return False
    try:
        code = json.loads(answer.body)['errors'][0].get('code')
    except (ValueError, LookupError, TypeError, AttributeError):
        return False
    # Below the version of the codes there is none.
    return code is None or (
        codes.is_valid(code) and code.endswith('.request_id.invalid')
    )


def _unreturned(answer: Answer, value: str) -> None:
    for name, found in answer.headers:
        if value in found or (ids.is_valid(found) and found == GLOBAL_ID):
            raise Failed(f"the client's value came back in {name}")
