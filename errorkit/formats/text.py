# SPDX-License-Identifier: Apache-2.0
"""The facts of an error as lines of plain text."""

from __future__ import annotations

from collections.abc import Sequence

from errorkit.error import ELLIPSIS, Error

CONTENT_TYPE = 'text/plain; charset=utf-8'


def dump(errors: Sequence[Error], truncated: bool = False) -> bytes:
    """Return the lines, UTF-8.

    :param errors: the response's own error first
    :param truncated: say that there were more
    """
    parts = [_paragraph(error) for error in errors]
    if truncated:
        parts.append(f'{ELLIPSIS}\n')
    return '\n'.join(parts).encode('utf-8', 'backslashreplace')


def _paragraph(error: Error) -> str:
    lines = [f'{error.status} {error.title}', '', error.detail, '']
    if error.code:
        lines.append(f'code: {error.code}')
    if error.request_id:
        lines.append(f'request id: {error.request_id}')
    lines.extend(f'{rel}: {href}' for rel, href in error.links)
    return '\n'.join(lines) + '\n'
