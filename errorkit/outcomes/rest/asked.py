# SPDX-License-Identifier: Apache-2.0
"""The query of a list becomes the arguments of ``API.get_all``.

The rules are those of cinder's API: ``sort`` or the older ``sort_key`` and
``sort_dir``, and whatever is none of the parameters of a list is a filter.
"""

from __future__ import annotations

import dataclasses
from typing import Any

from errorkit._i18n import _
from errorkit.outcomes.exceptions import InvalidInput
from errorkit.outcomes.records import FILTERABLE
from errorkit.validation import query as reading

#: The filter that is for admins.
PROJECT = 'project_id'
_PAGING = ('limit', 'offset', 'marker')
_SORTING = ('sort', 'sort_key', 'sort_dir')
_YES = frozenset(['1', 't', 'true', 'on', 'y', 'yes'])
_NO = frozenset(['0', 'f', 'false', 'off', 'n', 'no'])


@dataclasses.dataclass(frozen=True, slots=True)
class Asked:
    """What a query asks for.

    :param parameters: all of them, in their order
    :param filters: values by name, whether there is such a filter or not
    :param limit: as it was written, as is the next
    :param sort_keys: None: the default
    :param all_projects: the caller would see all, if he may
    """

    parameters: tuple[tuple[str, str], ...] = ()
    filters: dict[str, str] = dataclasses.field(default_factory=dict)
    limit: str | None = None
    offset: str | None = None
    marker: str | None = None
    sort_keys: list[str] | None = None
    sort_dirs: list[str] | None = None
    all_projects: bool = False

    @property
    def has_unknown_filter(self) -> bool:
        """There is no such filter, not even for admins."""
        return not self.filters.keys() <= {*FILTERABLE, PROJECT}

    @property
    def arguments(self) -> tuple[Any, ...]:
        """Those of ``API.get_all`` after the context."""
        return (
            self.filters,
            self.marker,
            self.limit,
            self.offset,
            self.sort_keys,
            self.sort_dirs,
        )

    def without_rows(self) -> Asked:
        """Return the same, for no rows."""
        return dataclasses.replace(self, filters={}, limit='0')


def read(query: str) -> Asked:
    """Return what a query asks for.

    :param query: QUERY_STRING, as PEP 3333 has it
    :raises InvalidInput: a parameter is not UTF-8, comes twice, or sorts by
        what cannot be
    """
    if not query:
        return Asked()
    pairs, bad = reading.pairs_of(query)
    if bad:
        raise InvalidInput(str(bad[0].path[0]), None, _('it is not UTF-8'))
    found: dict[str, str] = {}
    for name, value in pairs:
        if name in found:
            raise InvalidInput(name, value, _('it is given more than once'))
        found[name] = value
    keys, dirs = _order(found)
    return Asked(
        tuple(pairs),
        {
            name: value
            for name, value in found.items()
            if name not in (*_PAGING, *_SORTING, 'all_tenants')
        },
        found.get('limit'),
        found.get('offset'),
        found.get('marker'),
        keys,
        dirs,
        _is_yes(found.get('all_tenants')),
    )


def _order(
    found: dict[str, str],
) -> tuple[list[str] | None, list[str] | None]:
    key, direction = found.get('sort_key'), found.get('sort_dir')
    if 'sort' not in found:
        return (
            None if key is None else [key],
            None if direction is None else [direction],
        )
    if key is not None or direction is not None:
        raise InvalidInput(
            'sort', None, _('sort_key and sort_dir stand in its place')
        )
    keys, dirs = [], []
    for part in found['sort'].split(','):
        key, _colon, direction = part.strip().partition(':')
        keys.append(key)
        dirs.append(direction or 'desc')
    return keys, dirs


def _is_yes(value: str | None) -> bool:
    if value is None or value.lower() in _NO:
        return False
    if value.lower() in _YES:
        return True
    raise InvalidInput('all_tenants', value, _('1 or 0 are'))
