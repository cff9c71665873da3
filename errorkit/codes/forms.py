# SPDX-License-Identifier: Apache-2.0
"""The form of a code, and of the service type it begins with."""

from __future__ import annotations

import re

MAX_LENGTH = 128
_LABELS = re.compile(r'[a-z0-9_-]+(?:\.[a-z0-9_-]+)+')
_SERVICE_TYPE = re.compile(r'[a-z0-9_-]+(?:\.[a-z0-9_-]+)*')


def is_valid(code: object) -> bool:
    """Tell whether a value has the form of a code.

    At least two labels of ``a-z``, ``0-9``, ``_`` and ``-``, joined by dots,
    128 characters at most (API-SIG errors guideline, made whole-string).
    """
    return (
        isinstance(code, str)
        and len(code) <= MAX_LENGTH
        and _LABELS.fullmatch(code) is not None
    )


def is_valid_service_type(service_type: object) -> bool:
    """Tell whether a value can be the prefix of codes."""
    return (
        isinstance(service_type, str)
        and len(service_type) < MAX_LENGTH // 2
        and _SERVICE_TYPE.fullmatch(service_type) is not None
    )


def undefined(service_type: str) -> str:
    """Return the code of an error that nobody gave one."""
    return f'{service_type}.undefined_code'
