# SPDX-License-Identifier: Apache-2.0
"""``application/problem+json``, RFC 9457, with our members as extensions.

``type`` is the help link and ``instance`` the request id once more. An
author's ``extra`` members named ``type``, ``instance`` or ``errors`` have no
place here and are lost.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from errorkit import ids
from errorkit.error import Error, title_of
from errorkit.formats import api_sig, field_errors

CONTENT_TYPE = 'application/problem+json'

_BLANK = 'about:blank'
_OWN = frozenset(['type', 'instance', 'errors'])


def dump(errors: Sequence[Error], truncated: bool = False) -> bytes:
    """Return the body, ASCII only.

    :param errors: the response's own error first, the further ones go into
        ``errors``
    :param truncated: mark the last one: there were more
    """
    first = errors[0]
    shown = json.loads(api_sig.dump(errors, truncated))['errors']
    own = shown[0]
    links = own.get('links', [])
    kind = _BLANK
    if len(links) == 1 and links[0]['rel'] == 'help':
        kind = links[0]['href']
        del own['links']
    told = {'type': kind}
    for name in ('title', 'status', 'detail'):
        told[name] = own.pop(name)
    if first.request_id and ids.is_valid(first.request_id, False):
        told['instance'] = 'urn:uuid:' + first.request_id[4:]
    for name, value in own.items():
        if name not in _OWN:
            told[name] = value
    if len(shown) > 1:
        told['errors'] = shown[1:]
    return api_sig.without_markup(json.dumps(told)).encode('ascii')


def load(data: Any, status: int | None = None) -> tuple[Error, ...] | None:
    """Read a parsed body.

    :param data: what the JSON held
    :param status: of the response, for one that leaves out members, all of
        which RFC 9457 makes optional; its detail may be empty then
    :returns: None when it is no problem
    """
    if type(data) is not dict:
        return None
    own = {
        name: value for name, value in data.items() if name not in _OWN
    }
    if status is not None:
        own.setdefault('status', status)
        own.setdefault('title', title_of(status))
        own.setdefault('detail', '')
    kind = data.get('type', _BLANK)
    if kind != _BLANK and 'links' not in own:
        own['links'] = [{'rel': 'help', 'href': kind}]
    first = api_sig.load({'errors': [own]})
    errors = data.get('errors')
    if first is None or not errors:
        return first
    # Another's member of this name holds other errors, or none.
    return first + (
        api_sig.load(data)
        or field_errors.read(status or first[0].status, errors)
    )
