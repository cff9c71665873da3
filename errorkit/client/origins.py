# SPDX-License-Identifier: Apache-2.0
"""Which host has answered, and links of its own made absolute by that.

Only a path is taken for a link of its own, ``/errors/volume.in_use``: a word
may be no link at all, and whatever has a scheme stays what it is.
"""

from __future__ import annotations

import dataclasses
import re
from typing import Any

from errorkit.error import Error
from errorkit.formats.foreign.links import is_page

#: Scheme, user and password, host and port.
_URL = re.compile(
    r'(https?)://(?:[^/?#@\\]*@)?'
    r'((?:[a-z0-9._-]+|\[[0-9a-f:.]+\])(?::[0-9]{1,5})?)(?=[/?#]|\Z)',
    re.ASCII | re.IGNORECASE,
)


def of(url: Any) -> str:
    """Return scheme, host and port of a URL, such as ``https://a:8776``.

    :param url: a str, or an object of a library that reads as one
    :returns: empty for anything but an absolute URL of http or https; user
        and password are left out, as is what is behind the host
    """
    try:
        text = str.__str__(url) if isinstance(url, str) else str(url)
        found = _URL.match(text)
    except Exception:  # of a foreign object
        return ''
    return f'{found[1]}://{found[2]}'.lower() if found else ''


def absolute(href: str, origin: str) -> str:
    """Return a link as it leads from an origin.

    :param href: a path is made absolute, ``//host/path`` too
    :param origin: as ``of`` has found it
    :returns: the link as it is, where there is no origin, or it is no path,
        or what came out were no page
    """
    if not origin or href[:1] != '/':
        return href
    if href[:2] == '//':
        found = origin.partition('/')[0] + href
    else:
        found = origin + href
    return found if is_page(found) else href


def linked(error: Error, origin: str) -> Error:
    """Return an error whose links are absolute, as far as can be."""
    if not origin or not error.links:
        return error
    links = tuple((rel, absolute(href, origin)) for rel, href in error.links)
    return dataclasses.replace(error, links=links)
