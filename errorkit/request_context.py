# SPDX-License-Identifier: Apache-2.0
"""RequestContext: the oslo.context of a request; it costs little to make.

Until an auth layer has vouched for somebody it is nothing but its ids.
"""

from __future__ import annotations

import contextvars
import functools
from typing import Any

from oslo_context import context as oslo_context

from errorkit import trail

#: What is current here: a request's environ, or a context. It is read by
#: ``errorkit.current``; here, since oslo.context sets it as it makes one.
CURRENT: contextvars.ContextVar[Any] = contextvars.ContextVar(
    'errorkit.context', default=None
)


class _FreshList:
    """A list of its own for each context that is asked for it."""

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    def __get__(self, instance: Any, owner: type) -> Any:
        if instance is None:
            return self
        made: list[str] = []
        instance.__dict__[self._name] = made
        return made


class RequestContext(oslo_context.RequestContext):
    """The oslo.context of a request.

    An anonymous one is nothing but its ids: all else is the class's, so that
    making it costs next to nothing.
    """

    roles = _FreshList()
    service_roles = _FreshList()

    def identify(self, source: dict[str, Any]) -> None:
        """Take on the identity that an auth layer has established.

        :param source: environ keys and values
        """
        # from_environ of the dict class gives the keywords themselves.
        keywords = _from_environ(
            dict,
            source,
            request_id=self.request_id,
            global_request_id=self.global_request_id,
        )
        token = CURRENT.set(self)
        try:
            self.__init__(overwrite=False, **keywords)  # type: ignore[misc] # on purpose: the same object, from now on with an identity
        finally:
            CURRENT.reset(token)

    def get_logging_values(self) -> dict[str, Any]:
        """Return what oslo.log shows in a record; it asks twice for each."""
        own = self.__dict__
        if (
            len(own) - trail.is_on(own) != 2
            or type(self) is not RequestContext
        ):
            values: dict[str, Any] = super().get_logging_values()
            return values
        # Still as anonymous() made it: nothing but its two ids is its own.
        values = _values_of_anonymous(self.user_idt_format).copy()
        values.update(own)
        trail.without(values)
        values['roles'] = []
        return values

    @property
    def downstream_request_ids(self) -> tuple[str, ...]:
        """What called services have answered with, oldest first."""
        held = trail.found(self)
        return held.ids if held is not None else ()

    def redacted_copy(self, **kwargs: Any) -> Any:
        """Return a copy without secrets; it does not become the current."""
        token = CURRENT.set(CURRENT.get())
        try:
            return super().redacted_copy(**kwargs)
        finally:
            CURRENT.reset(token)


_from_environ: Any = oslo_context.RequestContext.__dict__[
    'from_environ'
].__func__


class _Unstored(oslo_context.RequestContext):
    """A context that does not become the current one."""

    def update_store(self) -> None:
        """Leave what is current as it is."""


def _default_attributes() -> dict[str, Any]:
    """Return what oslo.context gives a context that is told nothing."""
    return {
        name: value
        for name, value in vars(_Unstored(request_id='-')).items()
        if name not in ('request_id', 'global_request_id')
        and not isinstance(value, list)
    }


def anonymous(
    request_id: str, global_request_id: str | None = None
) -> RequestContext:
    """Return the context of a request that nobody has vouched for yet."""
    made = RequestContext.__new__(RequestContext)
    made.request_id = request_id
    made.global_request_id = global_request_id
    return made


@functools.lru_cache(maxsize=8)
def _values_of_anonymous(user_idt_format: str) -> dict[str, Any]:
    """Return what a record shows of a context without an identity.

    :param user_idt_format: of the class, which a service may change
    """
    values: dict[str, Any] = super(
        RequestContext, anonymous('-')
    ).get_logging_values()
    return values


for _name, _value in _default_attributes().items():
    setattr(RequestContext, _name, _value)
