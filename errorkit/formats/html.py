# SPDX-License-Identifier: Apache-2.0
"""A small page for a person who came with a browser."""

from __future__ import annotations

import html
from collections.abc import Sequence

from errorkit.error import Error

CONTENT_TYPE = 'text/html; charset=utf-8'

# The page may use its own style element and nothing else.
HEADERS = (
    (
        'Content-Security-Policy',
        "default-src 'none'; style-src 'unsafe-inline'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    ),
)

_PAGE = """\
<!DOCTYPE html>
<html lang="{language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>{status} {title}</title>
<style>
:root {{ color-scheme: light dark }}
body {{ font: 1rem/1.5 system-ui, sans-serif; max-width: 44rem;
margin: 3rem auto; padding: 0 1rem }}
h1 {{ font-size: 1.4rem }}
p {{ white-space: pre-wrap; overflow-wrap: anywhere }}
dt {{ opacity: .7 }}
dd {{ margin: 0 0 .5rem; font-family: ui-monospace, monospace }}
</style>
</head>
<body>
{errors}</body>
</html>
"""


def dump(
    errors: Sequence[Error], truncated: bool = False, language: str = 'en'
) -> bytes:
    """Return the page, UTF-8, everything in it escaped.

    :param errors: the response's own error first
    :param truncated: say that there were more
    :param language: of the details, for the ``lang`` attribute
    """
    parts = [_section(error) for error in errors]
    if truncated:
        parts.append(f'<p>{_MORE}</p>\n')
    page = _PAGE.format(
        language=html.escape(language),
        status=errors[0].status,
        title=html.escape(errors[0].title),
        errors=''.join(parts),
    )
    return page.encode('utf-8', 'backslashreplace')


_MORE = '\N{HORIZONTAL ELLIPSIS}'


def _section(error: Error) -> str:
    facts = []
    if error.code:
        facts.append(('code', html.escape(error.code)))
    if error.request_id:
        facts.append(('request id', html.escape(error.request_id)))
    for rel, href in error.links:
        shown = html.escape(href)
        if href.startswith(('https://', 'http://', '/')):
            shown = f'<a href="{shown}" rel="{html.escape(rel)}">{shown}</a>'
        facts.append((rel, shown))
    listed = ''.join(
        f'<dt>{html.escape(name)}</dt><dd>{value}</dd>\n'
        for name, value in facts
    )
    return (
        f'<h1>{error.status} {html.escape(error.title)}</h1>\n'
        f'<p>{html.escape(error.detail)}</p>\n'
        f'<dl>\n{listed}</dl>\n'
    )
