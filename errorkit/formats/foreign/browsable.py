# SPDX-License-Identifier: Apache-2.0
"""The JSON that a browsable API shows on a page, between all its buttons."""

from __future__ import annotations

import json
from typing import Any

from errorkit.formats.foreign import markup

_MARK = 'class="response-info"'
_BEGIN = '</span>'
_END = '</pre>'
_NOTHING: frozenset[str] = frozenset()


def data_of(text: str) -> Any:
    """Return what the JSON of an answer on a page held, or None.

    :param text: of any page
    """
    at = text.find(_MARK)
    if at < 0:
        return None
    end = text.find(_END, at)
    shown = text[at:end].rpartition(_BEGIN)[2] if end > 0 else ''
    if not shown:
        return None
    # Addresses in it are links.
    words = (token[0] for token in markup.tokens(shown, _NOTHING))
    try:
        return json.loads(markup.resolved(''.join(words)))
    except (ValueError, RecursionError):
        return None
