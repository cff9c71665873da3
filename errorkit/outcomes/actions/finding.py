# SPDX-License-Identifier: Apache-2.0
"""Finds the action that a call goes on with: open here, or kept."""

from __future__ import annotations

import dataclasses
import logging
import uuid

from errorkit import log
from errorkit.outcomes.actions.blocks import innermost
from errorkit.outcomes.actions.means import Means
from errorkit.outcomes.actions.recording import Live
from errorkit.outcomes.actions.records import Action
from errorkit.outcomes.actions.subjects import Subject

LOG = logging.getLogger('errorkit.outcomes')


def around(means: Means, subject: Subject) -> Live | None:
    """Return the action whose block is open here, if it is this one.

    :param means: of who asks
    :param subject: what the action is about
    """
    live = innermost()
    while live is not None:
        own = live.subject
        if live.means is means and own == dataclasses.replace(
            subject, project_id=subject.project_id or own.project_id
        ):
            return live
        live = live.outer
    return None


def kept(means: Means, subject: Subject) -> Action | None:
    """Return the action that is to be continued, with a new token.

    :param means: of who asks
    :param subject: what the action is about
    :returns: None: there is none, which is logged
    """
    request, resource = subject.request_id, subject.resource_id
    found = None
    if request and resource:
        found = means.writer.find(
            subject.project_id, subject.resource_type, resource, request
        )
    if found is None:
        log.say(
            LOG, logging.WARNING,
            'there is no action of request %s on %s %s: nothing is '
            'recorded of it', request, subject.resource_type, resource,
        )
        return None
    return dataclasses.replace(
        found, token=str(uuid.uuid4()), host=means.host
    )
