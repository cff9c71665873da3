# SPDX-License-Identifier: Apache-2.0
"""What is permitted to be said: events, and what composite ones are made of.

Each is a ``str``, its id, so that it is written where the id is wanted.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, TypeVar

from errorkit.outcomes.exceptions import InvalidDeclaration
from errorkit.outcomes.parameters import Kind

_Kind = TypeVar('_Kind', bound='Declared')


class Declared(str):
    """A declared id, and the text it stands for."""

    #: What the reader is told; may be a lazy oslo.i18n message.
    text: str
    #: Who can mend it: ``user`` or ``service``.
    cause: str
    #: The error code of the same failure, or None.
    code: str | None
    #: The parameters of the text and their kinds.
    params: Mapping[str, Kind]

    #: The form of an id, and the same in words.
    form = re.compile('[0-9]{1,10}')
    words = '1 to 10 digits'

    def __new__(cls: type[_Kind], id: str, **members: Any) -> _Kind:
        if not isinstance(id, str) or not cls.form.fullmatch(id):
            raise InvalidDeclaration(f'{id!r} is not {cls.words}')
        self = super().__new__(cls, id)
        self.__dict__.update(members)
        return self

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f'{name} of what is declared cannot be changed')

    def __reduce__(self) -> tuple[object, ...]:
        return _restored, (type(self), str(self), dict(self.__dict__))


def _restored(
    kind: type[Declared], id: str, members: dict[str, Any]
) -> Declared:
    return kind(id, **members)


class Event(Declared):
    """A whole sentence, such as ``000002``."""

    form = re.compile('[A-Za-z0-9][A-Za-z0-9_.-]{0,254}')
    words = 'letters, digits, _, . and -, at most 255'


class Action(Declared):
    """What was being done: the first half of a composite event."""


class Detail(Declared):
    """Why it failed: the second half of a composite event."""


class ResourceType(Declared):
    """A type of resources, such as ``VOLUME``."""

    form = re.compile('[A-Za-z][A-Za-z0-9_.-]{0,35}')
    words = 'a letter, then letters, digits, _, . and -, at most 36'
