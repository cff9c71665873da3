# SPDX-License-Identifier: Apache-2.0
"""The permitted messages of a service: all that its users can be told.

A text is declared here and nowhere else, and only its id is kept with a
message. So no message can hold what an exception or a driver said, and a
reader gets the text of today in a language of his own.

An event is either a sentence of its own, ``000002``, or composite as cinder's
are: ``VOLUME_VOLUME_006_008`` is service, resource type, action and detail,
read as the action's text, a colon and the detail's.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import TypeVar

from errorkit import codes
from errorkit._i18n import _, translate
from errorkit.outcomes import parameters, texts
from errorkit.outcomes.declared import (
    Action,
    Declared,
    Detail,
    Event,
    ResourceType,
)
from errorkit.outcomes.exceptions import InvalidDeclaration
from errorkit.outcomes.meanings import Meanings, ParamsOf
from errorkit.outcomes.parameters import Kind, Value

LEVELS = ('ERROR', 'WARNING', 'INFO')

#: What is read where the text is not known, or not known any more.
GENERAL = _('An unknown error occurred.')
UNKNOWN_ACTION = _('unknown action')
#: The detail of a failure that nothing more is said of, as cinder's.
UNKNOWN_ERROR = '001'

_Declared = TypeVar('_Declared', bound=Declared)


class Permitted:
    """The permitted messages of one service. Filled when it is imported.

    :param service_type: as in the service types authority, such as
        ``volume``
    :param prefix: how composite ids begin; the service type in upper case
    :param catalog: where the codes of the events have to be declared; None:
        they are only checked for their form
    :param general_text: in place of a text that is not known
    :raises InvalidDeclaration: the service type or the prefix is none
    """

    def __init__(
        self,
        service_type: str,
        *,
        prefix: str | None = None,
        catalog: codes.Catalog | None = None,
        general_text: str = GENERAL,
    ) -> None:
        if not codes.is_valid_service_type(service_type):
            raise InvalidDeclaration(f'{service_type!r} is no service type')
        if prefix is None:
            prefix = service_type.upper().replace('-', '_')
        self.service_type = service_type
        self.prefix = str(ResourceType(prefix))
        self.catalog = catalog
        self.general_text = general_text
        self.meanings = Meanings()
        self._composite = re.compile(
            f'{re.escape(prefix)}_({ResourceType.form.pattern})'
            f'_({Action.form.pattern})_({Detail.form.pattern})'
        )
        self._events: dict[str, Event] = {}
        self._actions: dict[str, Action] = {}
        self._details: dict[str, Detail] = {}
        self._types: dict[str, ResourceType] = {}
        self.events = MappingProxyType(self._events)
        self.actions = MappingProxyType(self._actions)
        self.details = MappingProxyType(self._details)
        self.resource_types = MappingProxyType(self._types)
        self.unknown_error = self.detail(UNKNOWN_ERROR, general_text)

    def event(
        self,
        event_id: str,
        text: str,
        *,
        cause: str = 'service',
        code: str | None = None,
        params: Mapping[str, Kind] | None = None,
        exceptions: Iterable[type[BaseException]] = (),
    ) -> Event:
        """Declare an event, a sentence of its own.

        :param event_id: letters, digits, ``_``, ``.`` and ``-``, at most
            255; never used again for another meaning
        :param text: with ``%(name)s`` for its parameters; may be a lazy
            oslo.i18n message. Very general, unless the user can mend it.
        :param cause: who can mend it, ``user`` or ``service``
        :param code: the error code of the same failure
        :param params: the kinds of the parameters, see
            ``errorkit.outcomes.parameters``
        :param exceptions: classes whose exceptions mean this event
        :returns: the id
        :raises InvalidDeclaration: one of them is bad, or the id or a class
            is declared already
        """
        made = Event(
            event_id, **self._members(event_id, text, cause, code, params)
        )
        if self._composite.fullmatch(made):
            raise InvalidDeclaration(f'{event_id!r} has a composite form')
        return self._add(self._events, made, exceptions)

    def action(
        self,
        action_id: str,
        text: str,
        *,
        cause: str = 'service',
        code: str | None = None,
        params: Mapping[str, Kind] | None = None,
    ) -> Action:
        """Declare an action, ``006`` of ``VOLUME_VOLUME_006_008``.

        :param action_id: 10 digits at most
        :param text: what was being done, such as ``create volume``
        :param cause: see ``event``, as are the others
        """
        members = self._members(action_id, text, cause, code, params)
        return self._add(self._actions, Action(action_id, **members))

    def detail(
        self,
        detail_id: str,
        text: str,
        *,
        cause: str = 'service',
        code: str | None = None,
        params: Mapping[str, Kind] | None = None,
        exceptions: Iterable[type[BaseException]] = (),
    ) -> Detail:
        """Declare a detail, ``008`` of ``VOLUME_VOLUME_006_008``.

        ``001``, an unknown error, is declared already.

        :param detail_id: 10 digits at most
        :param text: why it failed
        :param cause: see ``event``, as are the others
        """
        members = self._members(detail_id, text, cause, code, params)
        return self._add(
            self._details, Detail(detail_id, **members), exceptions
        )

    def resource_type(self, name: str) -> ResourceType:
        """Declare a resource type, such as ``VOLUME``.

        :param name: letters, digits, ``_``, ``.`` and ``-``, at most 36
        :raises InvalidDeclaration: it has another form, or is declared
        """
        return self._add(self._types, ResourceType(name))

    def map_exception(
        self,
        kind: type[BaseException],
        means: Event | Detail,
        *,
        params: ParamsOf | None = None,
    ) -> None:
        """Say what exceptions of a class mean, and of its subclasses.

        A class can mean one event and one detail.

        :param kind: the class
        :param means: a declared event or detail
        :param params: gives the values of the parameters of what is meant,
            from the exception; they are checked as all values are
        :raises InvalidDeclaration: the class means one already
        """
        table = self._events if type(means) is Event else self._details
        if table.get(means) is not means:
            raise InvalidDeclaration(f'{means!r} is no event or detail here')
        self.meanings.add(kind, means, params)

    def compose(self, resource_type: str, action: str, detail: str) -> str:
        """Return the id of a composite event."""
        return f'{self.prefix}_{resource_type}_{action}_{detail}'

    def parts_of(self, event_id: str) -> tuple[str, str, str] | None:
        """Return resource type, action id and detail id, or None."""
        found = self._composite.fullmatch(event_id)
        return None if found is None else (found[1], found[2], found[3])

    def code_of(self, event_id: str) -> str | None:
        """Return the error code of an event, or None.

        Of a composite one it is the detail's, or else the action's.
        """
        event = self._events.get(event_id)
        if event is not None:
            return event.code
        parts = self.parts_of(event_id)
        if parts is None:
            return None
        found = (self._details.get(parts[2]), self._actions.get(parts[1]))
        return next((one.code for one in found if one and one.code), None)

    def get_message_text(
        self,
        event_id: str,
        params: Mapping[str, Value] | None = None,
        language: str | None = None,
    ) -> str:
        """Return the text of an event; a general one if it is not known.

        :param event_id: as it was kept with a message
        :param params: the values kept with it
        :param language: a locale name such as ``de``, one that was chosen
            among those there are; None for English
        """
        event = self._events.get(event_id)
        values = params or {}
        general = translate(self.general_text, language or 'en')
        if event is not None:
            return texts.read(event, values, language) or general
        parts = self.parts_of(event_id)
        if parts is None:
            return general
        action = self._actions.get(parts[1])
        doing = action and texts.read(action, values, language)
        if not doing:
            doing = translate(UNKNOWN_ACTION, language or 'en')
        detail = self._details.get(parts[2])
        why = detail and texts.read(detail, values, language)
        return f'{doing}:{why or general}'

    def lint(self) -> list[str]:
        """Return what should be mended in the texts, a line each."""
        return list(texts.lint([
            *self._events.values(),
            *self._actions.values(),
            *self._details.values(),
        ]))

    def _members(
        self,
        id: str,
        text: str,
        cause: str,
        code: str | None,
        params: Mapping[str, Kind] | None,
    ) -> dict[str, object]:
        if not isinstance(text, str) or not text:
            raise InvalidDeclaration(f'{id!r} has no text')
        if cause not in codes.CAUSES:
            raise InvalidDeclaration(f'{id!r}: cause is {cause!r}')
        if code is not None and not codes.is_valid(code):
            raise InvalidDeclaration(f'{id!r}: {code!r} is not a code')
        if code is not None and self.catalog is not None:
            known = self.catalog.find(code)
            if known is None:
                raise InvalidDeclaration(f'{id!r}: {code!r} is not declared')
            code = known
        try:
            parameters.check_declared(text, params or {})
        except InvalidDeclaration as exc:
            raise InvalidDeclaration(f'{id!r}: {exc}') from None
        return {
            'text': text, 'cause': cause, 'code': code,
            'params': dict(params or {}),
        }

    def _add(
        self,
        table: dict[str, _Declared],
        made: _Declared,
        exceptions: Iterable[type[BaseException]] = (),
    ) -> _Declared:
        if made in table:
            raise InvalidDeclaration(f'{str(made)!r} is declared twice')
        for kind in exceptions:
            self.meanings.add(kind, made)
        table[str(made)] = made
        return made
