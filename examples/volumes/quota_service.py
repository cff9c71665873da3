# SPDX-License-Identifier: Apache-2.0
"""A service of its own: how much each project may have.

A reservation says what the project is to have in all, so that asking twice
is asking once, and nothing has to be given back.
"""

import logging

from webob import Response
from webob.dec import wsgify
from webob.exc import (
    HTTPBadRequest,
    HTTPConflict,
    HTTPMethodNotAllowed,
    HTTPNotFound,
)

import errorkit

from . import logs

LOG = logging.getLogger(__name__)

LIMIT = 1000  # GiB in each project

CATALOG = errorkit.Catalog('quota')
NOT_FOUND = CATALOG.define(
    'quota.not_found',
    status=404,
    title='Not found',
    meaning='The service has nothing at this path.',
)
METHOD_NOT_ALLOWED = CATALOG.define(
    'quota.method_not_allowed',
    status=405,
    title='Method not allowed',
    meaning='Reservations are only put.',
)
MALFORMED_BODY = CATALOG.define(
    'quota.malformed_body',
    status=400,
    title='Malformed body',
    meaning='The body is {"gigabytes": …}, with a whole number.',
    retry='never',
)
LIMIT_EXCEEDED = CATALOG.define(
    'quota.limit_exceeded',
    status=409,
    title='Limit exceeded',
    meaning='The project may not have so much.',
    retry='later',
)


@wsgify
def application(request):
    """``PUT /v1/{project_id}/reservations``"""
    match request.path_info.split('/'):
        case ['', 'v1', project_id, 'reservations'] if project_id:
            pass
        case _:
            raise HTTPNotFound(
                'There are reservations only.', comment=NOT_FOUND
            )
    if request.method != 'PUT':
        raise HTTPMethodNotAllowed(
            'Reservations are only put.',
            headers=[('Allow', 'PUT')],
            comment=METHOD_NOT_ALLOWED,
        )
    wanted = _read(request)
    if wanted > LIMIT:
        LOG.warning('Refused %d GiB to project %s', wanted, project_id)
        raise HTTPConflict(
            f'Project {project_id} may have {LIMIT} GiB, not {wanted}.',
            comment=LIMIT_EXCEEDED,
        )
    LOG.info('Reserved %d GiB for project %s', wanted, project_id)
    return Response(json_body={'gigabytes': wanted, 'limit': LIMIT})


def _read(request):
    try:
        wanted = request.json_body['gigabytes']
    except (ValueError, RecursionError, LookupError, TypeError):
        wanted = None
    # bool is an int to Python, but not to a reader of JSON.
    if type(wanted) is not int or wanted < 0:
        raise HTTPBadRequest(
            'The body must be like {"gigabytes": 5}.', comment=MALFORMED_BODY
        )
    return wanted


def from_code():
    """What a WSGI server runs."""
    logs.set_up('quota', 'json')
    return errorkit.wrap(
        application,
        service_type='quota',
        catalog=CATALOG,
        # wsgify answers a 405 by itself, and WebOb leaves its code out.
        default_codes={405: METHOD_NOT_ALLOWED},
    )
