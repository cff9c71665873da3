# SPDX-License-Identifier: Apache-2.0
"""Each request gets at most one parent, and none is its own ancestor.

A caller that has logged the call comes first. Without one it is the owner of
the global id: by oslo.context's rule a service that was given no global id
sends its own local id as one.
"""

from __future__ import annotations

import functools

from errorkit.trace.grouping import Group
from errorkit.trace.records import Record
from errorkit.trace.spans import Kind, Link


def link(groups: list[Group]) -> None:
    """Set the parent of each, and the children in the order of the groups."""
    by_id = {one.request_id: one for one in groups if one.request_id}
    for one in groups:
        if one.callers:
            caller, record = min(
                one.callers, key=functools.partial(_rank, one)
            )
            one.parent, one.call, one.link = caller, record, Link.CALL
        elif one.global_id:
            one.parent = by_id[one.global_id]
            one.link = Link.GLOBAL_ID
    for one in _closing(groups):
        # Whoever owns a global id and has logged nothing has no parent.
        owner = by_id.get(one.global_id) if one.global_id else None
        if owner is None or owner.kind is not Kind.CALLER:
            owner = None
        one.parent, one.call = owner, None
        one.link = Link.GLOBAL_ID if owner else None
    for one in groups:
        if one.parent is not None:
            one.parent.children.append(one)


def _rank(
    one: Group, pair: tuple[Group, Record]
) -> tuple[bool, bool, float, int, bool]:
    # Two lines may name one id: what shares the global id is believed more.
    caller, record = pair
    related = one.global_id is None or one.global_id in (
        caller.request_id,
        caller.global_id,
    )
    # keystoneauth logs a response twice, and its URL the second time.
    without_url = record.call is None or record.call.url is None
    return (
        not related,
        not caller.own,
        caller.first,
        caller.order,
        without_url,
    )


def _closing(groups: list[Group]) -> list[Group]:
    """Return one of each circle of parents: its earliest."""
    found = []
    seen: dict[int, int] = {}
    for start in groups:
        path: list[Group] = []
        one: Group | None = start
        while one is not None and one.order not in seen:
            seen[one.order] = start.order
            path.append(one)
            one = one.parent
        if one is not None and seen[one.order] == start.order:
            begin = next(i for i, other in enumerate(path) if other is one)
            circle = path[begin:]
            found.append(min(circle, key=lambda x: (x.first, x.order)))
    return found
