# SPDX-License-Identifier: Apache-2.0
"""Error handling for WSGI services that many other services call.

One call, or a paste filter each, around an application that goes on raising
``webob.exc`` errors::

    import errorkit

    application = errorkit.wrap(
        application, service_type='volume', versions='3.0-3.70'
    )

    client
      RequestId     a new local id, the caller's valid global one
      RequestLog    one line when the body is closed
      FaultWrapper  what goes wrong inside becomes errors[]
      (auth)
      Context       oslo.context, with the user
      Microversion  parse, 400, 406
    application

The request id is the spine: every part makes it, carries it, stores it or
reads it. ``errorkit.pipeline`` has the order and its reasons.
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from errorkit import client, context, log
    from errorkit.codes import Catalog, ErrorCode
    from errorkit.context import Context
    from errorkit.domain import ExceptionRegistry, Known
    from errorkit.error import Error, MultiError
    from errorkit.fault_wrap import FaultWrapper
    from errorkit.handler import json_error_formatter, wsgify
    from errorkit.microversion import Microversion
    from errorkit.pipeline import wrap
    from errorkit.request_id import RequestId
    from errorkit.request_log import RequestLog
    from errorkit.validation import validate, validate_query

__all__ = [
    'Catalog',
    'Context',
    'Error',
    'ErrorCode',
    'ExceptionRegistry',
    'FaultWrapper',
    'Known',
    'Microversion',
    'MultiError',
    'RequestId',
    'RequestLog',
    'client',
    'context',
    'json_error_formatter',
    'log',
    'validate',
    'validate_query',
    'wrap',
    'wsgify',
]

# Nothing is imported before it is asked for: the pytest plugin is loaded
# wherever errorkit is installed, and webob warns on Python 3.11 and 3.12.
_ROOMS = {
    'Catalog': 'codes',
    'Context': 'context',
    'Error': 'error',
    'ErrorCode': 'codes',
    'ExceptionRegistry': 'domain',
    'FaultWrapper': 'fault_wrap',
    'Known': 'domain',
    'Microversion': 'microversion',
    'MultiError': 'error',
    'RequestId': 'request_id',
    'RequestLog': 'request_log',
    'client': 'client',
    'context': 'context',
    'json_error_formatter': 'handler',
    'log': 'log',
    'validate': 'validation',
    'validate_query': 'validation',
    'wrap': 'pipeline',
    'wsgify': 'handler',
}


def __getattr__(name: str) -> Any:
    if name not in _ROOMS:
        raise AttributeError(f'module {__name__!r} has no attribute {name!r}')
    found: Any = importlib.import_module(f'{__name__}.{_ROOMS[name]}')
    if name != _ROOMS[name]:
        found = getattr(found, name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
