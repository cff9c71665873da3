# SPDX-License-Identifier: Apache-2.0
"""One exception class for each status, so that ``except NotFound`` reads well.

::

    ResponseError                every status that is none of these
    +-- ClientError              400-499
    |   +-- BadRequest, Conflict, NotFound, ...
    +-- ServerError              500-599
        +-- BadGateway, ServiceUnavailable, ...

The names are those of the reason phrases that OpenStack's services send.
"""

from __future__ import annotations

from errorkit.client.response_error import ResponseError


class ClientError(ResponseError):
    """400 to 499: the request is at fault."""


class ServerError(ResponseError):
    """500 to 599: the service is at fault."""


class BadRequest(ClientError):
    """400: the request itself is wrong."""


class Unauthorized(ClientError):
    """401: the request is not authenticated."""


class PaymentRequired(ClientError):
    """402: a payment is due."""


class Forbidden(ClientError):
    """403: the user may not do this."""


class NotFound(ClientError):
    """404: there is no such resource, or none that may be seen."""


class MethodNotAllowed(ClientError):
    """405: the resource does not know the method."""


class NotAcceptable(ClientError):
    """406: no such form of the resource, or microversion."""


class ProxyAuthenticationRequired(ClientError):
    """407: a proxy wants to know the user."""


class RequestTimeout(ClientError):
    """408: the request did not arrive in time."""


class Conflict(ClientError):
    """409: the state of the resource does not allow it."""


class Gone(ClientError):
    """410: the resource was there and is no more."""


class LengthRequired(ClientError):
    """411: the request has no Content-Length."""


class PreconditionFailed(ClientError):
    """412: a condition of the request does not hold."""


class RequestEntityTooLarge(ClientError):
    """413: the body is too large, or a quota's limit reached."""


class RequestURITooLong(ClientError):
    """414: the URL is too long."""


class UnsupportedMediaType(ClientError):
    """415: the media type of the body is not known."""


class RangeNotSatisfiable(ClientError):
    """416: the range asked for is not there."""


class ExpectationFailed(ClientError):
    """417: the Expect header cannot be met."""


class MisdirectedRequest(ClientError):
    """421: the server does not answer for this host."""


class UnprocessableEntity(ClientError):
    """422: the body is well-formed and makes no sense."""


class Locked(ClientError):
    """423: the resource is locked."""


class FailedDependency(ClientError):
    """424: another action that it depends on has failed."""


class TooEarly(ClientError):
    """425: the request might be replayed."""


class UpgradeRequired(ClientError):
    """426: another protocol is required."""


class PreconditionRequired(ClientError):
    """428: the request has to be conditional."""


class TooManyRequests(ClientError):
    """429: too many requests in a time."""


class RequestHeaderFieldsTooLarge(ClientError):
    """431: the headers are too large."""


class UnavailableForLegalReasons(ClientError):
    """451: the law forbids it."""


class InternalServerError(ServerError):
    """500: the service has failed."""


class NotImplementedByServer(ServerError):
    """501: the service cannot do this at all."""


class BadGateway(ServerError):
    """502: a proxy got no good answer from the service."""


class ServiceUnavailable(ServerError):
    """503: the service cannot answer for now."""


class GatewayTimeout(ServerError):
    """504: a proxy got no answer in time from the service."""


class HTTPVersionNotSupported(ServerError):
    """505: the version of HTTP is not supported."""


class InsufficientStorage(ServerError):
    """507: there is no room for it."""


class NetworkAuthenticationRequired(ServerError):
    """511: the network wants a login."""


#: The class of each status that has one of its own.
BY_STATUS: dict[int, type[ResponseError]] = {
    400: BadRequest,
    401: Unauthorized,
    402: PaymentRequired,
    403: Forbidden,
    404: NotFound,
    405: MethodNotAllowed,
    406: NotAcceptable,
    407: ProxyAuthenticationRequired,
    408: RequestTimeout,
    409: Conflict,
    410: Gone,
    411: LengthRequired,
    412: PreconditionFailed,
    413: RequestEntityTooLarge,
    414: RequestURITooLong,
    415: UnsupportedMediaType,
    416: RangeNotSatisfiable,
    417: ExpectationFailed,
    421: MisdirectedRequest,
    422: UnprocessableEntity,
    423: Locked,
    424: FailedDependency,
    425: TooEarly,
    426: UpgradeRequired,
    428: PreconditionRequired,
    429: TooManyRequests,
    431: RequestHeaderFieldsTooLarge,
    451: UnavailableForLegalReasons,
    500: InternalServerError,
    501: NotImplementedByServer,
    502: BadGateway,
    503: ServiceUnavailable,
    504: GatewayTimeout,
    505: HTTPVersionNotSupported,
    507: InsufficientStorage,
    511: NetworkAuthenticationRequired,
}


def of_status(status: int) -> type[ResponseError]:
    """Return the class of a status: its own, or its range's.

    :param status: a number
    """
    found = BY_STATUS.get(status)
    if found is None:
        found = _RANGES.get(status // 100, ResponseError)
    return found


_RANGES: dict[int, type[ResponseError]] = {4: ClientError, 5: ServerError}
