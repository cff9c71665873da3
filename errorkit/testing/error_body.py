# SPDX-License-Identifier: Apache-2.0
"""Reads an error from an answer, and says what is wrong with it."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

from errorkit import ids
from errorkit.testing import schema
from errorkit.testing.asking import Answer
from errorkit.testing.checking import Failed, Options

JSON = 'application/json'
PROBLEM = 'application/problem+json'
_ORDER = ('code', 'status', 'title', 'detail', 'request_id', 'links')


@dataclasses.dataclass(frozen=True)
class Said:
    """What an error's JSON says of the response's own error.

    :param format: one of ``schema.SCHEMAS``
    :param body: the whole of it
    :param entry: the members of the response's own error
    :param entries: those of all its errors
    """

    format: str
    body: dict[str, Any]
    entry: dict[str, Any]
    entries: list[dict[str, Any]]

    @property
    def status(self) -> object:
        """The status that is said in the body."""
        fault = self.format == 'compute'
        return self.entry.get('code' if fault else 'status')

    @property
    def detail(self) -> str:
        """The text that is for the user."""
        fault = self.format == 'compute'
        return str(self.entry.get('message' if fault else 'detail', ''))


def read(answer: Answer, options: Options) -> Said:
    """Read an error whose JSON has the format that the service speaks.

    :raises Failed: it is another, or no JSON at all
    """
    if answer.kind not in (JSON, PROBLEM):
        raise Failed(
            f'{answer.status} is {answer.kind or "without a type"}, '
            f'not {JSON}', answer
        )
    try:
        body = json.loads(answer.body, object_pairs_hook=_unrepeated)
    except (ValueError, RecursionError) as exc:
        raise Failed(f'{answer.status} is no JSON: {exc}', answer) from exc
    format = 'problem' if answer.kind == PROBLEM else options.format
    wrong = schema.violations(body, format)
    if wrong:
        raise Failed(f'{answer.status} has another shape: {wrong[0]}', answer)
    if format == 'problem':
        return Said(format, body, body, [body])
    if format == 'compute':
        [fault] = body.values()
        return Said(format, body, fault, [fault])
    return Said(format, body, body['errors'][0], body['errors'])


def sound(answer: Answer, options: Options) -> Said:
    """Require all that every error in JSON keeps to.

    :raises Failed: it does not
    """
    said = read(answer, options)
    if said.status != answer.status:
        raise Failed(f'{answer.status} says {said.status} in its body', answer)
    check_ids(said, answer, options)
    lengths = answer.all('Content-Length')
    if lengths != [str(len(answer.body))]:
        raise Failed(
            f'Content-Length is {lengths or "absent"}, the body has '
            f'{len(answer.body)} bytes', answer
        )
    return said


def check_ids(said: Said, answer: Answer, options: Options) -> None:
    """Require the header's id in the body, where the format has room.

    :raises Failed: they differ
    """
    request_id = one_id(answer, options)
    if said.format == 'compute':
        return
    for entry in said.entries:
        found = entry.get('request_id')
        if found != request_id:
            raise Failed(
                f'the header has {request_id}, the body '
                f'{found or "none"}', answer
            )


def one_id(answer: Answer, options: Options) -> str:
    """Return the request id of an answer.

    :raises Failed: there is none, more than one, or it is malformed
    """
    name = options.id_header
    values = answer.all(name)
    if not values:
        raise Failed(f'{answer.status} has no {name}', answer)
    if len(values) > 1:
        raise Failed(f'{answer.status} has {len(values)} {name}', answer)
    if not ids.is_valid(values[0]):
        raise Failed(f'{name} is {values[0][:64]!r}', answer)
    return values[0]


def is_ordered(entry: dict[str, Any]) -> bool:
    """Tell whether the members come in the order of the contract."""
    known = [name for name in entry if name in _ORDER]
    return known == [name for name in _ORDER if name in entry]


def _unrepeated(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError('a member is there twice')
    return found
