# SPDX-License-Identifier: Apache-2.0
"""What a request id looks like: making one, and checking one."""

from __future__ import annotations

import hashlib
import itertools
import os
import re
import time
from collections.abc import Callable

LENGTH = 40
# No way back, which is quicker: each part has its one length.
_STRICT = re.compile(
    'req-[0-9a-f]{8}+-[0-9a-f]{4}+-4[0-9a-f]{3}+-[89ab][0-9a-f]{3}+'
    '-[0-9a-f]{12}+'
).fullmatch
_ANY_HEX = re.compile(
    'req-[0-9a-f]{8}+-[0-9a-f]{4}+-[0-9a-f]{4}+-[0-9a-f]{4}+-[0-9a-f]{12}+'
).fullmatch
_VARIANT = {digit: '89ab'[int(digit, 16) & 3] for digit in '0123456789abcdef'}

_urandom = os.urandom
_count = itertools.count()


def generate() -> str:
    """Return a new id: ``req-`` and a random UUID (RFC 9562, version 4).

    From the system's randomness at each call: what a process remembers is
    the same in all its forks.
    """
    try:
        digits = _urandom(16).hex('-', 6)
    except Exception:  # none to be had; a request still needs its own id
        digits = _without_randomness().hex('-', 6)
    return (
        f'req-{digits[:13]}-4{digits[14:17]}-'
        f'{_VARIANT[digits[17]]}{digits[18:]}'
    )


def _without_randomness() -> bytes:
    seed = f'{os.getpid()} {time.time_ns()} {next(_count)}'
    return hashlib.blake2b(seed.encode(), digest_size=16).digest()


def is_valid(value: str, strict: bool = True) -> bool:
    """Tell whether a value has the form of a request id.

    :param value: at most 40 characters of it are looked at
    :param strict: require a UUID of version 4 and its variant; without it
        any lower-case hexadecimal digits will do, as in oslo.middleware
    """
    match = _STRICT if strict else _ANY_HEX
    return len(value) == LENGTH and match(value) is not None


def matcher(strict: bool) -> Callable[[str], object]:
    """Return the whole-string match of a form, for values of its length."""
    return _STRICT if strict else _ANY_HEX
