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

from errorkit import context, log
from errorkit.codes import Catalog, ErrorCode
from errorkit.context import Context
from errorkit.error import Error, Known, MultiError
from errorkit.fault_wrap import FaultWrapper
from errorkit.handler import json_error_formatter, wsgify
from errorkit.microversion import Microversion
from errorkit.pipeline import wrap
from errorkit.request_id import RequestId
from errorkit.request_log import RequestLog

__all__ = [
    'Catalog',
    'Context',
    'Error',
    'ErrorCode',
    'FaultWrapper',
    'Known',
    'Microversion',
    'MultiError',
    'RequestId',
    'RequestLog',
    'context',
    'json_error_formatter',
    'log',
    'wrap',
    'wsgify',
]
