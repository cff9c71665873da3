# SPDX-License-Identifier: Apache-2.0
"""What the author of a handler touches: wsgify and json_error_formatter."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

import webob
import webob.dec
import webob.exc

from errorkit import keys
from errorkit.error import MultiError
from errorkit.formats import negotiation, webob_body
from errorkit.formats.formatter import Formatter

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

_DEFAULT = Formatter()


class wsgify(webob.dec.wsgify):  # type: ignore[misc] # webob has no types
    """``webob.dec.wsgify`` whose errors are errors[] with their code.

    Handlers stay as they are: they raise or return ``webob.exc`` errors, and
    ``comment=`` is the code. A ``MultiError`` may be raised too. Whatever
    else is returned or raised is treated as by webob's own decorator.

    Inside a ``FaultWrapper`` (or ``errorkit.wrap``) the service's options
    hold; without one, ``formatter`` can be given.

    :param formatter: keyword only; how errors are said where no
        ``FaultWrapper`` is outside
    """

    formatter = _DEFAULT

    def __init__(
        self,
        func: Callable[..., Any] | None = None,
        RequestClass: type[webob.Request] | None = None,
        args: Iterable[Any] = (),
        kwargs: dict[str, Any] | None = None,
        middleware_wraps: Any = None,
        *,
        formatter: Formatter | None = None,
    ) -> None:
        super().__init__(func, RequestClass, args, kwargs, middleware_wraps)
        if formatter is not None:
            self.formatter = formatter
        # A subclass may change how the handler is called.
        self._calls = type(self).call_func is not webob.dec.wsgify.call_func

    def clone(
        self, func: Callable[..., Any] | None = None, **kw: Any
    ) -> wsgify:
        """Return a copy with some parameters changed."""
        if self.formatter is not _DEFAULT:
            kw.setdefault('formatter', self.formatter)
        made: wsgify = super().clone(func, **kw)
        return made

    def __call__(self, req: Any, *args: Any, **kw: Any) -> Any:
        """Answer as a WSGI application; else do what webob's does."""
        if type(req) is not dict or self.func is None or len(args) != 1 or kw:
            return super().__call__(req, *args, **kw)
        environ, start_response = req, args[0]
        kind = self.RequestClass
        request = (_Request if kind is webob.Request else kind)(environ)
        if kind is not webob.Request or 'response' in environ.get(
            'webob.adhoc_attrs', ()
        ):
            # As webob does: what is there was another handler's.
            request.response = request.ResponseClass()
        args = self.args
        if self.middleware_wraps:
            args = (self.middleware_wraps, *args)
        try:
            if args or self.kwargs or self._calls:
                response = self.call_func(request, *args, **self.kwargs)
            else:
                response = self.func(request)
        except (webob.exc.HTTPException, MultiError) as exc:
            response = exc
        if isinstance(response, Exception):
            answer = self._answer(response, environ, start_response)
            if answer is not None:
                return answer
            negotiation.restore(environ)
        return self._responded(response, request)(environ, start_response)

    def _answer(
        self,
        exc: Exception,
        environ: WSGIEnvironment,
        start_response: StartResponse,
    ) -> list[bytes] | None:
        """Answer an error; None when it is a response of its own."""
        formatter = environ.get(keys.FORMATTER, self.formatter)
        found = formatter.errors_of(exc, environ)
        if found is None:
            return None
        errors, headers = found
        prepared = environ.get('webob.adhoc_attrs')
        if prepared is not None and 'response' in prepared:
            # As webob does: cookies set before the error are not lost.
            headers = headers + [
                item
                for item in prepared['response'].headerlist
                if item[0].lower() == 'set-cookie'
            ]
        body: list[bytes] = formatter.answer(
            errors, environ, start_response, headers
        )
        # See FaultWrapper: a module-level exception would keep the frames.
        BaseException.with_traceback(exc, None)
        return body

    def _responded(self, response: Any, request: webob.Request) -> Any:
        """Return the WSGI application a handler's return value stands for."""
        if response is None:
            return request.response
        if isinstance(response, str):
            response = response.encode(request.charset)
        if isinstance(response, bytes):
            written = request.response
            written.write(response)
            return written
        if response is not request.response:
            return request.response.merge_cookies(response)
        return response


class _Request(webob.Request):  # type: ignore[misc] # webob has no types
    """webob's own, whose ``response`` is made when it is first used."""

    @property
    def response(self) -> webob.Response:
        """The response a handler can fill in place of returning one."""
        attributes = self.environ.setdefault('webob.adhoc_attrs', {})
        found = attributes.get('response')
        if found is None:
            found = attributes['response'] = self.ResponseClass()
        return found

    @response.setter
    def response(self, value: webob.Response) -> None:
        self.environ.setdefault('webob.adhoc_attrs', {})['response'] = value


def json_error_formatter(
    body: str, status: str, title: str, environ: WSGIEnvironment
) -> dict[str, Any]:
    """Return the JSON body of an error, for webob's ``json_formatter=``.

    The code is taken, and taken out, of ``environ['errorkit.error_code']``;
    without it the exception's ``comment`` is the code.

    :param body: webob's text: explanation, detail and comment
    :param status: the status line
    :param title: the exception's title
    :param environ: of the request
    :returns: a dict that webob turns into JSON
    """
    formatter: Formatter = environ.get(keys.FORMATTER, _DEFAULT)
    found = webob_body.split(status, body) or webob_body.Found('', body, '')
    made = formatter.from_body(
        status,
        webob_body.Found(
            found.explanation,
            found.detail,
            environ.pop(keys.ERROR_CODE, None) or found.comment,
        ),
        environ,
        title=title,
    )
    shown: dict[str, Any] = json.loads(formatter.as_json((made,), environ))
    environ[keys.FORMATTED] = made, shown
    return shown
