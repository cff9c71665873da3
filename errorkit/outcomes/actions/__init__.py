# SPDX-License-Identifier: Apache-2.0
"""Actions on resources: what was accepted, its steps, what became of them."""

from errorkit.outcomes.actions.blocks import innermost
from errorkit.outcomes.actions.recording import Live
from errorkit.outcomes.actions.records import Action, Event, Fault
from errorkit.outcomes.actions.service import Actions

__all__ = ['Action', 'Actions', 'Event', 'Fault', 'Live', 'current']


def current() -> Live | None:
    """Return the action whose block is open in this context, or None."""
    return innermost()
