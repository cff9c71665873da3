# SPDX-License-Identifier: Apache-2.0
"""Exceptions that cannot be printed, asked, changed, named or ended."""

import dataclasses

#: What no client may ever read.
NONCE = 'Nq7n0nce'


def kind(name, base=Exception, **members):
    """Return a class with these members."""
    return type(name, (base,), members)


def fails(*args):
    """Fail."""
    raise RuntimeError(NONCE)


def exits(self):
    """End the process, if nobody minds."""
    raise SystemExit(NONCE)


def endless(self):
    """Call itself until the stack ends."""
    return endless(self)


def with_parts(exc):
    """Give an exception a cause, a context and notes."""
    exc.__cause__ = ValueError(NONCE)
    exc.__context__ = KeyError(NONCE)
    exc.add_note(NONCE)
    return exc


def cyclic():
    """Return an exception that is the cause of its own cause."""
    first, second = ValueError(NONCE), KeyError(NONCE)
    first.__cause__, second.__cause__ = second, first
    first.__context__, second.__context__ = second, second
    return first


def chained(depth):
    """Return an exception with a long row of causes."""
    last = ValueError(NONCE)
    for _ in range(depth):
        following = ValueError(NONCE)
        following.__cause__, last = last, following
    return last


def nested(depth):
    """Return groups within groups."""
    group = ExceptionGroup(NONCE, [ValueError(NONCE)])
    for _ in range(depth):
        group = ExceptionGroup(NONCE, [group, ValueError(NONCE)])
    return group


class Hidden(type):
    """A metaclass that has no name to give."""

    def __getattribute__(cls, name):
        if name in ('__name__', '__qualname__', '__module__'):
            raise RuntimeError(NONCE)
        return type.__getattribute__(cls, name)


class Unhashable(type):
    """A metaclass whose classes are no keys."""

    __hash__ = fails
    __eq__ = fails


class Unordered(type):
    """A metaclass that hides the bases."""

    __mro__ = property(fails)


@dataclasses.dataclass(frozen=True)
class Frozen(Exception):
    """Cannot be changed."""

    text: str


class Slotted(Exception):
    """Has no place for anything."""

    __slots__ = ()


class Shut(Exception):
    """Gives nothing away and takes nothing."""

    def __getattribute__(self, name):
        raise RuntimeError(NONCE)

    def __setattr__(self, name, value):
        raise RuntimeError(NONCE)


def noted(notes):
    """Return an exception whose notes are no notes."""
    exc = ValueError(NONCE)
    exc.__notes__ = notes
    return exc


def rpc_error():
    """Return an error whose code is a method, as gRPC's is."""
    made = kind('RpcError')
    made.code = lambda self: 404
    made.details = lambda self: NONCE
    return made(NONCE)


def of_class(base, **members):
    """Return a function that makes an exception of a new class."""
    return lambda: kind('Odd', base, **members)(NONCE)


def meta(metaclass):
    """Return a function that makes an exception of a class of this type."""
    return lambda: metaclass('Odd', (Exception,), {})(NONCE)


class Unprintable:
    """Cannot be shown."""

    __str__ = __repr__ = __format__ = fails
