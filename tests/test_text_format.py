# SPDX-License-Identifier: Apache-2.0
"""Errors as lines of plain text, and their way back."""

import dataclasses

import pytest
import webob
import webob.exc
from assertions import ask, assert_error
from hostile_errors import as_shown, errors_of, texts_of
from hypothesis import given, settings
from hypothesis import strategies as st

import errorkit
from errorkit import Error
from errorkit.formats import text as lines

FULL = Error(
    409,
    'Name exists',
    'The name is taken.\n\ncode: mine\n',
    'volume.name_exists',
    'req-0f8c6d1e-5a0b-4f0e-9a51-2f1b8f3f7c11',
    links=(('help', 'https://help.example/names'), ('describedby', '/docs')),
    source={'pointer': '/volume/name', 'header': 'If-Match'},
    retry='after-refresh',
    max_version='3.70',
    min_version='3.0',
    trace_id='4bf92f3577b34da6a3ce929d0e0e4736',
)
SHORT = Error(400, 'Bad Request', 'no')
DIGITS = '4\N{DEVANAGARI DIGIT ZERO}9'

# What the lines are made of, and what encoders stumble on.
PIECES = [
    *('', ' ', 'a', '\n', '\r', '\r\n', '\n\n', '\t', '\x00', '\x0b', '\x0c'),
    *('\x1c', '\x85', '\u2028', '\u202e', '\ufeff', '\uffff', '\ud800'),
    *('\udfff', '\\ud800', '\\', '\\n', '\\\\', '\\x3a', ':', ': ', '…', '>'),
    *('* * *', '\n* * *\n', '\n>* * *', '>> * * *', '\n* * *\n\n', '\n…\n'),
    *('409 Conflict\n\n', '\n\n409 ', 'code: x\n', 'request id: ', 'help'),
    *('help: x', 'link ', 'source ', 'code', '<!--', '</p>', '%s', '{}'),
]
texts = texts_of(PIECES)
errors = errors_of(texts)


def dumped(*given, **how):
    """Return the lines of errors, as text."""
    return lines.dump(given, **how).decode('utf-8')


# -- the way back


@settings(deadline=None, max_examples=200)
@given(st.lists(errors, min_size=1, max_size=3), st.booleans())
def test_what_was_written_is_read_back(given, truncated):
    text = dumped(*given, truncated=truncated)
    assert lines.load(text) == tuple(map(as_shown, given))


def test_every_fact_is_read_back():
    assert lines.load(dumped(FULL, SHORT)) == (FULL, SHORT)


def test_the_authors_own_members_are_not_in_the_lines():
    with_extra = dataclasses.replace(FULL, extra={'rack': 'rack-12'})
    assert 'rack' not in dumped(with_extra)
    assert lines.load(dumped(with_extra)) == (FULL,)


def test_that_there_were_more_errors_is_shown_and_not_read_back():
    assert dumped(SHORT, truncated=True).endswith('\n\n…\n')
    assert lines.load(dumped(SHORT, truncated=True)) == (SHORT,)


def test_a_detail_that_says_there_were_more_is_a_detail():
    error = Error(409, 'T', 'a\n* * *\n\n…')
    assert lines.load(dumped(error)) == (error,)


def test_a_lone_surrogate_comes_back_as_its_escape():
    [error] = lines.load(dumped(Error(409, 'T\udfff', 'a\ud800b')))
    assert error.title == '\\'.join(('T', 'udfff'))
    assert error.detail == '\\'.join(('a', 'ud800b'))


def test_an_empty_member_comes_back_as_none():
    empty = Error(409, 'T', 'D', '', '', source={}, retry='', trace_id='')
    assert lines.load(dumped(empty)) == (Error(409, 'T', 'D'),)


def test_what_is_no_text_comes_back_as_its_text():
    odd = Error(409, 'T', 'D', source={'parameter': 7}, retry=5)
    [error] = lines.load(dumped(odd))
    assert (error.source, error.retry) == ({'parameter': '7'}, '5')


@pytest.mark.parametrize(
    'text',
    [
        '',
        'x',
        '409 ',
        '409 Conflict',
        '409 Conflict\n',
        '409 Conflict\n\nfull\n',
        '404 Not Found\nThe resource could not be found.\n\n\n\n',
        '404 Not Found\n\nNo.\n\nContact: admin@cloud.example\n',
        '404 Not Found\n\nNo.\n\ncode\n',
        pytest.param(dumped(FULL)[:-1], id='cut'),
        pytest.param(dumped(FULL)[1:], id='begun late'),
        pytest.param(f'{dumped(FULL)} ', id='longer'),
        pytest.param(dumped(FULL).replace('409', '200'), id='a success'),
        pytest.param(dumped(FULL).replace('409', DIGITS), id='odd digits'),
        pytest.param(dumped(FULL).replace('\nretry', '\nmood'), id='mood'),
        pytest.param(dumped(FULL).replace('\nretry', '\ncode'), id='twice'),
        pytest.param(dumped(FULL).replace(': 3.70', ': '), id='no value'),
        pytest.param(f'{dumped(FULL)}\n* * *\n\n', id='one more, empty'),
    ],
)
def test_what_are_not_our_lines_is_not_read(text):
    assert lines.load(text) is None


@pytest.mark.parametrize('accept', ['text/html', 'text/plain'])
@pytest.mark.parametrize('detail', [None, 'full', 'full\n\ncode: x'])
@pytest.mark.parametrize('comment', [None, 'volume.full'])
def test_an_answer_of_webobs_is_not_ours(accept, detail, comment):
    request = webob.Request.blank('/', accept=accept)
    error = webob.exc.HTTPConflict(detail, comment=comment)
    assert lines.load(request.get_response(error).text) is None


@settings(deadline=None, max_examples=200)
@given(st.data())
def test_damaged_lines_are_read_or_not_but_never_raise(data):
    text = dumped(FULL, SHORT, truncated=True)
    for _ in range(data.draw(st.integers(1, 4))):
        start = data.draw(st.integers(0, len(text)))
        end = data.draw(st.integers(start, min(start + 40, len(text))))
        text = text[:start] + data.draw(texts) + text[end:]
    found = lines.load(text)
    if found is not None:
        again = lines.load(lines.dump(found).decode())
        assert again == tuple(map(as_shown, found))


@pytest.mark.parametrize(
    'piece', ['\\', '>', '\n>', '* * *', '\n\n', '\n* * *\n\n', 'a: ', ':']
)
def test_a_million_pieces_are_a_detail_like_any_other(piece):
    error = Error(409, 'T', piece * 1_000_000)
    assert lines.load(dumped(error)) == (error,)


# -- what a person reads


def test_the_detail_stands_as_it_was_written():
    detail = 'a\\nb\n\n  c: d\r\n<!-- & -->\n'
    assert f'\n\n{detail}\n\n' in dumped(Error(409, 'T', detail))


def test_only_a_line_that_parts_two_errors_is_quoted():
    error = Error(409, 'T', '* * *\na * * *\n>* * *\n> a')
    assert dumped(error) == '409 T\n\n>* * *\na * * *\n>>* * *\n> a\n\n'


def test_all_but_the_detail_is_one_line_each():
    error = Error(
        409,
        'A\ntitle',
        'D',
        'a\ncode: b',
        links=(('a\nb: c', 'C:\\new'), ('code', '/')),
        source={'pointer: x': '/\n\n'},
    )
    assert dumped(error).split('\n') == [
        '409 A\\ntitle',
        '',
        'D',
        '',
        'code: a\\ncode: b',
        'source pointer\\x3a x: /\\n\\n',
        'link a\\nb\\x3a c: C:\\\\new',
        'link code: /',
        '',
    ]


def test_every_fact_has_its_line():
    def application(environ, start_response):
        raise errorkit.MultiError([FULL, SHORT])

    reply = ask(
        errorkit.wrap(application, service_type='volume'),
        headers={'Accept': 'text/plain'},
    )
    assert_error(
        reply,
        status=409,
        code='volume.name_exists',
        title='Name exists',
        detail=FULL.detail,
        kind='text/plain',
        count=2,
        links=[
            {'rel': 'help', 'href': 'https://help.example/names'},
            {'rel': 'describedby', 'href': '/docs'},
        ],
        source={'pointer': '/volume/name', 'header': 'If-Match'},
        retry='after-refresh',
        max_version='3.70',
        min_version='3.0',
        trace_id='4bf92f3577b34da6a3ce929d0e0e4736',
    )
