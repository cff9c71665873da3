# SPDX-License-Identifier: Apache-2.0
"""A body of plain text: what is left without the status line."""

from __future__ import annotations

from errorkit.error import Error
from errorkit.formats.foreign import private, reasons


def read(status: int, text: str) -> tuple[Error, ...]:
    """Return the one Error a text stands for; its text is verbatim.

    :param status: the response's
    :param text: of any length
    """
    return (Error(status, '', detail(status, text)),)


def detail(status: int, text: str) -> str:
    """Return what a text says beyond the status, or an empty string."""
    if private.is_text(text):
        return ''
    text = text.strip()
    told = without_status(status, text)
    return '' if told is not text and private.is_text(told) else told


def without_status(status: int, text: str) -> str:
    """Return a text without the lines at its beginning that repeat it."""
    end = text.find('\n', 0, 128)
    first = text[:end] if end >= 0 else text
    if reasons.repeats(status, first.rstrip()):
        text = text[len(first) :].strip()
        # Of webob and Paste: the standard explanation, of one line or of
        # several before a blank one, then the author's.
        text = text.replace('\r\n', '\n') if '\r' in text[:512] else text
        for end in (text.find('\n\n'), text.find('\n')):
            explanation = text[:end] if end >= 0 else text
            if reasons.is_standard(status, explanation):
                return text[len(explanation) :].strip()
    return text
