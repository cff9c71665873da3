# SPDX-License-Identifier: Apache-2.0
"""What errorkit itself raises.

::

    ErrorkitError
    +-- ConfigError (ValueError)      an option is unknown or has a bad value
    +-- InvalidCode (ValueError)      a code that no catalog can declare
    +-- UndeclaredCode (LookupError)  a strict catalog met an unknown code
    +-- InvalidResponse (ValueError)  the application broke PEP 3333 or HTTP
    +-- BodyAborted (RuntimeError)    a body died of what no server can take
    +-- client.ResponseError          a service has answered with an error
"""

from __future__ import annotations


class ErrorkitError(Exception):
    """The base of everything errorkit raises by itself."""


class ConfigError(ErrorkitError, ValueError):
    """An option is unknown or has a bad value: raised at start, never later.

    :param where: the filter or class, such as ``errorkit#request_id``
    :param option: the option's name
    :param value: the value it was given
    :param allowed: what would have been right, in words
    """

    def __init__(
        self, where: str, option: str, value: object, allowed: str
    ) -> None:
        super().__init__(where, option, value, allowed)
        self.where = where
        self.option = option
        self.value = value
        self.allowed = allowed

    def __str__(self) -> str:
        return (
            f'{self.where}: option {self.option!r}: {self.value!r} '
            f'is not allowed; {self.allowed}'
        )


class InvalidCode(ErrorkitError, ValueError):
    """A code has the wrong form or prefix, or is declared twice."""


class UndeclaredCode(ErrorkitError, LookupError):
    """A strict catalog was asked about a code that it does not declare."""


class InvalidResponse(ErrorkitError, ValueError):
    """The application's status line, headers or calls are not allowed.

    The text names the header, never its value.
    """


class BodyAborted(ErrorkitError, RuntimeError):
    """Stands in for a ``SystemExit`` or the like in the midst of a body.

    Outside the main thread such an exception ends servers, or leaves the
    client waiting; an ordinary one makes them cut the connection.
    """
