# SPDX-License-Identifier: Apache-2.0
"""Requests and answers in words that may stand on a terminal and in CI logs.

No control character is left, and no value of the user's own headers.
"""

from __future__ import annotations

from collections.abc import Sequence

from errorkit import masking
from errorkit.testing.asking import Answer, Request

_MAX_LINES = 16
_MAX_TEXT = 300
# A shorter value would be found in too many harmless places.
_MIN_SECRET = 4
_MASKED = frozenset(['set-cookie', 'x-subject-token', 'x-auth-token'])


class Wording:
    """Words for one run.

    :param headers: the user's own, with their values
    """

    def __init__(self, headers: Sequence[tuple[str, str]] = ()) -> None:
        self._names = _MASKED.union(name.lower() for name, _ in headers)
        self._secrets = sorted(
            (value for _, value in headers if len(value) >= _MIN_SECRET),
            key=len,
            reverse=True,
        )

    def text(self, text: str) -> str:
        """Return a text as one line, without what is secret."""
        for secret in self._secrets:
            text = text.replace(secret, masking.MASK)
        return masking.one_line(text)

    def asked(self, request: Request) -> list[str]:
        """Return a request's line, headers and body."""
        lines = [f'{request.method} {self._cut(request.path)}']
        lines += [
            f'{name}: {self._value(name, value.decode("utf-8", _BYTES))}'
            for name, value in request.headers
        ]
        if request.promised is not None:
            lines.append(f'Content-Length: {request.promised}')
        if request.body:
            lines.append(self._cut(request.body.decode('utf-8', _BYTES)))
        return lines

    def came(self, answer: Answer) -> list[str]:
        """Return an answer's line, headers and body."""
        lines = [self.in_short(answer)]
        if not answer.status:
            return lines
        lines += [
            f'{self.text(name)}: {self._value(name, value)}'
            for name, value in answer.headers[:_MAX_LINES]
        ]
        if answer.body:
            lines.append(self._cut(answer.body.decode('utf-8', _BYTES)))
        return lines

    def in_short(self, answer: Answer) -> str:
        """Return an answer's status line, or why there is none."""
        if not answer.status:
            return self.text(answer.problem)
        return self.text(f'{answer.status} {answer.reason}')

    def _value(self, name: str, value: str) -> str:
        return masking.MASK if name.lower() in self._names else (
            self._cut(value)
        )

    def _cut(self, text: str) -> str:
        # First what is secret: half of it would not be found.
        text = self.text(text)
        return text if len(text) <= _MAX_TEXT else f'{text[:_MAX_TEXT]}…'


_BYTES = 'backslashreplace'
