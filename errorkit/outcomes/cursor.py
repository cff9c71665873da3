# SPDX-License-Identifier: Apache-2.0
"""The opaque marker of a page: where in a list the one before it ended.

A cursor holds the values its row was sorted by, so the row may be gone. It
needs no secret: whatever it says, the store is asked for the rows of the
caller's own project, and a cursor of somebody else's making is only another
place in them. So every worker and host reads the cursors of all others
without a key to share. What is bound to the project and the order is a
digest, so that a cursor of another list is unknown here, as another project's
message is; with ``key`` the digest is a signature.
"""

from __future__ import annotations

import base64
import binascii
import datetime
import hashlib
import hmac
import json

from errorkit.outcomes.exceptions import MarkerNotFound
from errorkit.outcomes.fitting import is_fit
from errorkit.outcomes.records import Order

#: What a cursor begins with and no message id does.
PREFIX = 'm1.'
_LONGEST = 8192
_DIGEST = 12
_TIMES = frozenset(['created_at', 'expires_at', 'start_time'])
_TIME = '%Y-%m-%dT%H:%M:%S.%f'

Values = tuple[str | datetime.datetime | None, ...]


def values_of(row: object, order: tuple[Order, ...]) -> Values:
    """Return what a message, an action or a fault is sorted by."""
    return tuple(getattr(row, key.column) for key in order)


def dump(
    row: object,
    order: tuple[Order, ...],
    project_id: str | None,
    key: bytes = b'',
) -> str:
    """Return the cursor behind a message, or whatever a list is of.

    :param order: of the list
    :param project_id: whose list it is; None: that of all projects
    :param key: signs it, at most 64 bytes; the same on every host
    """
    body = json.dumps(
        [
            value.astimezone(datetime.UTC).strftime(_TIME)
            if isinstance(value, datetime.datetime)
            else value
            for value in values_of(row, order)
        ],
        ensure_ascii=False,
        separators=(',', ':'),
    ).encode()
    whole = _digest(body, order, project_id, key) + body
    return PREFIX + base64.urlsafe_b64encode(whole).decode().rstrip('=')


def load(
    cursor: str,
    order: tuple[Order, ...],
    project_id: str | None,
    key: bytes = b'',
) -> Values:
    """Return the values in a cursor; see ``dump``.

    :raises MarkerNotFound: it is none, or of another project, or order
    """
    if len(cursor) > _LONGEST or not cursor.startswith(PREFIX):
        raise MarkerNotFound(cursor)
    try:
        encoded = cursor[len(PREFIX) :].encode('ascii')
        whole = base64.b64decode(
            encoded + b'=' * (-len(encoded) % 4), b'-_', validate=True
        )
        digest, body = whole[:_DIGEST], whole[_DIGEST:]
        due = _digest(body, order, project_id, key)
        if not hmac.compare_digest(digest, due):
            raise MarkerNotFound(cursor)
        found = json.loads(body)
        return tuple(
            _value(key_.column, value)
            for key_, value in zip(order, found, strict=True)
        )
    except (binascii.Error, ValueError, TypeError, RecursionError) as exc:
        # Whoever can compute a digest can put anything below it.
        raise MarkerNotFound(cursor) from exc


def _digest(
    body: bytes,
    order: tuple[Order, ...],
    project_id: str | None,
    key: bytes,
) -> bytes:
    bound = json.dumps(
        [project_id, [[one.column, one.descending] for one in order]]
    ).encode()
    return hashlib.blake2b(
        b'%d:%s%s' % (len(bound), bound, body), digest_size=_DIGEST, key=key
    ).digest()


def _value(column: str, value: object) -> str | datetime.datetime | None:
    if column in _TIMES:
        if not isinstance(value, str):
            raise ValueError(column)
        time = datetime.datetime.strptime(value, _TIME)
        if time.year < 1970:  # not every database can compare it
            raise ValueError(column)
        return time.replace(tzinfo=datetime.UTC)
    if value is None and column not in ('id', 'event_id', 'message_level'):
        return None
    if not is_fit(value):
        raise ValueError(column)
    return str(value)
