# SPDX-License-Identifier: Apache-2.0
"""The HTML of the list of codes, and of one code."""

from __future__ import annotations

import base64
import hashlib
import html
from collections.abc import Iterable, Set

from errorkit.codes import ErrorCode
from errorkit.export import facts

CONTENT_TYPE = 'text/html; charset=utf-8'

# The look of the error page (formats.html): colours, text, facts, the list,
# then phones and paper.
_STYLE = """
:root{color-scheme:light dark;--ink:#1d2129;--soft:#596170;--rule:#d8dce3;\
--paper:#fff;--tint:#f4f6f8;--link:#0a55c4;--warn:#8a4b00}
@media screen and (prefers-color-scheme:dark){:root{--ink:#e6e9ee;\
--soft:#a2abb9;--rule:#363c46;--paper:#15181d;--tint:#1e2229;--link:#8ab8ff;\
--warn:#f0b45f}}
body{margin:0;background:var(--paper);color:var(--ink);\
font:1.0625rem/1.6 system-ui,sans-serif}
main{max-width:42rem;margin:auto;padding:clamp(1.5rem,8vmin,4rem) 1.25rem}
h1,h2{margin:0 0 .8rem;font-size:1.3rem;line-height:1.25;text-wrap:balance}
h1{font-size:clamp(1.6rem,6vmin,2.1rem)}
h2{margin-top:2.2rem}
h1,h2,p,dd,li{overflow-wrap:anywhere}
p{margin:0 0 .8rem;white-space:pre-wrap;unicode-bidi:plaintext}
code,h2>a{font-family:ui-monospace,monospace;font-size:.95em}
dl{display:grid;grid-template-columns:auto 1fr;gap:.5rem 1.5rem;\
margin:1.6rem 0 0;padding:1rem 1.2rem;background:var(--tint);\
border:1px solid var(--rule);border-radius:.5rem;font-size:.9rem}
dt{max-width:10rem;color:var(--soft);overflow-wrap:anywhere}
dt::first-letter{text-transform:uppercase}
dd{margin:0}
dd>code{-webkit-user-select:all;user-select:all}
a{color:var(--link)}
nav{margin-bottom:1.6rem;font-size:.9rem}
.note{color:var(--warn)}
.of{color:var(--soft);font-size:.9rem}
section{border-top:1px solid var(--rule);padding:1.1rem 0 .3rem}
section h2{margin:0 0 .3rem;font-size:1rem}
section p{margin:0 0 .3rem}
section:target{background:var(--tint);box-shadow:0 0 0 .5rem var(--tint)}
ul{margin:0;padding-left:1.2rem}
@media(max-width:34rem){dl{display:block}dt{max-width:none}\
dd+dt{margin-top:.6rem}}
@media print{main{max-width:none;padding:0}dl,section{break-inside:avoid}}
"""

# As of the error page: its own style and nothing else.
_HASH = base64.b64encode(hashlib.sha256(_STYLE.encode('ascii')).digest())
HEADERS = (
    (
        'Content-Security-Policy',
        f"default-src 'none'; style-src 'sha256-{_HASH.decode('ascii')}'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    ),
)


def index(title: str, codes: Iterable[ErrorCode], prefix: str) -> str:
    """Return the list of codes; each has its string as its anchor.

    :param title: the heading
    :param codes: in the order of the page
    :param prefix: from the list's URL to those of the codes
    """
    shown = f'<h1>{_escaped(title)}</h1>\n'
    for code in codes:
        shown += (
            f'<section id="{code}">\n'
            f'<h2><a href="{_escaped(prefix)}{code}">{code}</a></h2>\n'
        )
        if code.meaning:
            shown += f'<p dir="auto">{_escaped(code.meaning)}</p>\n'
        named = [facts.statuses(code), facts.title(code)]
        if code.retired:
            named.append('retired')
        elif code.deprecated_since:
            named.append('deprecated')
        line = ' \N{MIDDLE DOT} '.join(one for one in named if one)
        shown += f'<p class="of">{_escaped(line)}</p>\n</section>\n'
    return _page(title, shown)


def one(
    code: ErrorCode,
    related: Iterable[str],
    known: Set[str],
    title: str,
    prefix: str,
) -> str:
    """Return the page of a code.

    :param related: codes that have a page
    :param known: all strings that have one
    :param title: of the list
    :param prefix: from the page's URL to the list's
    """
    heading = facts.title(code) or code
    shown = (
        f'<nav><a href="{prefix}">{_escaped(title)}</a></nav>\n'
        f'<h1 dir="auto">{_escaped(heading)}</h1>\n'
    )
    if code.retired:
        shown += f'<p class="note">{facts.RETIRED}</p>\n'
    elif code.deprecated_since:
        shown += (
            '<p class="note">This code is deprecated: new programs should '
            'not rely on it.</p>\n'
        )
    if code.meaning:
        shown += f'<p dir="auto">{_escaped(code.meaning)}</p>\n'
    own = {code, *(name for _, name in code.renames)}
    shown += f'<dl>\n<dt>code</dt>\n<dd><code>{code}</code></dd>\n'
    for fact in facts.facts(code):
        text = _escaped(fact.text)
        if fact.kind == 'code' and fact.text in known - own:
            text = f'<a href="{prefix}{text}"><code>{text}</code></a>'
        elif fact.kind == 'code':
            text = f'<code>{text}</code>'
        elif fact.kind == 'link':
            is_own = fact.text.endswith(f'/{code}')
            if is_own or not fact.text.startswith(_WEB):
                continue
            text = f'<a href="{text}" rel="help">{text}</a>'
        shown += f'<dt>{_escaped(fact.name)}</dt>\n<dd>{text}</dd>\n'
    shown += '</dl>\n'
    listed = ''.join(
        f'<li><a href="{prefix}{name}"><code>{name}</code></a></li>\n'
        for name in related
    )
    if listed:
        shown += f'<h2 id="related">Related codes</h2>\n<ul>\n{listed}</ul>\n'
    return _page(f'{heading} - {code}', shown)


# The pages are of the service's host, so a path will do.
_WEB = ('https://', 'http://', '/')


def _page(title: str, shown: str) -> str:
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, '
        f'initial-scale=1">\n<title>{_escaped(title)}</title>\n'
        f'<style>{_STYLE}</style>\n</head>\n<body>\n<main>\n{shown}</main>\n'
        '</body>\n</html>\n'
    )


def _escaped(text: str) -> str:
    return html.escape(text)
