# SPDX-License-Identifier: Apache-2.0
"""Formats: what the JSON of an error holds, and the headers around it."""

from __future__ import annotations

from errorkit import codes
from errorkit.testing.checking import (
    Failed,
    Headers,
    NotAsked,
    Service,
    brief,
)
from errorkit.testing.checks import versions
from errorkit.testing.error_body import (
    Said,
    check_ids,
    is_ordered,
    read,
    sound,
)
from errorkit.testing.verdicts import Chapter
from errorkit.versions import parse

CHAPTER = Chapter('4.1 Formats')


def _newest(service: Service) -> Headers:
    """Return the headers that ask for the newest version, if there is one."""
    try:
        return [versions.ask_for(versions.newest(service), service)]
    except NotAsked:
        return ()


def _said(service: Service) -> Said:
    return read(service.refusal(_newest(service)), service.options)


@CHAPTER.check('error.missing', 'what is not there is a 404')
def missing(service: Service) -> str:
    answer = service.refusal()
    if answer.status in (401, 403):
        raise NotAsked(
            f'{answer.status}: give what lets you in with --header'
        )
    if answer.status != 404:
        raise Failed(f'{answer.status}')
    return brief(answer)


@CHAPTER.check('error.json', 'its body is the JSON of the format')
def schema(service: Service) -> str:
    return f'{_said(service).format}, as its schema says'


@CHAPTER.check('error.order', 'its members come in their order')
def order(service: Service) -> str:
    said = _said(service)
    for entry in said.entries:
        if said.format == 'errors' and not is_ordered(entry):
            raise Failed(f'they come as {", ".join(entry)}')
    if said.format == 'bridge' and list(said.body)[-1] != 'errors':
        raise Failed('errors comes first')
    return ', '.join(said.entry)


@CHAPTER.check('error.status', 'the status in it is that of the response')
def status(service: Service) -> str:
    answer = service.refusal()
    said = read(answer, service.options)
    if type(said.status) is not int or said.status != answer.status:
        raise Failed(f'{answer.status} says {said.status!r}')
    return str(said.status)


@CHAPTER.check('error.id', 'the request id in it is that of the header')
def request_id(service: Service) -> str:
    answer = service.refusal()
    said = read(answer, service.options)
    if said.format == 'compute':
        raise NotAsked('the format has no room for it')
    check_ids(said, answer, service.options)
    return str(said.entry['request_id'])


@CHAPTER.check('error.code', 'it has a code, with the service before it')
def code(service: Service) -> str:
    said = _said(service)
    return _coded(service, said)


@CHAPTER.check('error.code.from', 'the first version with codes has them')
def code_from(service: Service) -> str:
    version = service.options.code_version
    if not version:
        raise NotAsked('name that version with --code-version')
    asked = [versions.ask_for(version, service)]
    return _coded(service, read(service.refusal(asked), service.options))


@CHAPTER.check('error.code.before', 'older versions have none')
def code_before(service: Service) -> str:
    version = service.options.code_version
    if not version:
        raise NotAsked('name the first version with codes: --code-version')
    if parse(versions.oldest(service)) >= parse(version):
        raise NotAsked('there is no older version')
    said = read(service.refusal(), service.options)
    if 'code' in said.entry and said.format != 'compute':
        raise Failed(f'{versions.oldest(service)} has {said.entry["code"]}')
    return 'none'


def _coded(service: Service, said: Said) -> str:
    if said.format == 'compute':
        raise NotAsked('the format has no room for it')
    code = said.entry.get('code')
    if code is None:
        raise Failed('there is no code')
    if not codes.is_valid(code):
        raise Failed(f'the code is {code[:60]!r}')
    try:
        prefix = versions.service_type_of(service)
    except NotAsked:
        prefix = service.options.service_type
    if prefix and not code.startswith(f'{prefix}.'):
        raise Failed(f'{code} does not begin with {prefix}.')
    return str(code)


@CHAPTER.check('error.length', 'Content-Length is there, once and true')
def length(service: Service) -> str:
    answer = service.refusal()
    lengths = answer.all('Content-Length')
    if lengths != [str(len(answer.body))]:
        raise Failed(
            f'{", ".join(lengths) or "absent"}; the body has '
            f'{len(answer.body)} bytes'
        )
    return lengths[0]


@CHAPTER.check('error.nosniff', 'X-Content-Type-Options is nosniff')
def nosniff(service: Service) -> str:
    found = service.refusal().all('X-Content-Type-Options')
    if [value.lower() for value in found] != ['nosniff']:
        raise Failed(', '.join(found) or 'absent')
    return 'nosniff'


@CHAPTER.check('error.no-store', 'Cache-Control is said, once')
def no_store(service: Service) -> str:
    found = service.refusal().all('Cache-Control')
    if len(found) != 1:
        raise Failed(', '.join(found) or 'absent')
    return found[0]


@CHAPTER.check('error.unchanged', 'the fifth like it has the same headers')
def unchanged(service: Service) -> str:
    first = service.refusal()
    names = sorted(name.lower() for name, _ in first.headers)
    for _ in range(4):
        answer = service.ask(service.missing, again=True)
        sound(answer, service.options)
        if sorted(name.lower() for name, _ in answer.headers) != names:
            raise Failed('the headers are others')
    return f'{len(names)} headers'
