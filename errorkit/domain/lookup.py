# SPDX-License-Identifier: Apache-2.0
"""What an exception is registered as, looked up by its class."""

from __future__ import annotations

from collections.abc import Mapping

from errorkit.domain.registration import Known


def known(
    error: BaseException, registered: Mapping[type[BaseException], Known]
) -> Known | None:
    """Find what an exception was registered as, by class, over the MRO.

    An unregistered one whose ``safe`` attribute is True is a 500 that shows
    its text. Its other attributes choose nothing.
    """
    if not registered:
        return Known(500, None, True) if _is_safe(error) else None
    try:
        found = next(
            filter(None, map(registered.get, _mro(type(error)))), None
        )
    except Exception:  # of a metaclass
        found = None
    if found is None:
        return Known(500, None, True) if _is_safe(error) else None
    if not found.safe and found.detail is None and _is_safe(error):
        return Known(found.status, found.code, True, found.headers)
    return found


_mro = type.__dict__['__mro__'].__get__


def _is_safe(error: BaseException) -> bool:
    try:
        return getattr(error, 'safe', False) is True
    except Exception:  # an attribute may be a property that fails
        return False
