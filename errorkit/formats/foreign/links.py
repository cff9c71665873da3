# SPDX-License-Identifier: Apache-2.0
"""Links of an error that others wrote: absolute ones, and no scripts."""

from __future__ import annotations

import re
from typing import Any

_MAX_LINKS = 8
_REL = re.compile(r'[a-z][a-z-]{0,31}')
_HREF = re.compile(r'https?://[!#$%&\'()*+,./0-9:;=?@A-Z\[\]_a-z~-]{1,2000}')


def of(data: dict[str, Any]) -> tuple[tuple[str, str], ...]:
    """Return the links of an object: pairs of rel and href.

    API-SIG has a list under ``links``, JSON:API an object; Falcon one under
    ``link``; in RFC 9457 the ``type`` may be a page to read.
    """
    found: list[tuple[str, str]] = []
    link = data.get('link')
    if link:
        _add(found, 'help', link)
    several = data.get('links')
    if isinstance(several, list):
        for one in several[:_MAX_LINKS]:
            if isinstance(one, dict):
                _add(found, one.get('rel'), one)
    elif isinstance(several, dict):
        for rel in ('help', 'about', 'type'):
            _add(found, 'help', several.get(rel))
    if not found:
        _add(found, 'help', data.get('type'))
    return tuple(found)


def _add(found: list[tuple[str, str]], rel: Any, link: Any) -> None:
    href = link.get('href') if isinstance(link, dict) else link
    if (
        isinstance(rel, str)
        and isinstance(href, str)
        and href[:4] == 'http'
        and _REL.fullmatch(rel)
        and _HREF.fullmatch(href)
        and (rel, href) not in found
    ):
        found.append((rel, href))


def is_page(href: str) -> bool:
    """Tell whether a link leads to a page: absolute, and no script."""
    return _HREF.fullmatch(href) is not None
