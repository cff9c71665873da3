# SPDX-License-Identifier: Apache-2.0
"""Actions, events and faults over HTTP: WSGI applications, to be mounted."""

from __future__ import annotations

from errorkit.outcomes.rest.actions.application import ActionPages
from errorkit.outcomes.rest.actions.fault_pages import FaultPages
from errorkit.outcomes.rest.actions.pasting import paste_app, paste_faults_app
from errorkit.outcomes.rest.actions.presets import NEUTRAL, NOVA, Preset
from errorkit.outcomes.rest.actions.refusals import declare

__all__ = [
    'NEUTRAL',
    'NOVA',
    'ActionPages',
    'FaultPages',
    'Preset',
    'declare',
    'paste_app',
    'paste_faults_app',
]
