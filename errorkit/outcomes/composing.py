# SPDX-License-Identifier: Apache-2.0
"""Which event a message is of, by what its writer says of a failure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from errorkit.outcomes import texts
from errorkit.outcomes.declared import Action, Declared, Detail, Event
from errorkit.outcomes.exceptions import (
    InvalidParams,
    UnknownEvent,
    UnknownResourceType,
)
from errorkit.outcomes.meanings import ParamsOf
from errorkit.outcomes.parameters import Value
from errorkit.outcomes.permitted import Permitted

#: Event id, resource type, values of the parameters.
Said = tuple[str, str | None, dict[str, Value]]
_Choice = tuple[tuple[Declared, ...], ParamsOf | None]


def composed(
    permitted: Permitted,
    event_id: str | None,
    resource_type: str | None,
    *,
    action: str | None = None,
    detail: str | None = None,
    exception: BaseException | None = None,
    params: Mapping[str, object] | None = None,
) -> Said:
    """Return what is to be kept of an event.

    What the exception means wins over the event or the detail that is given,
    as in cinder, unless the values of its parameters are not to be had.

    :raises UnknownEvent: event, action or detail are not declared
    :raises UnknownResourceType: the type is not declared, or missing in a
        composite event
    :raises InvalidParams: values and declared parameters do not agree;
        with an exception, values that are not asked for are left out
    """
    if resource_type is not None and (
        resource_type not in permitted.resource_types
    ):
        raise UnknownResourceType(f'{resource_type!r} is not declared')
    if action is None and isinstance(event_id, Action):
        action, event_id = event_id, None
    if action is not None and event_id is not None:
        raise UnknownEvent('either an event or an action, not both')
    if event_id is not None and event_id not in permitted.events:
        parts = permitted.parts_of(str(event_id))
        if parts is None:
            raise UnknownEvent(f'event {str(event_id)!r} is not declared')
        if resource_type not in (None, parts[0]):
            raise UnknownResourceType(
                f'{resource_type!r} is not that of {str(event_id)!r}'
            )
        if detail is not None:
            raise UnknownEvent(f'{str(event_id)!r} has a detail already')
        resource_type, action, detail = parts
        if resource_type not in permitted.resource_types:
            raise UnknownResourceType(f'{resource_type!r} is not declared')
    if action is None:
        if detail is not None:
            raise UnknownEvent('a detail needs an action')
        choices = list(_events(permitted, event_id, exception))
    else:
        if resource_type is None:
            raise UnknownResourceType('an action needs a resource type')
        choices = list(_composites(permitted, action, detail, exception))
    chosen, values = _first(choices, exception, params or {})
    if action is None:
        return str(chosen[0]), resource_type, values
    assert resource_type is not None
    return permitted.compose(resource_type, *chosen), resource_type, values


def _events(
    permitted: Permitted,
    event_id: str | None,
    exception: BaseException | None,
) -> Iterator[_Choice]:
    meant = permitted.meanings.of(exception, Event)
    if meant is not None:
        yield (meant[0],), meant[1]
    if event_id is not None:
        yield (permitted.events[event_id],), None
    elif meant is None:
        raise UnknownEvent('neither an event, nor an exception that means one')


def _composites(
    permitted: Permitted,
    action_id: str,
    detail_id: str | None,
    exception: BaseException | None,
) -> Iterator[_Choice]:
    action = permitted.actions.get(action_id)
    if action is None:
        raise UnknownEvent(f'action {str(action_id)!r} is not declared')
    if detail_id is not None and detail_id not in permitted.details:
        raise UnknownEvent(f'detail {str(detail_id)!r} is not declared')
    meant = permitted.meanings.of(exception, Detail)
    if meant is not None:
        yield (action, meant[0]), meant[1]
    if detail_id is None:
        yield (action, permitted.unknown_error), None
    else:
        yield (action, permitted.details[detail_id]), None


def _first(
    choices: list[_Choice],
    exception: BaseException | None,
    given: Mapping[str, object],
) -> tuple[tuple[Declared, ...], dict[str, Value]]:
    """Return the first choice that can be said, and its values."""
    for number, (parts, params_of) in enumerate(choices, 1):
        try:
            values = dict(given)
            if params_of is not None:
                values.update(_told(params_of, exception))
            if exception is not None:
                kinds = texts.kinds_of(parts)
                values = {
                    name: value
                    for name, value in values.items()
                    if name in kinds
                }
            return parts, texts.checked(parts, values)
        except InvalidParams:
            if number == len(choices):
                raise
    raise UnknownEvent('there is none')


def _told(
    params_of: ParamsOf, exception: BaseException | None
) -> Mapping[str, object]:
    try:
        return dict(params_of(exception))
    except Exception as exc:  # an exception need not have what others have
        raise InvalidParams('the exception does not tell them') from exc
