# SPDX-License-Identifier: Apache-2.0
"""For who asks a service: its answer as Errors, and as typed exceptions.

::

    from errorkit import client

    placement = client.load_catalog('error-codes.lock')
    try:
        client.raise_for_error(session.post(url, json=body), placement)
    except placement.DuplicateName as exc:
        ...
    except client.ServerError as exc:
        if client.is_retryable(exc): ...

``parse`` reads an answer, ``raise_for_error`` raises what it read, the others
answer one question each. Whatever bytes an answer has, none of them fails.
"""

from __future__ import annotations

from errorkit.client.catalogs import Exceptions
from errorkit.client.hints import is_retryable, request_id, retry_after
from errorkit.client.loading import load_catalog
from errorkit.client.parsing import parse
from errorkit.client.raising import exception_of, raise_for_error
from errorkit.client.response_error import ResponseError
from errorkit.client.statuses import (
    BadGateway,
    BadRequest,
    ClientError,
    Conflict,
    ExpectationFailed,
    FailedDependency,
    Forbidden,
    GatewayTimeout,
    Gone,
    HTTPVersionNotSupported,
    InsufficientStorage,
    InternalServerError,
    LengthRequired,
    Locked,
    MethodNotAllowed,
    MisdirectedRequest,
    NetworkAuthenticationRequired,
    NotAcceptable,
    NotFound,
    NotImplementedByServer,
    PaymentRequired,
    PreconditionFailed,
    PreconditionRequired,
    ProxyAuthenticationRequired,
    RangeNotSatisfiable,
    RequestEntityTooLarge,
    RequestHeaderFieldsTooLarge,
    RequestTimeout,
    RequestURITooLong,
    ServerError,
    ServiceUnavailable,
    TooEarly,
    TooManyRequests,
    Unauthorized,
    UnavailableForLegalReasons,
    UnprocessableEntity,
    UnsupportedMediaType,
    UpgradeRequired,
)

__all__ = [
    'BadGateway',
    'BadRequest',
    'ClientError',
    'Conflict',
    'Exceptions',
    'ExpectationFailed',
    'FailedDependency',
    'Forbidden',
    'GatewayTimeout',
    'Gone',
    'HTTPVersionNotSupported',
    'InsufficientStorage',
    'InternalServerError',
    'LengthRequired',
    'Locked',
    'MethodNotAllowed',
    'MisdirectedRequest',
    'NetworkAuthenticationRequired',
    'NotAcceptable',
    'NotFound',
    'NotImplementedByServer',
    'PaymentRequired',
    'PreconditionFailed',
    'PreconditionRequired',
    'ProxyAuthenticationRequired',
    'RangeNotSatisfiable',
    'RequestEntityTooLarge',
    'RequestHeaderFieldsTooLarge',
    'RequestTimeout',
    'RequestURITooLong',
    'ResponseError',
    'ServerError',
    'ServiceUnavailable',
    'TooEarly',
    'TooManyRequests',
    'Unauthorized',
    'UnavailableForLegalReasons',
    'UnprocessableEntity',
    'UnsupportedMediaType',
    'UpgradeRequired',
    'exception_of',
    'is_retryable',
    'load_catalog',
    'parse',
    'raise_for_error',
    'request_id',
    'retry_after',
]
