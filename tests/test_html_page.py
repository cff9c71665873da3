# SPDX-License-Identifier: Apache-2.0
"""The error page: what it shows, what it keeps out, and its way back."""

import dataclasses
import html.parser
import re

import pytest
import webob
import webob.exc
from assertions import ask, assert_error
from hostile_errors import as_shown, errors_of, shown, texts_of
from hypothesis import given, settings
from hypothesis import strategies as st

import errorkit
from errorkit import Error
from errorkit.formats import html as page

FULL = Error(
    409,
    'Name exists',
    'The name is taken.\n\n  Take <another> & go on.',
    'volume.name_exists',
    'req-0f8c6d1e-5a0b-4f0e-9a51-2f1b8f3f7c11',
    links=(
        ('help', 'https://help.example/name_exists?a=1&b="2"'),
        ('describedby', '/docs'),
        ('help', 'https://help.example/names'),
        ('', 'urn:x'),
    ),
    source={'pointer': '/volume/name', 'header': 'If-Match'},
    retry='after-refresh',
    max_version='3.70',
    min_version='3.0',
    trace_id='4bf92f3577b34da6a3ce929d0e0e4736',
)
SHORT = Error(400, 'Bad Request', 'no')
DIGITS = '4\N{DEVANAGARI DIGIT ZERO}9'

# What a page is made of, and what parsers and encoders stumble on.
PIECES = [
    *('', ' ', 'a', '\n', '\r', '\r\n', '\n\n', '\t', '\x00', '\x0b', '\x0c'),
    *('\x1b', '\x7f', '\x85', '\u2028', '\u202e', '\ufeff', '\uffff', 'ש'),
    *('\ud800', '\udfff', '\\ud800', '\\', '&', '&amp;', '&lt;', '&#13;'),
    *('&#' + '9' * 5000 + ';', '&amp;amp;', '<', '>', '"', "'", '</', '-->'),
    *('</p>\n', '</h1>', '<h2 dir="auto">', '</dl>\n', '</dd>\n', '<!--'),
    *('</main>\n</body>\n</html>\n', '</title>', '<script>', '<a href="'),
    *('</a>', '">', '</style>\n</head>\n<body>\n<main>\n', 'code', 'source '),
    *('link ', 'help', 'https://', '/', 'javascript:', '409 ', '{}', '%s'),
]
texts = texts_of(PIECES)
errors = errors_of(texts)


class Tags(html.parser.HTMLParser):
    """The tags and attributes of a page, and its paragraphs."""

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.tags, self.paragraphs, self.other = [], [], []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, [name for name, _ in attrs]))
        if tag == 'p':
            self.paragraphs.append('')

    def handle_endtag(self, tag):
        self.tags.append(f'/{tag}')

    def handle_data(self, data):
        if self.tags and self.tags[-1] == ('p', ['dir']):
            self.paragraphs[-1] += data

    def handle_comment(self, data):
        self.other.append(data)

    handle_pi = unknown_decl = handle_comment


def dumped(*given, **how):
    """Return the page of errors, as text."""
    return page.dump(given, **how).decode('utf-8')


def plain(text):
    """Return a harmless text that is as there as another one."""
    return 'https://x' if text.startswith(page._WEB) else 'x'


# -- the way back


@settings(deadline=None, max_examples=150)
@given(st.lists(errors, min_size=1, max_size=3), st.booleans(), texts)
def test_what_was_written_is_read_back(given, truncated, language):
    text = dumped(*given, truncated=truncated, language=language)
    assert page.load(text) == tuple(map(as_shown, given))


def test_every_fact_is_read_back():
    assert page.load(dumped(FULL, SHORT)) == (FULL, SHORT)


def test_the_authors_own_members_are_not_on_the_page():
    with_extra = dataclasses.replace(FULL, extra={'rack': 'rack-12'})
    assert 'rack' not in dumped(with_extra)
    assert page.load(dumped(with_extra)) == (FULL,)


def test_that_there_were_more_errors_is_shown_and_not_read_back():
    assert 'and more errors' in dumped(SHORT, truncated=True)
    assert 'and more errors' not in dumped(SHORT)
    assert page.load(dumped(SHORT, truncated=True)) == (SHORT,)


def test_a_lone_surrogate_comes_back_as_its_escape():
    [error] = page.load(dumped(Error(409, 'T', 'a\ud800b')))
    assert error.detail == '\\'.join(('a', 'ud800b'))


def test_an_empty_member_comes_back_as_none():
    empty = Error(409, 'T', 'D', '', '', source={}, retry='', trace_id='')
    assert page.load(dumped(empty)) == (Error(409, 'T', 'D'),)


def test_what_is_no_text_comes_back_as_its_text():
    odd = Error(409, 'T', 'D', source={'parameter': 7}, retry=5)
    [error] = page.load(dumped(odd))
    assert (error.source, error.retry) == ({'parameter': '7'}, '5')


def test_a_page_of_another_release_with_another_style_is_read():
    text = re.sub('<style>.*</style>', '<style>p{}</style>', dumped(FULL),
                  flags=re.DOTALL)
    assert 'p{}' in text
    assert page.load(text) == (FULL,)


@pytest.mark.parametrize(
    'text',
    [
        '',
        'x',
        '<!DOCTYPE html>\n<html lang="',
        '<!doctype html>\n<html lang=en>\n<title>404 Not Found</title>\n'
        '<h1>Not Found</h1>\n<p>The requested URL was not found.</p>\n',
        pytest.param(dumped(FULL)[:-1], id='cut'),
        pytest.param(dumped(FULL)[1:], id='begun late'),
        pytest.param(f'{dumped(FULL)} ', id='longer'),
        pytest.param(dumped(FULL).replace('409', '200'), id='a success'),
        pytest.param(dumped(FULL).replace('409', DIGITS), id='odd digits'),
        pytest.param(dumped(FULL).replace('>retry', '>mood'), id='mood'),
        pytest.param(dumped(FULL).replace('>retry', '>code'), id='twice'),
        pytest.param(dumped(FULL).replace('>3.70', '>'), id='no value'),
        pytest.param(dumped(FULL).replace('taken', '<b>taken</b>'), id='tag'),
        pytest.param(dumped(FULL).replace('</dl>', ''), id='an open list'),
        pytest.param(dumped(FULL).replace('h1', 'h2'), id='no h1'),
    ],
)
def test_what_is_not_our_page_is_not_read(text):
    assert page.load(text) is None


@pytest.mark.parametrize('accept', ['text/html', 'text/plain'])
def test_a_page_of_webobs_is_not_ours(accept):
    request = webob.Request.blank('/', accept=accept)
    response = request.get_response(webob.exc.HTTPConflict('full'))
    assert page.load(response.text) is None


@settings(deadline=None, max_examples=200)
@given(st.data())
def test_a_damaged_page_is_read_or_not_but_never_raises(data):
    text = dumped(FULL, SHORT, truncated=True)
    for _ in range(data.draw(st.integers(1, 4))):
        start = data.draw(st.integers(0, len(text)))
        end = data.draw(st.integers(start, min(start + 40, len(text))))
        text = text[:start] + data.draw(texts) + text[end:]
    found = page.load(text)
    if found is not None:
        assert page.load(page.dump(found).decode()) == tuple(
            map(as_shown, found)
        )


@pytest.mark.parametrize(
    'piece', ['<h2 dir="auto">', '</dd>\n', '</p>\n', '&#', '<dt>', '</h1>']
)
def test_a_page_of_a_million_pieces_is_refused(piece):
    start, end = dumped(SHORT).split('400 Bad Request</h1>')
    assert page.load(f'{start}{piece * 1_000_000}{end}') is None


# -- what the page lets in


@settings(deadline=None, max_examples=100)
@given(errors, texts)
def test_no_text_becomes_markup(error, language):
    harmless = dataclasses.replace(
        error,
        title='x',
        detail='x',
        links=tuple(('x', plain(href)) for _, href in error.links),
        **{
            name: 'x'
            for name in (
                *('code', 'request_id', 'retry', 'trace_id'),
                *('min_version', 'max_version'),
            )
            if getattr(error, name)
        },
        source={str(n): 'x' for n in range(len(error.source or ()))},
    )
    text = dumped(error, language=language)
    parsed = Tags(text)
    assert parsed.tags == Tags(dumped(harmless)).tags
    assert parsed.other == []
    assert '<!--' not in text
    assert parsed.paragraphs == [shown(error.detail)]


def test_a_carriage_return_reaches_a_browser():
    # The input of HTML has none: a browser makes a line feed of it.
    assert 'a&#13;\nb' in dumped(Error(409, 'T', 'a\r\nb'))
    assert '\r' not in dumped(Error(409, '\r', '\r', '\r', '\r'))


def test_only_a_link_to_the_web_can_be_followed():
    links = ('https://a', 'http://b', '/c', 'javascript:d', 'data:e', ' /f')
    text = dumped(
        Error(409, 'T', 'D', links=tuple(('help', to) for to in links))
    )
    assert re.findall('href="(.*?)"', text) == ['https://a', 'http://b', '/c']
    for to in links:
        assert to in text


# -- what a person sees


def several(*given):
    """Return an application that answers with these errors."""

    def application(environ, start_response):
        raise errorkit.MultiError(given)

    return errorkit.wrap(application, service_type='volume')


def test_every_fact_is_on_the_page():
    reply = ask(several(FULL, SHORT), headers={'Accept': 'text/html'})
    error = assert_error(
        reply,
        status=409,
        code='volume.name_exists',
        title='Name exists',
        detail=FULL.detail,
        kind='text/html',
        count=2,
        source={'pointer': '/volume/name', 'header': 'If-Match'},
        retry='after-refresh',
        max_version='3.70',
        min_version='3.0',
        trace_id='4bf92f3577b34da6a3ce929d0e0e4736',
    )
    assert [link['href'] for link in error['links']] == [
        href for _, href in FULL.links
    ]


def test_the_policy_allows_the_pages_own_style_and_nothing_else():
    reply = ask(several(SHORT), headers={'Accept': 'text/html'})
    assert_error(
        reply, status=400, code='volume.undefined_code', kind='text/html'
    )
    policy = reply.one('Content-Security-Policy')
    assert 'unsafe' not in policy
    assert re.findall('[a-z]+-src [^;]*', policy) == [
        "default-src 'none'",
        re.search("style-src 'sha256-[A-Za-z0-9+/]{43}='", policy)[0],
    ]


def test_the_first_error_has_the_one_main_heading():
    tags = Tags(dumped(FULL, SHORT, SHORT)).tags
    headings = [tag[0] for tag in tags if tag[0] in ('h1', 'h2')]
    assert headings == ['h1', 'h2', 'h2']
    assert tags.count(('main', [])) == 1


def test_the_page_says_its_language_and_that_of_the_names():
    text = dumped(FULL, language='he')
    assert '<html lang="he">' in text
    assert '<dl lang="en">' in text
    assert text.count('dir="auto"') == 2


def test_an_error_without_facts_has_no_empty_list():
    assert '<dl' not in dumped(SHORT)


def test_what_is_to_be_copied_is_selected_whole():
    style = page._STYLE
    assert 'user-select:all' in re.search(r'\ndd\{(.*?)\}', style)[1]


def test_the_page_is_small_and_needs_nothing_else():
    text = dumped(FULL)
    markup = len(text) - len(FULL.detail)
    assert markup - sum(len(href) for _, href in FULL.links) < 2560
    for part in ('<script', 'src=', '@import', 'url(', '<link', 'style='):
        assert part not in text


def schemes():
    """Return the colours of the light and of the dark scheme."""
    light, dark = re.findall(r':root\{(.*?)\}', page._STYLE)
    return {
        name: dict(re.findall('--([a-z]+):(#[0-9a-f]+)', colours))
        for name, colours in (('light', light), ('dark', dark))
    }


def luminance(colour):
    """Return the relative luminance of a colour (WCAG 2.1)."""
    digits = colour[1:]
    if len(digits) == 3:
        digits = ''.join(2 * digit for digit in digits)
    parts = [int(digits[n : n + 2], 16) / 255 for n in (0, 2, 4)]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
        for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize('scheme', ['light', 'dark'])
@pytest.mark.parametrize('ink', ['ink', 'soft', 'link'])
@pytest.mark.parametrize('paper', ['paper', 'tint'])
def test_the_text_can_be_read_in_both_schemes(scheme, ink, paper):
    colours = schemes()[scheme]
    dark, light = sorted(
        (luminance(colours[ink]), luminance(colours[paper]))
    )
    # WCAG 2.1, success criterion 1.4.3.
    assert (light + 0.05) / (dark + 0.05) >= 4.5
