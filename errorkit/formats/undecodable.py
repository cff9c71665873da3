# SPDX-License-Identifier: Apache-2.0
"""Whose a UnicodeDecodeError is: the client's, if the bytes are its own.

A handler that reads ``request.GET`` or ``request.text`` raises one where the
client has sent what is no UTF-8. That is a 400. The same error over bytes of
the service's own is a bug. Nothing is read here but what is in memory.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote_to_bytes

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

# Past what a subclass, or an attribute, may say.
_OBJECT: Any = UnicodeDecodeError.__dict__['object']
_ENCODING: Any = UnicodeDecodeError.__dict__['encoding']

#: webob keeps a longer body in a file, which is not read again.
_IN_MEMORY = 10 * 1024


def is_clients(raised: object, environ: WSGIEnvironment) -> bool:
    """Tell whether an exception is about bytes that the client has sent.

    :param raised: any exception
    :param environ: of the request
    :returns: True when it is a ``UnicodeDecodeError`` whose bytes stand in
        the path, the query string or a body that webob holds in memory, and
        make that undecodable; a longer body is known by its length. Never
        raises.
    """
    if not issubclass(type(raised), UnicodeDecodeError):
        return False
    try:
        data = _OBJECT.__get__(raised)
        encoding = str(_ENCODING.__get__(raised))
        if type(data) is not bytes or not data:
            return False
        return any(
            data in sent and not _decodes(sent, 'utf-8')
            for sent in _urls(environ)
        ) or _is_of_body(data, encoding, environ)
    except Exception:  # of an environ that is not as PEP 3333 says
        return False


def _decodes(sent: bytes, encoding: str) -> bool:
    """Tell whether all that was sent is sound: then a handler cut it badly.

    A handler may also have read sound UTF-8 as something else.
    """
    try:
        sent.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def _urls(environ: WSGIEnvironment) -> Iterator[bytes]:
    yield environ.get('PATH_INFO', '').encode('latin-1')
    yield environ.get('SCRIPT_NAME', '').encode('latin-1')
    query = environ.get('QUERY_STRING', '').encode('latin-1')
    yield unquote_to_bytes(query.replace(b'+', b' '))
    yield unquote_to_bytes(query)


def _is_of_body(
    data: bytes, encoding: str, environ: WSGIEnvironment
) -> bool:
    body = environ.get('wsgi.input')
    if type(body) is io.BytesIO:
        # Neither reads it nor moves its position.
        sent = body.getvalue()
        return data in sent and not _decodes(sent, encoding)
    return (
        len(data) > _IN_MEMORY
        and environ.get('webob.is_body_seekable') is True
        and environ.get('CONTENT_LENGTH') == str(len(data))
    )
