# SPDX-License-Identifier: Apache-2.0
"""What the handlers share: reading a body, answering, saying no."""

import contextlib

from webob import Request, Response
from webob.exc import (
    HTTPBadRequest,
    HTTPConflict,
    HTTPRequestEntityTooLarge,
)

from . import codes, refusals

MAX_LIMIT = 1000

ANSWERS = {
    refusals.NameExists: (HTTPConflict, codes.NAME_EXISTS),
    refusals.VolumeInUse: (HTTPConflict, codes.VOLUME_IN_USE),
    refusals.VolumeNotInUse: (HTTPConflict, codes.VOLUME_NOT_IN_USE),
    refusals.VolumeIsExtending: (HTTPConflict, codes.VOLUME_IS_EXTENDING),
    refusals.VolumeHasSnapshots: (HTTPConflict, codes.VOLUME_HAS_SNAPSHOTS),
    refusals.SizeTooSmall: (HTTPBadRequest, codes.INVALID_SIZE),
    refusals.QuotaExceeded: (HTTPRequestEntityTooLarge, codes.QUOTA_EXCEEDED),
}


@contextlib.contextmanager
def explained():
    """What the store refuses leaves this block as an HTTP error.

    What is missing leaves it as it is, and ``registry.py`` knows it.
    """
    try:
        yield
    except tuple(ANSWERS) as refused:
        error, code = ANSWERS[type(refused)]
        raise error(str(refused), comment=code) from refused


def raising(function):
    """A handler as a WSGI application whose HTTP errors are raised.

    ``webob.dec.wsgify`` would make responses of them by itself. The service
    has handlers of both kinds, and a client sees no difference.
    """

    def application(environ, start_response):
        response = function(Request(environ))
        return response(environ, start_response)

    return application


def answer(status, **members):
    return Response(status=status, json_body=members)


def monitor(request):
    """The Link to why a request of a collection failed once accepted."""
    project = request.path.rpartition('/')[0]
    request_id = request.environ['openstack.request_id']
    return f'<{project}/messages?request_id={request_id}>; rel="monitor"'


def read_object(request, member):
    """The object that the request's body holds under this name."""
    body = read_body(request)
    if not isinstance(body.get(member), dict):
        raise HTTPBadRequest(
            f'The body must be like {{"{member}": {{...}}}}.',
            comment=codes.MALFORMED_BODY,
        )
    return body[member]


def read_body(request):
    try:
        body = request.json_body
    except (ValueError, RecursionError) as error:
        raise HTTPBadRequest(
            'The body is not JSON.', comment=codes.MALFORMED_JSON
        ) from error
    if not isinstance(body, dict):
        raise HTTPBadRequest(
            'The body must be an object.', comment=codes.MALFORMED_BODY
        )
    return body


def read_name(members):
    name = members.get('name')
    # A lone surrogate is text for JSON, but for no database.
    if not isinstance(name, str) or not name.isprintable():
        name = ''
    if not 1 <= len(name) <= 255:
        raise HTTPBadRequest(
            'A name is 1 to 255 printable characters.',
            comment=codes.INVALID_NAME,
        )
    return name


def read_id(members, member):
    text = members.get(member)
    if not isinstance(text, str) or not text.isprintable():
        raise HTTPBadRequest(
            f'The member {member} must be an id.',
            comment=codes.MALFORMED_BODY,
        )
    return text


def read_size(members, member='size'):
    size = members.get(member)
    # bool is an int to Python, but not to a reader of JSON.
    if type(size) is not int or size < 1:
        raise HTTPBadRequest(
            'A size is a whole number of GiB, 1 or more.',
            comment=codes.INVALID_SIZE,
        )
    return size


def read_limit(request):
    try:
        limit = int(request.GET.get('limit', MAX_LIMIT))
    except ValueError:
        limit = -1
    if not 0 <= limit <= MAX_LIMIT:
        raise HTTPBadRequest(
            f'The limit is a whole number from 0 to {MAX_LIMIT}.',
            comment=codes.INVALID_LIMIT,
        )
    return limit
