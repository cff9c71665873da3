# SPDX-License-Identifier: Apache-2.0
"""Writes what has ended: an action, its events, a fault and a message.

The row of the action is locked first, by whatever comes first, and with it
all that belongs to it: who ends, loses, sweeps or purges takes turns.
"""

from __future__ import annotations

import dataclasses
from typing import Any

import sqlalchemy as sa

from errorkit.outcomes.actions.records import (
    DONE,
    ERROR,
    FAILED,
    IN_PROGRESS,
    LATE,
    MISSING,
    SUPERSEDED,
    Ended,
    Ending,
    EventEnd,
)
from errorkit.outcomes.sql import action_rows, fit, losses, messages
from errorkit.outcomes.sql.action_words import Words, words
from errorkit.outcomes.sql.clock import backend_of
from errorkit.outcomes.sql.compiled import execute
from errorkit.outcomes.sql.tables import ACTIONS, EVENTS

# The columns by which the end of an event is told.
_TOLD = ('code', 'message', 'details', 'traceback')


@dataclasses.dataclass(frozen=True, slots=True)
class Prepared:
    """An ending all of whose values fit.

    :param ending: as it was given
    :param values: the parameters of ``Words.end``
    :param events: those of ``Words.end_event``, of each event
    :param late_events: rows
    :param fault: a row, or None
    :param message: a row, or None
    """

    ending: Ending
    values: dict[str, Any]
    events: tuple[dict[str, Any], ...]
    late_events: tuple[dict[str, Any], ...]
    fault: dict[str, Any] | None
    message: dict[str, Any] | None


def prepared(ending: Ending) -> Prepared | None:
    """Return an ending as it is written; None: no action has such an id.

    :raises UnfitValue: no database could keep it
    :raises ValueError: it is of several actions
    """
    ending.check()
    values = {
        'own_id': ending.action_id,
        'own_token': action_rows.optional(ACTIONS.c.token, ending.token),
        'own_status': ending.status,
        'own_code': action_rows.optional(ACTIONS.c.code, ending.code),
        'own_message': FAILED if ending.status == ERROR else None,
    }
    events = tuple(
        {
            'own_id': one.id,
            'own_action': ending.action_id,
            'own_token': action_rows.optional(EVENTS.c.token, one.token),
            'own_status': one.status,
            **{
                f'own_{name}': action_rows.optional(
                    EVENTS.c[name], getattr(one, name)
                )
                for name in _TOLD
            },
        }
        for one in ending.events
    )
    found = Prepared(
        ending,
        values,
        events,
        tuple(map(action_rows.ended_event_row, ending.late_events)),
        None
        if ending.fault is None
        else action_rows.fault_row(ending.fault),
        None if ending.message is None else messages._row(ending.message),
    )
    return found if fit.is_storable(ending.action_id) else None


def end_alone(own: sa.Connection, given: Prepared) -> bool:
    """Write how an action ended, by one statement; tell whether it did.

    :param given: of an ending that ``is_alone``
    """
    said = words(backend_of(own))
    values = {**given.values, **said.clock.values()}
    return bool(execute(own, said.end, values).rowcount)


def end(own: sa.Connection, given: Prepared) -> Ended:
    """Write an ending, inside a transaction."""
    ending = given.ending
    found = _end_action(own, given)
    if found == MISSING:
        return Ended(MISSING, (MISSING,) * len(ending.events))
    said = words(backend_of(own))
    lost: list[str] = []
    answers = tuple(
        _end_event(own, said, one, values, lost)
        for one, values in zip(ending.events, given.events, strict=True)
    )
    for row in given.late_events:
        execute(own, said.add_ended_event, {**row, **said.clock.values()})
    _tell_action(own, said, given, found, answers, bool(lost))
    recorded = ending.is_recorded(found, answers) and _has_event(own, given)
    if recorded:
        if given.fault is not None:
            execute(
                own, said.add_fault, {**given.fault, **said.clock.values()}
            )
        if given.message is not None:
            execute(own, messages._INSERT[said.backend], given.message)
    return Ended(found, answers, recorded)


def _end_action(own: sa.Connection, given: Prepared) -> str:
    said = words(backend_of(own))
    values = {**given.values, **said.clock.values()}
    ending = given.ending
    if ending.status is None:
        one = {'own_id': ending.action_id}
        if ending.events or ending.late_events:
            touched = execute(own, said.touch, {**one, **said.clock.values()})
            return DONE if touched.rowcount else MISSING
        return DONE if execute(own, said.find, values).first() else MISSING
    if execute(own, said.end, values).rowcount:
        return DONE
    row = execute(own, said.find, values).first()
    if row is None:
        return MISSING
    if row.status == IN_PROGRESS and not row.is_over:
        return SUPERSEDED
    if (row.status, row.token) == (ending.status, ending.token):
        # Ended so before: the answer was lost.
        return DONE
    if row.is_over:
        losses.lose(own, [ending.action_id])
    execute(own, said.note_late, values)
    return LATE


def _end_event(
    own: sa.Connection,
    said: Words,
    one: EventEnd,
    values: dict[str, Any],
    lost: list[str],
) -> str:
    if not fit.is_storable(one.id):
        return MISSING
    values = {**values, **said.clock.values()}
    if execute(own, said.end_event, values).rowcount:
        return DONE
    row = execute(own, said.find_event, values).first()
    if row is None:
        return MISSING
    if row.status == IN_PROGRESS and not row.is_over:
        return SUPERSEDED
    if (row.status, row.token) == (one.status, one.token):
        return DONE
    if row.is_over:
        losses.lose_events(own, values['own_action'], [one.id])
        lost.append(one.id)
    execute(own, said.note_late_event, values)
    return LATE


def _tell_action(
    own: sa.Connection,
    said: Words,
    given: Prepared,
    found: str,
    answers: tuple[str, ...],
    has_lost: bool,
) -> None:
    """Let the action know that something of it has failed.

    :param has_lost: an event was lost, which it knows if it goes on
    """
    ending = given.ending
    done = [
        one.status
        for one, answer in zip(ending.events, answers, strict=True)
        if answer == DONE
    ]
    done += [event.status for event in ending.late_events]
    values = {'own_id': ending.action_id, **said.clock.values()}
    has_ended = ending.status is not None and found == DONE
    if has_ended:
        if (has_lost or ERROR in done) and ending.status != ERROR:
            execute(own, said.fail_ended, values)
        return
    if done and ending.status is not None:
        execute(own, said.touch, values)
    if ERROR in done:
        execute(own, said.fail, values)


def _has_event(own: sa.Connection, given: Prepared) -> bool:
    """Tell whether the fault's event is there, as one of its action."""
    fault = given.ending.fault
    if fault is None or any(
        event.id == fault.event_id for event in given.ending.late_events
    ):
        return True
    values = {'own_id': fault.event_id, 'own_action': fault.action_id}
    said = words(backend_of(own))
    found = execute(
        own, said.find_event, {**values, **said.clock.values()}
    ).first()
    return found is not None
