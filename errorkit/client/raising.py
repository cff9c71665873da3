# SPDX-License-Identifier: Apache-2.0
"""A response of any HTTP library becomes an exception, if it is an error."""

from __future__ import annotations

from typing import Any, TypeVar

from errorkit.client import catalogs, parsing, responses, statuses
from errorkit.client.catalogs import Exceptions
from errorkit.client.response_error import ResponseError
from errorkit.formats import checked, response_body

Response = TypeVar('Response')


def raise_for_error(
    response: Response, catalog: Exceptions | None = None
) -> Response:
    """Raise a ``ResponseError`` where a response is an error.

    ::

        try:
            client.raise_for_error(session.post(url, json=body), placement)
        except placement.DuplicateName as exc:
            ...

    :param response: of requests, httpx, urllib3, webob, keystoneauth1 or
        another library whose response has a status, headers and a body; or
        the exception that such a library has raised for one
    :param catalog: from ``load_catalog``: the service's codes. Without one,
        and for a code that is not in it, the class is that of the status
    :returns: the response, where its status is below 400
    :raises ResponseError: of the class of its code or status. An exception
        that was given for a response is its cause; one that holds no
        response with an error is raised itself
    :raises TypeError: the object has no status
    :raises ConfigError: the catalog is none
    """
    found = exception_of(response, catalog)
    if isinstance(response, BaseException):
        if found is None or found is response:
            raise response
        raise found from response
    if found is not None:
        raise found
    return response


def exception_of(
    response: Any, catalog: Exceptions | None = None
) -> ResponseError | None:
    """Return the exception that ``raise_for_error`` raises for a response.

    :param response: as there
    :param catalog: as there
    :returns: None where it is no error
    :raises TypeError: the object has no status
    :raises ConfigError: the catalog is none
    """
    catalogs.check(catalog, 'client.raise_for_error')
    if responses.is_a(response, ResponseError):
        raised: ResponseError = response
        return raised
    answer = responses.inner(response)
    status = responses.status(answer)
    if status < 400:
        if not status and not responses.is_a(response, BaseException):
            raise TypeError(
                f'{type(response).__name__} is no response: it has no status'
            )
        return None
    headers = responses.headers(answer)
    origin = responses.origin(answer)
    body = response_body.read(answer)
    errors = parsing.read(status, headers, body, origin)
    code = errors[0].code
    kind = (
        statuses.of_status(status)
        if catalog is None
        else catalog.class_of(code, status)
    )
    return kind(
        errors,
        headers,
        responses.method(answer),
        checked.id_of(headers),
        origin,
    )
