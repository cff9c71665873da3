# SPDX-License-Identifier: Apache-2.0
"""The members of each error of a response, whichever format it is in.

Nothing is read leniently: what is not just as errorkit says it is refused.
"""

from __future__ import annotations

import json
from typing import Any

from errorkit import codes, formats, keys
from errorkit.formats import compute, problem
from errorkit.testing import schema
from errorkit.testing.responses import Response

JSON = 'application/json'

Members = list[dict[str, Any]]


class Unsound(Exception):
    """A response is not what it should be; the text, one line, says why."""


def read(answer: Response) -> Members:
    """Return the members of each error, the response's own first.

    A compute fault has ``status`` and ``detail``, a ``code`` where the
    response's header says one, and ``retryAfter`` where it has that.

    :raises Unsound: the body is in none of our formats, or not soundly
    """
    kinds = answer.all('Content-Type')
    if len(kinds) > 1:
        raise Unsound(f'there are {len(kinds)} Content-Type: {kinds}')
    if not answer.body:
        raise Unsound('the body is empty')
    if answer.kind == JSON:
        found = _of_json(answer)
    elif answer.kind == problem.CONTENT_TYPE:
        found = _of_problem(_parsed(answer))
    else:
        found = _of_words(answer)
    if 'title' in found[0]:
        _check(found, 'errors')
    for one in found:
        # A $ in a pattern lets a line break pass.
        if 'code' in one and not codes.is_valid(one['code']):
            raise Unsound(f'{one["code"]!r} is no code')
    _check_code(answer, found[0])
    return found


def _parsed(answer: Response) -> Any:
    try:
        return json.loads(
            answer.body.decode('utf-8'),
            object_pairs_hook=_unrepeated,
            parse_constant=_refused,
        )
    except (ValueError, RecursionError) as exc:
        raise Unsound(f'the body is no JSON: {exc}') from exc


def _unrepeated(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError('a member is there twice')
    return found


def _refused(constant: str) -> Any:
    raise ValueError(f'it has {constant}')


def _check(body: Any, format: str) -> None:
    shown = {'errors': body} if format == 'errors' else body
    wrong = schema.violations(shown, format)
    if wrong:
        raise Unsound(f'the body has another shape: {wrong[0]}')


def _of_json(answer: Response) -> Members:
    body = _parsed(answer)
    if isinstance(body, dict) and 'errors' not in body:
        _check(body, 'compute')
        [(name, fault)] = body.items()
        _check_name(name, answer.status)
        return [_of_fault(fault)]
    if isinstance(body, dict) and len(body) > 1:
        _check(body, 'bridge')
        # Clients that know faults alone read the first key.
        name, last = body
        if last != 'errors':
            raise Unsound('the fault has to come before errors')
        _check_name(name, answer.status)
        _check_same(_of_fault(body[name]), body['errors'][0])
    elif wrong := schema.violations(body, 'errors'):
        raise Unsound(f'the body has another shape: {wrong[0]}')
    found: Members = body['errors']
    return found


def _of_fault(fault: dict[str, Any]) -> dict[str, Any]:
    found = {'status': fault['code'], 'detail': fault['message']}
    if 'retryAfter' in fault:
        found['retryAfter'] = fault['retryAfter']
    return found


def _check_name(name: str, status: int) -> None:
    usual = compute.FAULTS.get(status, name)
    if name != usual:
        raise Unsound(f'the fault of a {status} is {usual}, not {name}')


def _check_same(fault: dict[str, Any], own: dict[str, Any]) -> None:
    for member in ('status', 'detail'):
        if fault[member] != own[member]:
            raise Unsound(
                f'the fault and the error have not the same {member}'
            )


def _of_problem(body: Any) -> Members:
    wrong = schema.violations(body, 'problem')
    if wrong:
        raise Unsound(f'the body has another shape: {wrong[0]}')
    own = {
        name: value
        for name, value in body.items()
        if name not in ('type', 'instance', 'errors')
    }
    if body['type'] != 'about:blank' and 'links' not in own:
        own['links'] = [{'rel': 'help', 'href': body['type']}]
    request_id = own.get('request_id', '')
    if 'instance' in body and body['instance'][9:] != request_id[4:]:
        raise Unsound(
            f'the instance is {body["instance"]}, and the request id '
            f'{request_id or "absent"}'
        )
    return [own, *body.get('errors', [])]


def _of_words(answer: Response) -> Members:
    """Read a page or lines, which have to be ours."""
    module = {'text/html': formats.html, 'text/plain': formats.text}.get(
        answer.kind
    )
    if module is None:
        raise Unsound(f'{answer.kind or "no type"} is no format of ours')
    try:
        loaded = module.load(answer.body.decode('utf-8'))
    except UnicodeDecodeError as exc:
        raise Unsound(f'the body is not UTF-8: {exc}') from exc
    if loaded is None:
        raise Unsound(f'this {answer.kind} is not ours')
    shown = formats.dump('errors', loaded)[2]
    found: Members = json.loads(shown)['errors']
    return found


def _check_code(answer: Response, own: dict[str, Any]) -> None:
    """Compare the code with the header that repeats it, if it is there."""
    values = answer.all(keys.CODE_HEADER)
    if not values:
        return
    if len(values) > 1:
        raise Unsound(
            f'there are {len(values)} {keys.CODE_HEADER}: {values}'
        )
    if 'title' not in own:
        own['code'] = values[0]  # a compute fault has no place for it
    elif own.get('code') != values[0]:
        raise Unsound(
            f'{keys.CODE_HEADER} is {values[0]}, and the body has '
            f'{own.get("code") or "no code"}'
        )
