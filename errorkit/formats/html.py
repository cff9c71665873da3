# SPDX-License-Identifier: Apache-2.0
"""A small page for a person who came with a browser, and the way back.

What ``load`` reads is what ``dump`` was given, but for this:

* ``extra``, and that the list was cut, are not on the page;
* a lone surrogate comes back as the escape that it is shown as, ``\\ud800``;
* an empty member comes back as None, and what is no text as its text.

A browser itself drops NUL characters; ``load`` has them.
"""

from __future__ import annotations

import base64
import hashlib
import html
from collections.abc import Sequence

from errorkit.error import ELLIPSIS, Error
from errorkit.formats.text import facts, restored

CONTENT_TYPE = 'text/html; charset=utf-8'

# In the order of the page: colours, text, facts, then phones and paper.
_STYLE = """
:root{color-scheme:light dark;--ink:#1d2129;--soft:#596170;--rule:#d8dce3;\
--paper:#fff;--tint:#f4f6f8;--link:#0a55c4}
@media screen and (prefers-color-scheme:dark){:root{--ink:#e6e9ee;\
--soft:#a2abb9;--rule:#363c46;--paper:#15181d;--tint:#1e2229;--link:#8ab8ff}}
body{margin:0;background:var(--paper);color:var(--ink);\
font:1.0625rem/1.6 system-ui,sans-serif}
main{max-width:42rem;margin:auto;padding:clamp(1.5rem,10vmin,5rem) 1.25rem}
h1,h2{margin:0 0 .8rem;font-size:1.3rem;line-height:1.25;text-wrap:balance}
h1{font-size:clamp(1.6rem,6vmin,2.1rem)}
h2{margin-top:2.5rem}
h1,h2,p,dd{overflow-wrap:anywhere}
p{margin:0;white-space:pre-wrap;unicode-bidi:plaintext}
dl{display:grid;grid-template-columns:auto 1fr;gap:.5rem 1.5rem;\
margin:1.6rem 0 0;padding:1rem 1.2rem;background:var(--tint);\
border:1px solid var(--rule);border-radius:.5rem;font-size:.9rem}
dt{max-width:10rem;color:var(--soft);overflow-wrap:anywhere}
dt::first-letter{text-transform:uppercase}
dd{margin:0;font-family:ui-monospace,monospace;\
-webkit-user-select:all;user-select:all}
a{color:var(--link)}
footer{margin-top:2rem;color:var(--soft)}
@media(max-width:34rem){dl{display:block}dt{max-width:none}dd+dt{margin-top:.6rem}}
@media print{main{max-width:none;padding:0}dl{break-inside:avoid}}
"""

# The page may use its own style element and nothing else. The hash is of
# what stands between the tags (CSP Level 3, section 8.3).
_HASH = base64.b64encode(hashlib.sha256(_STYLE.encode('ascii')).digest())
HEADERS = (
    (
        'Content-Security-Policy',
        f"default-src 'none'; style-src 'sha256-{_HASH.decode('ascii')}'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    ),
)

_START = '<!DOCTYPE html>\n<html lang="'
_HEAD = """">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>"""
_MAIN = '</style>\n</head>\n<body>\n<main>\n'
_BODY = f'</title>\n<style>{_STYLE}{_MAIN}'
_END = '</main>\n</body>\n</html>\n'
_MORE = f'<footer lang="en">{ELLIPSIS} and more errors.</footer>\n'

_DETAIL = '\n<p dir="auto">'
# The names of the facts are English whatever the detail is.
_FACTS = '<dl lang="en">\n'


def dump(
    errors: Sequence[Error], truncated: bool = False, language: str = 'en'
) -> bytes:
    """Return the page, UTF-8, everything in it escaped.

    :param errors: the response's own error first
    :param truncated: say that there were more
    :param language: of the details, for the ``lang`` attribute
    """
    heading = _heading(errors[0])
    shown = _section(errors[0], heading, 'h1')
    for error in errors[1:]:
        shown += _section(error, _heading(error), 'h2')
    if truncated:
        shown += _MORE
    page = (
        f'{_START}{_escaped(language)}{_HEAD}{heading}{_BODY}{shown}{_END}'
    )
    return page.encode('utf-8', 'backslashreplace')


def _heading(error: Error) -> str:
    return f'{error.status} {_escaped(error.title)}'


def _section(error: Error, heading: str, tag: str) -> str:
    listed = ''
    for name, value in facts(error):
        shown = _escaped(value)
        # Only to the web: a link may hold a script.
        if name[:4] in _LINKS and value.startswith(_WEB):
            rel = _escaped(name.removeprefix('link '))
            shown = f'<a href="{shown}" rel="{rel}">{shown}</a>'
        listed += f'<dt>{_escaped(name)}</dt>\n<dd>{shown}</dd>\n'
    if listed:
        listed = f'{_FACTS}{listed}</dl>\n'
    return (
        f'<{tag} dir="auto">{heading}</{tag}>{_DETAIL}'
        f'{_escaped(error.detail)}</p>\n{listed}'
    )


_LINKS = ('help', 'link')
_WEB = ('https://', 'http://', '/')


def _escaped(text: str) -> str:
    text = html.escape(text)
    # HTML's input has no CR, only what a reference stands for.
    return text.replace('\r', '&#13;') if '\r' in text else text


def load(text: str) -> tuple[Error, ...] | None:
    """Read our own page back. Linear; never raises.

    The style may be another: the page may be of another release.

    :param text: a whole body
    :returns: None when it is not one of ours
    """
    if not text.startswith(_START) or not text.endswith(_END):
        return None
    _, found, body = text.partition(_MAIN)
    if not found:
        return None
    body = body[: -len(_END)].removesuffix(_MORE)
    errors = []
    tag = 'h1'
    for section in body.split('<h2 dir="auto">'):
        if tag == 'h1':
            if not section.startswith('<h1 dir="auto">'):
                return None
            section = section[len('<h1 dir="auto">') :]
        error = _loaded(section, f'</{tag}>')
        if error is None:
            return None
        errors.append(error)
        tag = 'h2'
    return tuple(errors)


def _loaded(section: str, close: str) -> Error | None:
    heading, found, rest = section.partition(close + _DETAIL)
    detail, ended, listed = rest.partition('</p>\n')
    if not found or not ended or '<' in heading or '<' in detail:
        return None
    read = []
    if listed:
        if not listed.startswith(_FACTS) or not listed.endswith('</dl>\n'):
            return None
        *items, last = listed[len(_FACTS) :].split('</dd>\n')
        if last != '</dl>\n':
            return None
        for item in items:
            name, found, value = item.partition('</dt>\n<dd>')
            if value.endswith('</a>'):
                value = value[: -len('</a>')].partition('">')[2]
            if not found or not name.startswith('<dt>') or '<' in value:
                return None
            read.append((_unescaped(name[len('<dt>') :]), _unescaped(value)))
    return restored(_unescaped(heading), _unescaped(detail), read)


def _unescaped(text: str) -> str:
    if '&' not in text:
        return text
    # html.unescape knows more than was written, and raises ValueError for
    # a reference of some thousand digits.
    for reference, character in _REFERENCES:
        text = text.replace(reference, character)
    return text


_REFERENCES = (
    ('&lt;', '<'),
    ('&gt;', '>'),
    ('&quot;', '"'),
    ('&#x27;', "'"),
    ('&#13;', '\r'),
    ('&amp;', '&'),
)
