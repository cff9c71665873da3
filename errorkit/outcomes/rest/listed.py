# SPDX-License-Identifier: Apache-2.0
"""A page of the list: what the query asks for, as far as the caller may."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from errorkit.outcomes import listing
from errorkit.outcomes.exceptions import (
    InvalidInput,
    MarkerNotFound,
    NotAllowed,
)
from errorkit.outcomes.messages import API
from errorkit.outcomes.rest import asked, policy
from errorkit.outcomes.rest.gates import Gate
from errorkit.outcomes.rest.refusals import Refusals
from errorkit.outcomes.views import Listing, View

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

#: Where the next page begins is in its marker: what an offset left out was
#: left out before the first page.
_RENEWED = ('marker', 'offset')
#: The parameters of the next page.
Following = Iterable[tuple[str, str]]


class Lists:
    """Lists messages for a caller.

    :param api: where they are
    :param allows: the policy
    :param refusals: what is raised
    :param paging: open where the query counts
    :param filters: open where the names of filters are checked
    """

    def __init__(
        self,
        api: API,
        allows: policy.Policy,
        refusals: Refusals,
        paging: Gate,
        filters: Gate,
    ) -> None:
        self._api = api
        self._allows = allows
        self._refusals = refusals
        self._paging = paging
        self._filters = filters

    def page(
        self, environ: WSGIEnvironment, context: Any, language: str | None
    ) -> tuple[Sequence[View], Following | None]:
        """Return a page, and the query of the next if there may be one."""
        own = policy.target_of(context)
        if not self._allows(context, policy.GET_ALL, own):
            raise self._refusals.forbidden(policy.GET_ALL)
        if not self._paging.is_open(environ):
            # There is no next page where its marker would not count.
            return self._views(context, asked.Asked(), True, language), None
        checks = self._filters.is_open(environ)
        try:
            wanted = asked.read(environ.get('QUERY_STRING', ''))
            views = self._views(context, wanted, checks, language)
        except InvalidInput as exc:
            raise self._refusals.invalid(exc) from None
        except MarkerNotFound as exc:
            raise self._refusals.no_marker(str(exc.id)) from None
        marker = views.next_marker
        if marker is None:
            return views, None
        kept = [pair for pair in wanted.parameters if pair[0] not in _RENEWED]
        return views, [*kept, ('marker', marker)]

    def _views(
        self,
        context: Any,
        wanted: asked.Asked,
        checks: bool,
        language: str | None,
    ) -> Listing:
        if wanted.has_unknown_filter and not checks:
            wanted = _matching_nothing(wanted)
        if wanted.all_projects or asked.PROJECT in wanted.filters:
            try:
                return self._api.get_all_of_all_projects(
                    context, *wanted.arguments, language=language
                )
            except NotAllowed:
                # Nobody else can filter by projects; all_tenants is dropped.
                if asked.PROJECT in wanted.filters and not checks:
                    wanted = _matching_nothing(wanted)
        return self._api.get_all(
            context, *wanted.arguments, language=language
        )


def _matching_nothing(wanted: asked.Asked) -> asked.Asked:
    """Return what gives no rows, but is refused for all else as before."""
    if wanted.limit is not None:
        listing.number('limit', wanted.limit)
    return wanted.without_rows()
