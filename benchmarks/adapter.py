# SPDX-License-Identifier: Apache-2.0
"""How errorkit is plugged into a benchmark, this one or another.

A program that compares WSGI stacks loads this file and calls the functions
below; each returns a WSGI application built as a service would build it.
errorkit is imported inside them, so that loading the file never fails.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

NAME = 'errorkit'
SERVICE_TYPE = 'placement'
VERSIONS = [f'1.{minor}' for minor in range(40)]
CODES_SINCE = (1, 23)

Handler = Callable[[Any], Any]


def available() -> bool:
    """Return whether errorkit can be imported."""
    try:
        import errorkit  # noqa: F401
    except ImportError:
        return False
    return True


def request_id(
    app: WSGIApplication, compat_headers: Iterable[str] = ()
) -> WSGIApplication:
    """Return the application with its request ids, and nothing else."""
    import errorkit

    return errorkit.RequestId(app, compat_headers=tuple(compat_headers))


def full_stack(app: WSGIApplication) -> WSGIApplication:
    """Return the application in the whole stack, its log line included."""
    import errorkit

    return errorkit.wrap(
        app,
        service_type=SERVICE_TYPE,
        versions=VERSIONS,
        code_version='.'.join(map(str, CODES_SINCE)),
    )


def handler(func: Handler) -> WSGIApplication:
    """Return the application of a handler that takes a webob request."""
    import errorkit

    return errorkit.wsgify(func)


def error_formatter(func: Handler) -> WSGIApplication:
    """Return a handler that says its errors with no stack around it."""
    return handler(func)


def fault(app: WSGIApplication) -> WSGIApplication:
    """Return the application with its uncaught exceptions answered."""
    import errorkit

    return errorkit.FaultWrapper(app, service_type=SERVICE_TYPE)


def multi_error(n: int) -> WSGIApplication:
    """Return an application that always answers with n errors."""
    import webob.exc

    import errorkit

    def conflicts(
        environ: WSGIEnvironment, start_response: StartResponse
    ) -> Iterable[bytes]:
        raise errorkit.MultiError(
            webob.exc.HTTPConflict(
                f'allocation {number} is in use', comment='placement.in_use'
            )
            for number in range(n)
        )

    return fault(conflicts)
