# SPDX-License-Identifier: Apache-2.0
"""Asks a WSGI application in this process, without any server.

``wsgiref.validate`` stands between us and the application. What no server
would hand over, such as a line feed in a header, is handed over: a gateway
that is none of HTTP may do so too.
"""

from __future__ import annotations

import importlib
import io
import os
import sys
import urllib.parse
import warnings
from typing import TYPE_CHECKING, Any
from wsgiref.util import setup_testing_defaults
from wsgiref.validate import WSGIWarning, validator

from errorkit.testing.asking import MAX_BODY, Answer, Request, Unreachable

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication


def load(name: str) -> WSGIApplication:
    """Import an application.

    :param name: ``module:app``, or ``module:factory()`` for one that is to
        be called without arguments
    :raises ValueError: it is not of this form
    :raises Unreachable: there is no such application
    """
    module, colon, attribute = name.partition(':')
    called = attribute.endswith('()')
    attribute = attribute.removesuffix('()')
    words = [*module.split('.'), *attribute.split('.')]
    if not colon or not all(word.isidentifier() for word in words):
        raise ValueError('an application is module:app or module:factory()')
    if os.getcwd() not in sys.path:
        sys.path.insert(0, os.getcwd())  # as servers do
    try:
        found: Any = importlib.import_module(module)
        for word in attribute.split('.'):
            found = getattr(found, word)
        if called:
            found = found()
    except (Exception, SystemExit) as exc:
        raise Unreachable(f'{name}: {_told(exc)}') from exc
    if not callable(found):
        raise Unreachable(f'{name} is a {type(found).__name__}, and no '
                          f'WSGI application')
    return found  # type: ignore[no-any-return]


class Application:
    """A WSGI application.

    :param application: called once for each request
    :param target: its name
    """

    served = False

    def __init__(self, application: WSGIApplication, target: str) -> None:
        self.target = target
        self._application = validator(application)

    def ask(self, request: Request) -> Answer:
        """Call the application, and read the body and close it."""
        environ = _environ(request)
        begun: list[tuple[str, list[tuple[str, str]]]] = []
        sent: list[bytes] = []
        problem = ''
        with warnings.catch_warnings():
            # The validator knows the usual methods only.
            warnings.simplefilter('ignore', WSGIWarning)
            try:
                self._call(environ, begun, sent)
            except (Exception, SystemExit) as exc:
                problem = f'the application let pass {_told(exc)}'
        if not problem and not begun:
            problem = 'start_response was never called'
        status, headers = begun[-1] if begun else ('0', [])
        code, _, reason = status.partition(' ')
        return Answer(
            request,
            int(code),
            reason,
            tuple(headers),
            b''.join(sent)[:MAX_BODY],
            problem,
            environ=environ,
        )

    def _call(
        self,
        environ: dict[str, Any],
        begun: list[tuple[str, list[tuple[str, str]]]],
        sent: list[bytes],
    ) -> None:
        def start(
            status: str, headers: list[tuple[str, str]], exc_info: Any = None
        ) -> Any:
            begun.append((status, list(headers)))
            return sent.append

        chunks = self._application(environ, start)
        try:
            size = sum(map(len, sent))
            for chunk in chunks:
                sent.append(chunk)
                size += len(chunk)
                if size > MAX_BODY:
                    break
        finally:
            chunks.close()  # type: ignore[attr-defined]


class _Broken(io.RawIOBase):
    """A body that cannot be read: its client is gone."""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        raise OSError('the client is gone')


def _environ(request: Request) -> dict[str, Any]:
    path, _, query = request.path.partition('?')
    source = io.BytesIO(request.body)
    environ: dict[str, Any] = {
        'REQUEST_METHOD': request.method,
        'SCRIPT_NAME': '',
        'PATH_INFO': urllib.parse.unquote_to_bytes(path).decode('latin-1'),
        'QUERY_STRING': query,
        'REMOTE_ADDR': '127.0.0.1',
        'SERVER_PROTOCOL': 'HTTP/1.1',
        'wsgi.input': source if request.readable else _Broken(),
        'wsgi.errors': io.StringIO(),
    }
    if request.length is not None:
        environ['CONTENT_LENGTH'] = str(request.length)
    for name, value in request.headers:
        key = name.upper().replace('-', '_')
        if key != 'CONTENT_TYPE':
            key = f'HTTP_{key}'
        text = value.decode('latin-1')
        # PEP 3333 has no repeated headers: a server joins them.
        environ[key] = f'{environ[key]},{text}' if key in environ else text
    setup_testing_defaults(environ)
    return environ


def _told(exc: BaseException) -> str:
    try:
        return f'{type(exc).__name__}: {exc}'
    except Exception:  # its __str__ fails
        return type(exc).__name__
