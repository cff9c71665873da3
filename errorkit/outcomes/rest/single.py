# SPDX-License-Identifier: Apache-2.0
"""One message: shown or deleted, if it is the caller's to see."""

from __future__ import annotations

from typing import Any

from errorkit.outcomes.exceptions import MessageNotFound, NotAllowed
from errorkit.outcomes.messages import API
from errorkit.outcomes.reading import attribute
from errorkit.outcomes.rest import policy
from errorkit.outcomes.rest.refusals import Refusals
from errorkit.outcomes.views import View


class Single:
    """Shows and deletes a message for a caller.

    :param api: where they are
    :param allows: the policy
    :param refusals: what is raised
    """

    def __init__(
        self, api: API, allows: policy.Policy, refusals: Refusals
    ) -> None:
        self._api = api
        self._allows = allows
        self._refusals = refusals

    def get(self, context: Any, id: str, language: str | None) -> View:
        """Return a message."""
        return self._found(context, id, policy.GET, language)

    def delete(self, context: Any, id: str) -> None:
        """Delete a message."""
        self._found(context, id, policy.DELETE, None)
        try:
            try:
                self._api.delete_of_any_project(context, id)
            except NotAllowed:
                self._api.delete(context, id)
        except MessageNotFound:  # somebody was faster
            raise self._refusals.no_message(id) from None

    def _found(
        self, context: Any, id: str, action: str, language: str | None
    ) -> View:
        # Who may not do it at all is told so before anything is looked for.
        if not self._allows(context, action, policy.target_of(context)):
            raise self._refusals.forbidden(action)
        try:
            try:
                view = self._api.get_of_any_project(
                    context, id, language=language
                )
            except NotAllowed:
                view = self._api.get(context, id, language=language)
        except MessageNotFound:
            raise self._refusals.no_message(id) from None
        message = view.message
        target = {
            'project_id': message.project_id, 'user_id': message.user_id,
        }
        if not self._allows(context, action, target):
            if message.project_id == attribute(context, 'project_id'):
                raise self._refusals.forbidden(action)
            raise self._refusals.no_message(id)
        return view
