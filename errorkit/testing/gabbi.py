# SPDX-License-Identifier: Apache-2.0
"""gabbi's response handlers for errors and request ids.

``response_error:`` has ``code``, ``status``, ``title``, ``detail`` (a text or
a /pattern/), ``source``, ``count``, ``kind`` (a media type) and any further
member; empty, it takes any error. It also checks the schema, and that the
header's request id is the body's. ``response_request_id:`` names headers,
each of which has the response's one request id exactly once; ``body`` among
them is the error's own.
"""

from __future__ import annotations

import copy
from typing import Any

try:
    from gabbi.exception import GabbiFormatError
    from gabbi.handlers import base
except ImportError as exc:
    raise ImportError(
        'errorkit.testing.gabbi needs gabbi and jsonschema: '
        "pip install 'errorkit[testing]' 'gabbi>=4.0'",
        name=exc.name,
    ) from exc

from errorkit import keys
from errorkit.testing.asserting import assert_error, one_id
from errorkit.testing.members import Unsound
from errorkit.testing.responses import Response

# gabbi puts them among the headers.
_NO_HEADERS = frozenset(['status', 'reason', 'http_protocol_version'])


class _Members(dict[str, Any]):
    """What a test expects of the error; gabbi updates it from the file."""

    is_asked = False

    def update(self, *args: Any, **members: Any) -> None:
        self.is_asked = True
        super().update(*args, **members)

    def __add__(self, other: Any) -> Any:
        return other  # a list in the file: refused as any other form is


class _Places(list[str]):
    """Where a test expects the id; gabbi adds those of the file."""

    is_asked = False

    def __add__(self, other: Any) -> _Places:  # type: ignore[override] # any list
        joined = _Places([*self, *other])
        joined.is_asked = True
        return joined

    def update(self, *args: Any, **members: Any) -> None:
        """Take a mapping of the file for what it is: no place at all."""
        self.clear()
        self.is_asked = True


def _response(test: Any) -> Response:
    """Return what gabbi has got, its headers as they came."""
    headers = tuple(
        (name, value)
        for name, value in test.response.multi_items()
        if name not in _NO_HEADERS
    )
    output = test.output or b''
    if isinstance(output, str):
        output = output.encode('utf-8', 'surrogatepass')
    return Response(int(test.response['status']), headers, output)


def _filled(test: Any, value: Any, is_pattern: bool = False) -> Any:
    """Fill in what gabbi's templates stand for, at any depth."""
    # gabbi fills a mapping in place, and a test may run twice.
    copied = copy.deepcopy(value)
    return test.replace_template(copied, escape_regex=is_pattern)


class _Handler(base.ResponseHandler):  # type: ignore[misc] # gabbi has no types
    """A handler that is not silent about a key with nothing under it."""

    def __call__(self, test: Any) -> None:
        """Check a test's response, if the test asks for it."""
        expected = test.test_data[self._key]
        if getattr(expected, 'is_asked', True):
            self.check(test, expected)

    def check(self, test: Any, expected: Any) -> None:
        """Check the response.

        :raises AssertionError: it is not as it should be
        :raises GabbiFormatError: what is expected has another form
        """

    def bad(self, test: Any, what: str) -> Exception:
        """Return the error of a file that is not as it has to be."""
        name = test.test_data['name']
        error: Exception = GabbiFormatError(f"{self._key} in '{name}' {what}")
        return error


class ErrorHandler(_Handler):
    """``response_error:`` the members of the response's own error."""

    test_key_suffix = 'error'
    test_key_value = _Members()

    def check(self, test: Any, expected: Any) -> None:
        """Check the error."""
        if not isinstance(expected, dict):
            raise self.bad(test, 'has to be a mapping')
        members = {
            name: _filled(test, value, _is_pattern(value))
            for name, value in expected.items()
        }
        for name in ('status', 'count'):
            if name in members:
                members[name] = self._number(test, name, members[name])
        kind = members.get('kind', 'any')
        if not isinstance(kind, str) or not kind:
            raise self.bad(test, f'has kind: {kind!r}, which is no type')
        assert_error(_response(test), **members)

    def _number(self, test: Any, name: str, value: Any) -> int:
        try:
            return int(str(value))
        except ValueError:
            raise self.bad(
                test, f'has {name}: {value!r}, which is no number'
            ) from None


class RequestIdHandler(_Handler):
    """``response_request_id:`` where the response's one request id stands."""

    test_key_suffix = 'request_id'
    test_key_value = _Places()

    def check(self, test: Any, expected: Any) -> None:
        """Check the ids."""
        if isinstance(expected, str) and expected:
            expected = [expected]
        if not expected or not isinstance(expected, list):
            raise self.bad(test, 'has to be a list of headers, or one')
        places = _filled(test, list(expected))
        headers = [place for place in places if place != 'body']
        if 'body' in places and not headers:
            headers = [keys.REQUEST_ID_HEADER]
        response = _response(test)
        try:
            found = {name: one_id(response, name) for name in headers}
        except Unsound as exc:
            raise AssertionError(str(exc)) from None
        if len(set(found.values())) > 1:
            raise AssertionError(f'there are several request ids: {found}')
        if 'body' in places:
            error = assert_error(response, request_id_header=headers[0])
            if 'request_id' not in error:
                raise AssertionError('the body has no request id')


def _is_pattern(value: Any) -> bool:
    return isinstance(value, str) and value[:1] == '/' == value[-1:]


#: What ``gabbi-run -r errorkit.testing.gabbi`` loads.
gabbi_response_handlers = [ErrorHandler, RequestIdHandler]
