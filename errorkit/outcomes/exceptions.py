# SPDX-License-Identifier: Apache-2.0
"""What user messages and actions raise.

::

    ErrorkitError
    +-- InvalidDeclaration (ValueError)  a text, an id or a mapping is bad
    +-- InvalidMessage (ValueError)      a message that is not permitted
    |   +-- UnknownEvent                 nobody declared the event
    |   +-- UnknownResourceType          nobody declared the type
    |   +-- InvalidLevel                 not ERROR, WARNING or INFO
    |   +-- InvalidParams                not the declared parameters
    +-- InvalidInput (ValueError)        an argument of a list; a 400
    +-- MessageNotFound (LookupError)    a 404
    |   +-- MarkerNotFound               a 404 that names the marker
    +-- ActionNotFound (LookupError)     the same for an action
    +-- NotAllowed                       other projects are not to be seen
    +-- StoreFull (RuntimeError)         the store in memory is full
"""

from __future__ import annotations

from errorkit.exceptions import ErrorkitError

_SHOWN = 64


class InvalidDeclaration(ErrorkitError, ValueError):
    """What was declared is not right, or was declared before."""


class InvalidMessage(ErrorkitError, ValueError):
    """A message nobody permitted: a mistake in the calling code."""


class UnknownEvent(InvalidMessage):
    """The event, the action or the detail is not declared."""


class UnknownResourceType(InvalidMessage):
    """The resource type is not declared."""


class InvalidLevel(InvalidMessage):
    """The level is none of ``ERROR``, ``WARNING`` and ``INFO``."""


class InvalidParams(InvalidMessage):
    """A parameter is missing, unknown, or not of its declared kind."""


class InvalidInput(ErrorkitError, ValueError):
    """An argument of a list has a value that cannot be.

    :param parameter: its name, as the client calls it
    :param value: what was given
    :param allowed: what would have been right, in words
    """

    def __init__(self, parameter: str, value: object, allowed: str) -> None:
        super().__init__(parameter, value, allowed)
        self.parameter = parameter
        self.value = value
        self.allowed = allowed

    def __str__(self) -> str:
        return f'{self.parameter}: {_shown(self.value)}: {self.allowed}'


class MessageNotFound(ErrorkitError, LookupError):
    """There is no such message, for this caller.

    :param id: what was asked for
    """

    what = 'message'

    def __init__(self, id: object) -> None:
        super().__init__(id)
        self.id = id

    def __str__(self) -> str:
        return f'there is no {self.what} {_shown(self.id)}'


class MarkerNotFound(MessageNotFound):
    """There is no such marker, for this caller and this order."""

    what = 'marker'


class ActionNotFound(ErrorkitError, LookupError):
    """There is no such action, for this caller.

    :param request_id: of the request that was asked for
    """

    def __init__(self, request_id: object) -> None:
        super().__init__(request_id)
        self.request_id = request_id

    def __str__(self) -> str:
        return f'there is no action of request {_shown(self.request_id)}'


class NotAllowed(ErrorkitError):
    """The caller may not see what belongs to other projects."""


class StoreFull(ErrorkitError, RuntimeError):
    """The store in memory holds as many messages as it may."""


def _shown(value: object) -> str:
    """Return a client's value as a log line may repeat it."""
    text = ascii(value if isinstance(value, (str, int)) else type(value))
    return text if len(text) <= _SHOWN else text[:_SHOWN] + '...'
