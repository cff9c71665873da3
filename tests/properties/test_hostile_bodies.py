# SPDX-License-Identifier: Apache-2.0
"""Whatever bytes a body has: an answer of the right form, and no secret."""

import contextlib
import functools
import html
import json
import string

import pytest
from bodies import frameworks
from bodies.frameworks import PLANTED, ask
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from strategies import FRAGMENTS

from errorkit import codes, ids
from errorkit.formats import foreign
from errorkit.formats.foreign import page, plain, private, shapes

MIB = 1024 * 1024
READERS = {'json': shapes.read, 'page': page.read, 'text': plain.read}
TYPES = [
    '', 'application/json', 'text/html', 'text/html; charset=utf-8',
    'text/plain', 'text/plain; charset=latin-1', 'application/xml',
    'application/json; charset=utf-16', 'text/plain; charset=none-such',
    'text/html; charset="', 'text/html; charset=idna',
]
STATUSES = [400, 404, 409, 500, 503, 599]

content_types = st.one_of(st.sampled_from(TYPES), st.text(max_size=40))
statuses = st.sampled_from(STATUSES)
slow = settings(deadline=None, max_examples=150)


def check_form(status, errors):
    assert type(errors) is tuple
    assert 1 <= len(errors) <= 21
    for error in errors:
        assert error.status == status
        assert type(error.title) is str
        assert type(error.detail) is str
        assert 'Traceback (most recent call last' not in error.detail
        assert error.code is None or codes.is_valid(error.code)
        assert error.request_id is None or ids.is_valid(
            error.request_id, strict=False)
        for rel, href in error.links:
            assert rel.isascii()
            assert href.startswith(('http://', 'https://'))
            assert href.isascii() and href.isprintable()
        if error.source is not None:
            ((name, value),) = error.source.items()
            assert name in ('pointer', 'parameter', 'header')
            assert type(value) is str


def check(status, content_type, body):
    """Check what is read of a body, and that no guard was needed for it."""
    parsed = foreign.parse(content_type, body)
    errors = foreign.read(status, parsed)
    check_form(status, errors)
    if parsed.kind in READERS:
        with contextlib.suppress(RecursionError):
            assert READERS[parsed.kind](status, parsed.data) == errors
    return errors


@given(statuses, content_types, st.binary(max_size=400))
@slow
def test_any_bytes(status, content_type, body):
    check(status, content_type, body)


PIECES = [
    *FRAGMENTS, '<', '</', '<!', '<?', '<a', '<a href="', "<a b='", '>', '/>',
    '<html>', '<head>', '<title>', '</title>', '<hr>', '<pre>', '</pre>',
    '<script>', '</script', '<svg/>', '<![CDATA[', ']]>', '<address>', '<x>',
    '</x>', '<debuginfo>', '&#', '&#x110000;', '&#99999999999;', '=',
    '404 Not Found', 'Not Found', '\u0130', '<?xml version="1.0"?>',
    '{"detail": [', '{"errors": {"a": ', '["x"]', '}', ']', '"', ':', ',',
]
pieces = st.lists(st.sampled_from(PIECES), max_size=24).map(''.join)


@given(statuses, content_types, pieces)
@slow
def test_any_markup(status, content_type, text):
    check(status, content_type, text.encode('utf-8', 'surrogatepass'))


@functools.cache
def real_bodies():
    flask = frameworks.flask_app()
    pecan = frameworks.pecan_app()
    answers = [
        ask(flask, '/full'), ask(flask, '/nowhere'), ask(flask, '/object'),
        ask(frameworks.falcon_app(), '/full'),
        ask(frameworks.falcon_app(), '/full', 'application/xml'),
        ask(pecan, '/full', 'text/html'),
        ask(pecan, '/volumes/1', 'application/xml'),
        ask(pecan, '/volumes/0', 'application/json'),
        ask(frameworks.paste_app, accept='text/html'),
        ask(frameworks.paste_app, accept='text/plain'),
        ask(frameworks.paste_debugger(True)),
        frameworks.gunicorn_page(400, 'Bad Request', 'No'),
        *frameworks.django_answers(False).values(),
    ]
    return sorted({body for _, _, body in answers})


@given(st.data(), statuses, content_types)
@slow
def test_any_change_of_a_real_body(data, status, content_type):
    body = data.draw(st.sampled_from(real_bodies()))
    for _ in range(data.draw(st.integers(1, 4))):
        start = data.draw(st.integers(0, len(body)))
        end = data.draw(st.integers(start, min(len(body), start + 60)))
        new = data.draw(st.one_of(
            st.binary(max_size=4),
            st.sampled_from(PIECES).map(
                lambda piece: piece.encode('utf-8', 'replace')),
            st.just(body[start:end] * 2)))
        body = body[:start] + new + body[end:]
    check(status, content_type, body)


NAMES = [
    'message', 'msg', 'detail', 'title', 'description', 'error', 'errors',
    'code', 'status', 'source', 'pointer', 'links', 'link', 'href', 'rel',
    'type', 'request_id', 'loc', 'faultstring', 'faultcode', 'explanation',
    'error_message', 'error_description', 'non_field_errors', 'itemNotFound',
    'NeutronError', 'name', 'a/b', '~', 'Message', 'fault', 'reason',
]
PRIVATE = [
    'traceback', 'debuginfo', 'debug_info', 'stack', 'stackTrace', 'trace',
    'exception', 'Exception', 'exceptionMessage', 'debug', 'password',
    'adminPass', 'token', 'access_token', 'secret', 'clientSecret', 'api-key',
]
names = st.one_of(st.sampled_from(NAMES), st.text(max_size=4))
leaves = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(),
    st.text(max_size=8),
    st.sampled_from(['', 'No room.', 'a.b', 'https://e.example/', '/a',
                     '{"message": "x"}', '{', '[1', '409 Conflict']))
values = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(names, inner, max_size=4)),
    max_leaves=20)


@given(statuses, st.sampled_from(TYPES), values)
@slow
def test_any_json(status, content_type, data):
    check(status, content_type, json.dumps(data).encode())


planted = st.one_of(
    st.just(PLANTED), st.just([PLANTED]), st.just({'message': PLANTED}),
    st.just([{'message': PLANTED}]), st.just({'message': [PLANTED]}),
    st.just(json.dumps({'message': PLANTED})), st.just({PLANTED: [PLANTED]}))


@st.composite
def bodies_with_a_secret(draw):
    """Make JSON with a secret in private members, at any depth."""
    inner = st.deferred(lambda: objects | leaves | st.lists(
        objects, min_size=1, max_size=3))
    objects = st.builds(
        lambda open_, name, hidden: {**open_, name: hidden},
        st.dictionaries(names, inner, max_size=3),
        st.sampled_from(PRIVATE), planted)
    return draw(objects)


@given(statuses, st.sampled_from(TYPES), bodies_with_a_secret(),
       st.integers(0, 400))
@slow
def test_a_secret_in_a_private_member_never_comes_out(
        status, content_type, data, cut):
    for body in (json.dumps(data), json.dumps({'error': json.dumps(data)}),
                 json.dumps([data]), json.dumps(data)[:cut]):
        assert PLANTED not in repr(
            check(status, content_type, body.encode()))


@pytest.mark.parametrize('name', PRIVATE)
def test_nor_from_xml(name):
    hidden = f'<{name}><{name}>a</{name}>{PLANTED}</{name}>'
    document = f'<error><m>No</m>{hidden}<n>room</n></error>'
    (error,) = check(500, 'application/xml', document.encode())
    assert error.detail == 'No\nroom'
    part = document[:document.index(PLANTED) + len(PLANTED)]
    (error,) = check(500, 'application/xml', part.encode())
    assert error.detail == 'No'


JSON_PLACES = [
    {'message': 0}, {'detail': 0}, {'msg': 0}, {'error': 0},
    {'title': 'T', 'description': 0}, {'error': {'message': 0}},
    {'itemNotFound': {'code': 404, 'message': 0}}, {'detail': [0]},
    {'name': [0]}, {'a': {'b': [0]}}, {'errors': {'name': [0]}},
    {'errors': [{'status': 400, 'detail': 0}]}, [0], {'faultstring': 0},
    {'detail': [{'loc': ['body'], 'msg': 0}]}, {'errors': [0]},
    {'NeutronError': {'type': 'T', 'message': 0, 'detail': ''}},
]
texts = st.one_of(
    st.text(min_size=1, max_size=60),
    st.lists(st.sampled_from(FRAGMENTS), min_size=1).map(''.join))


def _filled(place, text):
    if isinstance(place, dict):
        return {name: _filled(value, text) for name, value in place.items()}
    if isinstance(place, list):
        return [_filled(value, text) for value in place]
    return text if place == 0 else place


@pytest.mark.parametrize('place', JSON_PLACES, ids=json.dumps)
@given(text=texts)
@example(text='a <uuid> & so\n\n on')
@settings(deadline=None, max_examples=25)
def test_a_persons_text_comes_out_of_json_as_it_is(place, text):
    assume(text and text[0] not in '{[' and not private.is_text(text))
    body = json.dumps(_filled(place, text)).encode()
    (error,) = check(400, 'application/json', body)
    assert error.detail == json.loads(json.dumps(text))


PAGES = [
    '<!doctype html>\n<html lang=en>\n<title>409 Conflict</title>\n'
    '<h1>Conflict</h1>\n<p>{}</p>\n',
    '<html>\n <head>\n  <title>409 Conflict</title>\n </head>\n <body>\n'
    '  <h1>409 Conflict</h1>\n  {}<br /><br />\n<!-- x -->\n\n </body>\n'
    '</html>',
    '<html><head><title>Conflict</title></head><body><h1>Conflict</h1>'
    '<p>{}</p><hr noshade>\n<div align="right">WSGI Server</div></body>',
    '<html><body><center><h1>409 Conflict</h1></center><p>{}</p>'
    '<hr><center>nginx/1.22.1</center></body></html>',
    '<h1>{}</h1>',
    '<p>{}',
]
WORDS = string.ascii_letters + string.digits + '<>&"\'.,:;!?-/()#%$\xe9\u65e5'
words = st.lists(st.text(WORDS, min_size=1, max_size=12), min_size=1,
                 max_size=8).map(' '.join)


@pytest.mark.parametrize('shape', PAGES)
@given(text=words)
@settings(deadline=None, max_examples=40)
def test_every_word_comes_out_of_a_page(shape, text):
    assume(not private.is_text(text))
    body = shape.format(html.escape(text)).encode()
    (error,) = check(409, 'text/html', body)
    assert error.detail == text


@given(words, words, st.sampled_from(['', '409 Conflict\n', 'Conflict\r\n']))
@settings(deadline=None, max_examples=60)
def test_every_word_comes_out_of_a_text(first, second, before):
    text = f'{first}\n\n  {second}'
    assume(text[0] not in '{[<"' and not private.is_text(text))
    (error,) = check(409, 'text/plain', (before + text).encode())
    assert error.detail == text


@pytest.mark.parametrize('opening', [
    '[', '{"a":', '{"error":', '{"errors":[', '{"a":[', '<p>', '<x>',
    '<pre>', '<head>', '<!--', '<svg>', '<a b="', '<', '</', '&', '&#1',
    '{"message": "', '[{"detail":'])
@pytest.mark.parametrize('count', [60, 1200, MIB])
def test_any_depth_and_size(opening, count):
    text = opening * (count // len(opening) + 1)
    closing = ''.join({'[': ']', '{': '}'}.get(character, '')
                      for character in reversed(text[:20000]))
    for body in (text, text[:20000] + '"x"' + closing):
        for content_type in ('application/json', 'text/html'):
            check(500, content_type, body.encode())


@pytest.mark.parametrize(('content_type', 'shape'), [
    ('', '{{"message": "{}"}}'), ('', '{{"name": ["{}"]}}'),
    ('', '<h1>Conflict</h1><p>{}</p>'), ('', '409 Conflict\n{}'),
    ('text/xml', '<e><m>{}</m></e>')])
def test_a_mebibyte_of_text_is_whole(content_type, shape):
    text = 'No room for it. ' * (MIB // 16) + 'End'
    (error,) = check(409, content_type, shape.format(text).encode())
    assert error.detail == text
