# SPDX-License-Identifier: Apache-2.0
"""Every byte in the title and the headers of an error: sent or refused."""

import pytest
import webob
import webob.dec
import webob.exc
from error_oracle import Page, paired
from hypothesis import given, settings
from strategies import BROWSER, texts
from wsgi_driver import ID_HEADER, is_clean, make_environ, run

import errorkit

TOKEN = set("!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyz"
            'ABCDEFGHIJKLMNOPQRSTUVWXYZ')
CHARACTERS = [*map(chr, range(256)), '\u0100', '\u010a', '\u010d', '\u2028',
              '\u560a', '\uff1a', '\ufeff', '\ud800', '\U0001f600']
SECRET = 'T0pSecretValue'


def handler(request):
    """Raise what the test has made."""
    raise request.environ['test.make']()


def bare(environ, start_response):
    """Let an error through."""
    raise environ['test.make']()


WAYS = {'raised': bare, 'ours': errorkit.wsgify(handler),
        'webob': webob.dec.wsgify(handler)}


def answer(way, make, accept=None):
    """Serve one request that ends so."""
    environ = make_environ(ACCEPT=accept)
    environ['test.make'] = make
    stack = errorkit.wrap(WAYS[way], service_type='volume')
    reply = run(stack, environ)
    assert reply.raised is None and reply.starts == 1
    assert reply.one(ID_HEADER) == environ['openstack.request_id']
    return reply


def with_headers(*headers):
    """Return an error whose headers webob has not looked at."""
    made = webob.exc.HTTPConflict('no')
    made.headerlist = [*made.headerlist, *headers]
    return made


def check(reply, name, value, sent, caught):
    """Check that a header was sent as it is, or refused and named."""
    if sent:
        assert reply.status == 409
        assert [pair for pair in reply.headers
                if pair[0] == name] == [(name, value)]
        return
    assert reply.status == 500 and SECRET not in reply.words()
    faults = [record for record in caught.records
              if record.levelname == 'ERROR']
    assert len(faults) == 1
    assert SECRET not in faults[0].getMessage()
    assert faults[0].exc_info and SECRET not in str(faults[0].exc_info[1])


@pytest.mark.parametrize('way', WAYS)
def test_a_header_value_of_any_character_is_sent_whole_or_refused(
        way, caught):
    for character in CHARACTERS:
        for value in (f'{SECRET}{character}X-Evil: 1', character + SECRET):
            caught.records.clear()
            reply = answer(way, lambda value=value: with_headers(
                ('X-Thing', value)))
            sent = is_clean(character)
            check(reply, 'X-Thing', value, sent, caught)
            if not sent:
                error = next(record.exc_info[1] for record in caught.records
                             if record.levelname == 'ERROR')
                assert 'X-Thing' in str(error)


@pytest.mark.parametrize('way', WAYS)
def test_a_header_name_of_any_character_is_sent_or_refused(way, caught):
    for character in CHARACTERS:
        caught.records.clear()
        name = f'X-{character}Thing'
        reply = answer(way, lambda name=name: with_headers((name, SECRET)))
        check(reply, name, SECRET, character in TOKEN, caught)


@pytest.mark.usefixtures('unheard')
@pytest.mark.parametrize('header', [
    ('', 'a'), ('X-A', None), ('X-A', 1), ('X-A', b'a'), (b'X-A', 'a'),
    (None, 'a'), ('X-A',), ('X-A', 'a', 'b'), 'X-A', None], ids=repr)
def test_a_header_that_is_none_is_a_clean_500(header):
    for way in WAYS:
        reply = answer(way, lambda: with_headers(header))
        assert reply.status == 500 and reply.error['status'] == 500


@pytest.mark.usefixtures('unheard')
@pytest.mark.parametrize('way', ['raised', 'ours'])
def test_a_title_of_any_character_is_sent_whole(way):
    for character in CHARACTERS:
        title = f'A{character}Title'
        def make(title=title):
            return webob.exc.HTTPConflict('no', title=title)
        reply = answer(way, make)
        assert reply.line == '409 Conflict'
        assert reply.error['title'] == title
        page = Page(answer(way, make, BROWSER).body.decode())
        shown = title.encode('utf-8', 'backslashreplace').decode()
        assert page.found['h1'] == f'409 {shown}'


@pytest.mark.usefixtures('unheard')
@settings(max_examples=200, deadline=None)
@given(title=texts(max_size=200), detail=texts())
def test_any_title_and_detail_are_sent_whole(title, detail):
    for way in ('raised', 'ours'):
        error = answer(way, lambda: webob.exc.HTTPConflict(
            detail, title=title)).error
        assert error['title'] == (paired(title) or 'Conflict')
        if detail:
            assert error['detail'] == paired(detail)


@pytest.mark.usefixtures('unheard')
def test_a_status_line_of_any_character_stays_one_line():
    for character in CHARACTERS:
        def make(character=character):
            made = webob.exc.HTTPConflict('no', comment='volume.exists')
            made._status = f'409 A{character}X-Evil: 1'
            return made
        for way in WAYS:
            reply = answer(way, make)
            assert reply.status in (409, 500)
            assert is_clean(reply.line)
            if reply.status == 409 and way != 'webob':
                assert reply.line == '409 Conflict'
            assert reply.error['status'] == reply.status


class Failing:
    """Fails whatever it is asked."""

    def __str__(self):
        raise RuntimeError(SECRET)

    __repr__ = __bool__ = __len__ = __eq__ = __hash__ = __str__


@pytest.mark.usefixtures('unheard')
@pytest.mark.parametrize('value', [
    Failing(), ['a'], {'a': 1}, b'a\xff', 17, object(), ValueError(SECRET)],
    ids=lambda one: type(one).__name__)
@pytest.mark.parametrize('part', ['detail', 'title', 'comment',
                                  'explanation'])
def test_a_part_that_is_no_text_never_brings_webobs_own_answer(part, value):
    def make():
        made = webob.exc.HTTPConflict(None if part == 'explanation' else 'no')
        setattr(made, part, value)
        return made
    for way in ('raised', 'ours'):
        reply = answer(way, make)
        assert reply.status in (409, 500)
        assert reply.error['status'] == reply.status
        assert reply.error['request_id'] == reply.one(ID_HEADER)
        if part == 'comment':
            assert reply.error['code'] == 'volume.undefined_code'
