# SPDX-License-Identifier: Apache-2.0
"""What is a secret by its name or by its form is masked in a text.

By name: ``password=…``, ``"adminPass": "…"``, ``('X-Auth-Token', '…')``,
``--os-password …``, a header line, XML. By form: Fernet tokens, JWT, bearer
and basic credentials, AWS key ids, the user part of a URL, private keys.
In doubt more is masked than needed. Nothing is searched twice: the time is
linear in the length of the text, and next to none where no word hints at a
secret.
"""

from __future__ import annotations

from errorkit.secrets import forms, names
from errorkit.secrets.forms import MASK

__all__ = ['MASK', 'mask']


def mask(text: str) -> str:
    """Return a text without what is a secret by its name or its form.

    :param text: of any length, one line or many
    """
    low = text.lower()
    # What every name and form below has in it, in as few pieces as can be.
    # One character or a long word is looked for in some 30 ns a line, two
    # or three characters in 100, and any regular expression takes longer.
    if not (
        (
            'k' in low
            and (
                'token' in low
                or 'key' in low
                or 'cookie' in low
                or 'akia' in low
            )
        )
        or ('@' in low and '://' in low)
        or ('ss' in low and ('pass' in low or 'session' in low))
        or 'secret' in low
        or 'pwd' in low
        or 'authorization' in low
        or (
            'si' in low
            and (
                '_sig' in low
                or 'signature' in low
                or 'basic' in low
                or 'asia' in low
            )
        )
        or 'eyj' in low
        or 'bearer' in low
        or 'gaaaaa' in low
    ):
        return text
    # Keys first: they are the longest, and hold what else looks like more.
    text = forms.without_blocks(text)
    text = names.without_named(text)
    return forms.without_tokens(text)
