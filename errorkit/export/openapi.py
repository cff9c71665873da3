# SPDX-License-Identifier: Apache-2.0
"""OpenAPI 3.1 components: the schemas, and a response for each status.

An operation refers to them: ``responses: {'409': {$ref:
'errors.json#/components/responses/Error409'}}``.
"""

from __future__ import annotations

import json
from typing import Any

from errorkit import keys
from errorkit.codes import Catalog, ErrorCode
from errorkit.error import Error, explanation_of, title_of
from errorkit.export import bodies, facts, tables
from errorkit.formats import dump, problem

VERSION = '3.1.0'

_SCHEMAS = '#/components/schemas'
_HEADERS = '#/components/headers'
_EXAMPLE_ID = 'req-0f8c6d1e-5a0b-4f0e-9a51-2f1b8f3f7c11'
#: A code of more statuses than this is for whatever may go wrong.
_MANY = 10


def document(catalog: Catalog, body: str = 'errors') -> dict[str, Any]:
    """Return an OpenAPI document that has components and no paths.

    :param body: one of ``bodies.BODIES``
    """
    listed = [code for code in facts.listed(catalog) if not code.retired]
    by_status: dict[int, list[ErrorCode]] = {500: []}
    for code in listed:
        if len(code.statuses) <= _MANY:
            for status in code.statuses:
                by_status.setdefault(status, []).append(code)
    responses = {
        f'Error{status}': _response(
            f'{title_of(status)}.', body, status, codes, catalog
        )
        for status, codes in sorted(by_status.items())
    }
    responses['AnyError'] = _response('Any error.', body, 500, [], catalog)
    return {
        'openapi': VERSION,
        'info': {
            'title': f'Errors of {catalog.service_type}',
            'version': '1.0.0',
        },
        'components': {
            'schemas': bodies.components(catalog, body, _SCHEMAS),
            'headers': _headers(catalog),
            'responses': responses,
        },
    }


def _headers(catalog: Catalog) -> dict[str, Any]:
    return {
        'RequestId': {
            'description': 'The id of the request, also in the body.',
            'required': True,
            'schema': {'type': 'string', 'pattern': '^req-[0-9a-f-]{36}$'},
        },
        'ErrorCode': {
            'description': 'The code of the response\'s own error.',
            'schema': {'type': 'string', 'enum': bodies.sent(catalog)},
        },
    }


def _response(
    description: str,
    body: str,
    status: int,
    codes: list[ErrorCode],
    catalog: Catalog,
) -> dict[str, Any]:
    for code in codes:
        meaning = tables.markdown(code.meaning or facts.title(code))
        description += f'\n\n* `{code}`: {meaning}'
    examples: dict[str, Any] = {}
    problems: dict[str, Any] = {}
    for code in codes or [catalog.default]:
        error = _example(status, code, catalog)
        name = facts.title(code) or title_of(status)
        for kind, found in ((body, examples), ('problem', problems)):
            _, _, text = dump(kind, [error])
            found[str(code)] = {'summary': name, 'value': json.loads(text)}
    return {
        'description': description,
        'headers': {
            keys.REQUEST_ID_HEADER: {'$ref': f'{_HEADERS}/RequestId'},
            keys.CODE_HEADER: {'$ref': f'{_HEADERS}/ErrorCode'},
        },
        'content': {
            'application/json': {
                'schema': {'$ref': f'{_SCHEMAS}/{bodies.BODIES[body]}'},
                'examples': examples,
            },
            problem.CONTENT_TYPE: {
                'schema': {'$ref': f'{_SCHEMAS}/Problem'},
                'examples': problems,
            },
        },
    }


def _example(status: int, code: ErrorCode, catalog: Catalog) -> Error:
    declared = catalog[code]
    detail = explanation_of(status)
    if declared.text and not declared.params:
        detail = str(declared.text)
    elif code != catalog.default and code.meaning:
        detail = code.meaning
    return Error(
        status,
        code.title or title_of(status),
        detail,
        code,
        _EXAMPLE_ID,
        (('help', code.help),) if code.help else (),
        retry=code.retry,
    )
