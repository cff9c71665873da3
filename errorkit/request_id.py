# SPDX-License-Identifier: Apache-2.0
"""RequestId: every request has a local id and carries a valid global one.

It is the outermost layer, so that whatever is logged or answered below has
the ids. The local id is always new and never the client's; the global id is
the client's and never comes back in a response.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

import webob.exc

from errorkit import _headers, _paste, current, ids, keys, log, versions
from errorkit.exceptions import ConfigError
from errorkit.formats import negotiation
from errorkit.formats.formatter import Formatter
from errorkit.global_id import GlobalIds
from errorkit.id_headers import IdHeaders
from errorkit.request_context import CURRENT
from errorkit.trust import trust_option

if TYPE_CHECKING:
    from _typeshed import OptExcInfo
    from _typeshed.wsgi import (
        StartResponse,
        WSGIApplication,
        WSGIEnvironment,
    )

LOG = logging.getLogger('errorkit.request_id')

# Bound once: the success path of every request runs through here.
_generate = ids.generate
_enter = CURRENT.set
_leave = CURRENT.reset
_REQUEST_ID = keys.REQUEST_ID
_GLOBAL_REQUEST_ID = keys.GLOBAL_REQUEST_ID
_HTTP_REQUEST_ID = keys.HTTP_REQUEST_ID
_FORMATTER = keys.FORMATTER


class RequestId:
    """WSGI middleware: the ids in environ, the local one on every response.

    Sets ``openstack.request_id`` and ``openstack.global_request_id`` (where
    the client sent a valid one and may do so); the current context has both.
    Used alone, a ``webob.exc`` exception raised through it is answered as
    itself, with the id; any other passes on to the server, which is
    ``FaultWrapper``'s work to prevent.

    :param application: the wrapped WSGI application
    :param compat_headers: further response headers that carry the local id,
        such as ``X-Compute-Request-Id``
    :param on_invalid: what becomes of a malformed inbound id: ``ignore``
        it, ``warn`` with a log line, or ``reject`` the request with 400
    :param trust: who may set the global id: ``all``; ``service_token``
        (where an auth layer has validated one; needs ``Context``); networks
        such as ``10.0.0.0/8`` that REMOTE_ADDR must be in; or a function of
        environ that says yes or no
    :param strict: accept a UUID of version 4 only
    :param request_id_version: the microversion from which on
        ``X-Openstack-Request-Id`` is sent; the compat headers always are
    :param expose: add the headers to ``Access-Control-Expose-Headers``
        where a response has CORS headers
    :param service_type: the prefix of ``<service>.request_id.invalid``, and
        whose microversion ``request_id_version`` is compared with
    :param formatter: how errors are said; made from ``service_type`` if None
    :raises ConfigError: an option has a bad value
    """

    def __init__(
        self,
        application: WSGIApplication,
        *,
        compat_headers: Iterable[str] = (),
        on_invalid: str = 'ignore',
        trust: str
        | Iterable[str]
        | Callable[[WSGIEnvironment], object] = 'all',
        strict: bool = True,
        request_id_version: str | None = None,
        expose: bool = True,
        service_type: str | None = None,
        formatter: Formatter | None = None,
    ) -> None:
        if isinstance(compat_headers, str):
            compat_headers = [compat_headers]
        compat = tuple(compat_headers)
        for name in compat:
            if not _headers.is_name(name):
                raise _bad('compat_headers', name, 'names of headers')
        self.application = application
        formatter = formatter or Formatter(service_type)
        self._inbound = GlobalIds(
            formatter, on_invalid=on_invalid, trust=trust, strict=strict
        )
        gate: tuple[str, tuple[int, int]] | None = None
        if request_id_version is not None:
            gate = (
                keys.microversion(formatter.service_type),
                _version(request_id_version),
            )
        self._outbound = IdHeaders(compat, gate, expose)
        # At hand: the success path of every request runs through here.
        self._match = self._inbound.match
        self._trusts_all = self._inbound.trusts_all
        self._harmless = self._outbound.harmless
        self._concerns = self._outbound.concerns
        self._single = self._outbound.is_single
        #: How many inbound ids were not accepted, by reason.
        self.rejected = self._inbound.rejected
        self._has_warned = False
        current.install()

    def __call__(
        self, environ: WSGIEnvironment, start_response: StartResponse
    ) -> Iterable[bytes]:
        nested = _REQUEST_ID in environ
        if nested:
            request_id = self._outer_id(environ)
        else:
            environ[_REQUEST_ID] = request_id = _generate()
            if _FORMATTER in environ:
                # A FaultWrapper outside us cannot put our header on its
                # answers: one inside shall do the work.
                del environ[_FORMATTER]
                negotiation.restore(environ)
                self._warn_of_order()
        started = False

        def start(
            status: str,
            headers: _headers.Headers,
            exc_info: OptExcInfo | None = None,
        ) -> _headers.Write:
            nonlocal started
            started = True
            for name, _value in headers:
                if name not in self._harmless and self._concerns(name):
                    headers = self._outbound.merged(
                        headers, request_id, environ
                    )
                    break
            else:
                if self._single:
                    headers = [*headers, (keys.REQUEST_ID_HEADER, request_id)]
                else:
                    headers = headers + self._outbound.own(request_id, environ)
            if exc_info is None:
                return start_response(status, headers)
            try:
                return start_response(status, headers, exc_info)
            finally:
                exc_info = None  # PEP 3333: no circular reference

        token = _enter(environ)
        try:
            if _HTTP_REQUEST_ID in environ and not nested:
                inbound = environ[_HTTP_REQUEST_ID]
                if len(inbound) != ids.LENGTH or not self._match(inbound):
                    rejection = self._inbound.refused(inbound, environ, start)
                    if rejection is not None:
                        return rejection
                elif self._trusts_all or self._inbound.trusted(
                    inbound, environ
                ):
                    environ[_GLOBAL_REQUEST_ID] = inbound
            body = self.application(environ, start)
            if type(body) is list or type(body) is tuple:
                return body
            return current.streamed(body, environ, ends=not nested)
        except webob.exc.HTTPException as exc:
            if _FORMATTER in environ:
                raise  # a FaultWrapper outside answers it better
            answer: Iterable[bytes]
            if started:
                # Too late for a status, unless nothing was sent yet.
                answer = exc(environ, _restarted(start, sys.exc_info()))
            else:
                answer = exc(environ, start)
            return answer
        finally:
            _leave(token)

    def _warn_of_order(self) -> None:
        if not self._has_warned:
            self._has_warned = True
            log.say(
                LOG, logging.WARNING,
                'FaultWrapper is outside of RequestId: its errors have no '
                'request id, and codes may be lost; put RequestId outside',
            )

    def _outer_id(self, environ: WSGIEnvironment) -> str:
        # No client can set this key: we are mounted twice, or another layer
        # outside has named the request. There is one request and one id.
        environ.pop(keys.CLOSED, None)
        given = environ[_REQUEST_ID]
        if isinstance(given, str) and ids.is_valid(given, strict=False):
            return given
        environ[_REQUEST_ID] = request_id = _generate()
        return request_id


def _restarted(start: StartResponse, reason: Any) -> StartResponse:
    """Return a start_response that gives PEP 3333's reason for a second."""

    def again(
        status: str,
        headers: _headers.Headers,
        exc_info: OptExcInfo | None = None,
    ) -> _headers.Write:
        return start(status, headers, exc_info or reason)

    return again


def _version(value: str) -> tuple[int, int]:
    try:
        return versions.parse(value)
    except (TypeError, ValueError) as exc:
        raise _bad(
            'request_id_version', value, 'a version such as 2.46'
        ) from exc


def _bad(option: str, value: object, allowed: str) -> ConfigError:
    return ConfigError(
        'errorkit#request_id', option, value, f'allowed: {allowed}'
    )


PASTE_OPTIONS: dict[str, _paste.Converter] = {
    'compat_headers': _paste.words,
    'on_invalid': _paste.text,
    'trust': trust_option,
    'strict': _paste.boolean,
    'request_id_version': _paste.text,
    'expose': _paste.boolean,
    'service_type': _paste.text,
}

paste_filter = _paste.filter_factory('request_id', RequestId, PASTE_OPTIONS)
