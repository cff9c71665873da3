# SPDX-License-Identifier: Apache-2.0
"""Exceptions that third parties raise, and some that nobody should."""

import asyncio
import concurrent.futures
import dataclasses
import email.message
import http.client
import json
import smtplib
import socket
import sqlite3
import ssl
import subprocess
import urllib.error
import xmlrpc.client

import webob.exc
from odd_exceptions import (
    NONCE,
    Frozen,
    Hidden,
    Shut,
    Slotted,
    Unhashable,
    Unordered,
    Unprintable,
    chained,
    cyclic,
    endless,
    exits,
    fails,
    kind,
    meta,
    nested,
    noted,
    of_class,
    rpc_error,
    with_parts,
)

HEADERS = {
    'Set-Cookie': f'a={NONCE}', 'X-Subject-Token': NONCE,
    'Transfer-Encoding': 'chunked', 'Content-Length': '999',
    'Server': NONCE, 'X-Openstack-Request-Id': NONCE, 'Retry-After': NONCE,
}

#: What other libraries hang on their exceptions.
ATTRIBUTES = {
    'status': '403 Forbidden', 'status_code': 404, 'status_int': 418,
    'http_status': 409, 'http_code': 409, 'headers': HEADERS,
    'headerlist': list(HEADERS.items()), 'detail': NONCE, 'title': NONCE,
    'explanation': NONCE, 'comment': f'volume.{NONCE.lower()}',
    'description': NONCE, 'message': NONCE, 'response': NONCE,
    'body': NONCE.encode(), 'errors': [NONCE], 'safe': 'yes',
    'error_code': f'volume.{NONCE.lower()}', 'has_body': True,
    'content_type': 'application/json',
}

CORPUS = {
    'KeyError': lambda: KeyError(NONCE),
    'OSError': lambda: OSError(2, NONCE, NONCE),
    'PermissionError': lambda: PermissionError(13, NONCE, NONCE),
    'ConnectionError': lambda: ConnectionRefusedError(111, NONCE),
    'UnicodeDecodeError': lambda: UnicodeDecodeError(
        'utf-8', NONCE.encode(), 0, 1, NONCE),
    'UnicodeEncodeError': lambda: UnicodeEncodeError(
        'ascii', NONCE + '\ud800', 0, 1, NONCE),
    'SyntaxError': lambda: SyntaxError(NONCE, (NONCE, 1, 1, NONCE)),
    'ImportError': lambda: ImportError(NONCE, name=NONCE, path=NONCE),
    'AttributeError': lambda: AttributeError(NONCE, name=NONCE, obj=NONCE),
    'StopIteration': lambda: StopIteration(NONCE),
    'StopAsyncIteration': lambda: StopAsyncIteration(NONCE),
    'GeneratorExit': lambda: GeneratorExit(NONCE),
    'CancelledError': lambda: asyncio.CancelledError(NONCE),
    'BaseException': lambda: BaseException(NONCE),
    'timeout like': of_class(BaseException, seconds=1),
    'MemoryError': lambda: MemoryError(NONCE),
    'RecursionError': lambda: RecursionError(NONCE),
    'TimeoutError': lambda: concurrent.futures.TimeoutError(NONCE),
    'CalledProcessError': lambda: subprocess.CalledProcessError(
        1, [NONCE], NONCE, NONCE),
    'JSONDecodeError': lambda: json.JSONDecodeError(NONCE, NONCE, 0),
    'SMTPResponseException': lambda: smtplib.SMTPResponseException(
        404, NONCE),
    'xmlrpc Fault': lambda: xmlrpc.client.Fault(404, NONCE),
    'IncompleteRead': lambda: http.client.IncompleteRead(NONCE.encode()),
    'SSLError': lambda: ssl.SSLError(1, NONCE),
    'gaierror': lambda: socket.gaierror(-2, NONCE),
    'sqlite3': lambda: sqlite3.OperationalError(NONCE),
    'URLError': lambda: urllib.error.URLError(NONCE),
    'urllib HTTPError': lambda: urllib.error.HTTPError(
        f'http://{NONCE}/', 404, NONCE, email.message.Message(), None),
    'RpcError': rpc_error,
    'code property fails': of_class(Exception, code=property(fails)),
    'safe property fails': of_class(Exception, safe=property(fails)),
    'webob HTTPException': of_class(
        Exception, wsgi_response=webob.exc.HTTPForbidden(NONCE)),
    'calls itself a response': of_class(
        Exception, __call__=lambda self, environ, start_response: [b'']),
    'says it is of webob': of_class(
        Exception, __class__=webob.exc.HTTPForbidden),
    'says it is a group': of_class(Exception, __class__=ExceptionGroup),
    'class fails': of_class(Exception, __class__=property(fails)),
    'str fails': of_class(Exception, __str__=fails),
    'str and repr fail': of_class(Exception, __str__=fails, __repr__=fails),
    'str is a number': of_class(Exception, __str__=lambda self: 1),
    'str is None': of_class(Exception, __str__=lambda self: None),
    'str is bytes': of_class(Exception, __str__=lambda self: b'a'),
    'str recurses': of_class(Exception, __str__=endless, __repr__=endless),
    'str exits': of_class(Exception, __str__=exits),
    'a text of 100 MB': of_class(
        Exception, __str__=lambda self: NONCE * 12_500_000),
    'args fail': of_class(Exception, args=property(fails)),
    'cause fails': of_class(Exception, __cause__=property(fails)),
    'traceback fails': of_class(Exception, __traceback__=property(fails)),
    'traceback is None': of_class(Exception, __traceback__=None),
    'notes fail': of_class(Exception, __notes__=property(fails)),
    'setattr fails': of_class(Exception, __setattr__=fails),
    'bool fails': of_class(Exception, __bool__=fails, __len__=fails),
    'eq and hash fail': of_class(Exception, __eq__=fails, __hash__=fails),
    'reduce fails': of_class(Exception, __reduce_ex__=fails),
    'all attributes fail': lambda: Shut(NONCE),
    'frozen': lambda: Frozen(NONCE),
    'slots': lambda: Slotted(NONCE),
    'no name': meta(Hidden),
    'unhashable class': meta(Unhashable),
    'no mro': meta(Unordered),
    'cyclic': cyclic,
    'a thousand causes': lambda: chained(1000),
    'a group': lambda: nested(0),
    'a thousand groups': lambda: nested(900),
    'notes of no kind': lambda: noted(1),
    'unprintable notes': lambda: noted([Unprintable(), NONCE]),
    'unprintable args': lambda: ValueError(Unprintable()),
    'surrogates': lambda: ValueError(f'{NONCE}\ud800\udfff'),
    'control characters': lambda: ValueError(f'{NONCE}\r\nX: 1\x00\x1b[31m'),
    'bytes': lambda: ValueError(NONCE.encode() + b'\xff'),
    'a class named so': lambda: kind(NONCE)(NONCE),
    'with parts': lambda: with_parts(ValueError(NONCE)),
    'with code and headers': lambda: kind('Api', code=403)(NONCE),
}


def make(name):
    """Return an exception of the corpus with everything hung on it."""
    made = CORPUS[name]()
    for attribute, value in ATTRIBUTES.items():
        try:
            setattr(made, attribute, value)
        except (AttributeError, RuntimeError, TypeError,
                dataclasses.FrozenInstanceError):
            continue
    return made
