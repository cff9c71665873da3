# SPDX-License-Identifier: Apache-2.0
"""The name of a code's exception class."""

from __future__ import annotations

import keyword
import re

_PARTS = re.compile('[._-]+')


def name_of(service_type: str, code: str) -> str:
    """Return the name of a code's class.

    What follows the service type, its words joined, each with a capital:
    ``placement.resource_provider.name_exists`` is
    ``ResourceProviderNameExists``. What would be no name in Python, as it
    begins with a digit, has ``Code`` in front.

    :param service_type: the prefix of the service's codes
    :param code: any valid code
    """
    reason = code.removeprefix(service_type + '.')
    name = ''.join(
        part[:1].upper() + part[1:] for part in _PARTS.split(reason)
    )
    return name if is_name(name) else f'Code{name}'


def is_name(name: object) -> bool:
    """Tell whether a class of a catalog can have a name.

    It begins with a capital, which nothing else in a catalog does.
    """
    return (
        isinstance(name, str)
        and name.isidentifier()
        and not keyword.iskeyword(name)
        and name[0].isupper()
    )
