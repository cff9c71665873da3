# SPDX-License-Identifier: Apache-2.0
"""What is a secret by its name or by its form is masked in a text.

By name: ``password=…``, ``"adminPass": "…"``, ``('X-Auth-Token', '…')``,
``--os-password …``, ``set_password('…')``, a header line, XML. By form:
Fernet tokens, JWT, bearer and basic credentials, AWS key ids, the user part
of a URL, private keys.
In doubt more is masked than needed. Nothing is searched twice: the time is
linear in the length of the text, and next to none where no word hints at a
secret.
"""

from __future__ import annotations

import re

from errorkit.secrets import forms, names
from errorkit.secrets.forms import MASK

__all__ = ['MASK', 'UNMASKED', 'mask']

#: Stands for a text whose secrets could not be masked.
UNMASKED = f'{MASK} (not shown: masking its secrets has failed)'


def mask(text: str) -> str:
    """Return a text without what is a secret by its name or its form.

    :param text: of any length, one line or many
    :returns: ``UNMASKED`` where that fails; nothing is raised
    """
    try:
        low = text.lower()
        # What every name and form below has in it, in as few pieces as can
        # be. One character is looked for in some 15 ns a line, a long word in
        # 35, two or three in 80, and any regular expression takes longer.
        if not (
            ('k' in low and _KEYS(low))
            or ('@' in low and '://' in low)
            or ('ass' in low and ('pass' in low or 'assertion' in low))
            or 'secret' in low
            or 'credential' in low
            or ('w' in low and _SHORT(low))
            or ('z' in low and 'authorization' in low)
            or (
                'si' in low
                and (
                    'session' in low
                    or 'basic' in low
                    or ('sig' in low and _SIGNS(low))
                )
            )
            or 'otp' in low
            or 'bearer' in low
            or (
                'f' in low
                and (
                    'verifier' in low
                    or ('F' in text and 'IDENTIFIED' in text)
                )
            )
            or ('J' in text and 'eyJ' in text)
            or (
                'A' in text
                and (
                    'gAAAAA' in text
                    or ('I' in text and ('AKIA' in text or 'ASIA' in text))
                    or ('L' in text and 'SAMLR' in text)
                )
            )
        ):
            return text
        # Keys first: they are the longest, and hold what else looks like
        # more.
        shown = forms.without_blocks(text)
        if shown is not text:
            low = shown.lower()
        shown = names.without_named(shown, low)
        return forms.without_tokens(shown, low)
    except Exception:  # better no text than no record, or one with secrets
        return UNMASKED


# What begins with one letter is looked for by that: token, key, cookie; pw,
# pwd, jwt.
_KEYS = re.compile('k(?:e[ny]|ie)').search
_SHORT = re.compile('w(?:(?<=pw)|(?<=jw)t)').search
_SIGNS = re.compile('_sig|signature|sig=|sig%').search
