# SPDX-License-Identifier: Apache-2.0
"""Errors: where they come from, and what a client is told of them."""

import copy
import gc
import json
import logging
import pickle
import weakref

import hypothesis
import hypothesis.strategies as st
import oslo_i18n
import pytest
import webob
import webob.dec
import webob.exc
from assertions import ID_HEADER, ask, assert_error

import errorkit
from errorkit.exceptions import ConfigError

CATALOG = errorkit.Catalog('volume', help_base='https://help.example/')
NAME_EXISTS = CATALOG.define(
    'volume.name_exists',
    status=409,
    title='Name exists',
    meaning='Another volume of the project has this name.',
)
GONE = CATALOG.define(
    'volume.gone', status=[404, 410], help='https://shop.example/gone?a=1&b'
)

UNDEFINED = 'volume.undefined_code'
SECRET = 'postgresql://admin:hunter2@db-7/volumes'
PLAIN = [('Content-Type', 'text/plain')]


def raises(make):
    """Return an application that raises what it is given."""

    def application(environ, start_response):
        raise make()

    return application


def raises_late(make):
    """Return one that raises on its first chunk, after a 200."""

    def application(environ, start_response):
        start_response('200 OK', PLAIN)
        raise make()
        yield b''

    return application


def handler(decorator, raised):
    def way(make):
        def handle(request):
            if raised:
                raise make()
            return make()

        return decorator(handle)

    return way


#: Contracts 4.3, sources 1 to 3: how a webob error leaves a handler.
WAYS = {
    'raised through': raises,
    'raised on the first chunk': raises_late,
    'raised in errorkit.wsgify': handler(errorkit.wsgify, True),
    'returned in errorkit.wsgify': handler(errorkit.wsgify, False),
    'raised in webob.dec.wsgify': handler(webob.dec.wsgify, True),
    'returned in webob.dec.wsgify': handler(webob.dec.wsgify, False),
}
every_way = pytest.mark.parametrize('way', WAYS.values(), ids=WAYS)
#: The error's object itself is at hand, not only what webob made of it.
OPEN_WAYS = dict(list(WAYS.items())[:4])
open_ways = pytest.mark.parametrize('way', OPEN_WAYS.values(), ids=OPEN_WAYS)

CLASSES = sorted(
    {
        kind
        for kind in vars(webob.exc).values()
        if isinstance(kind, type)
        and issubclass(kind, webob.exc.HTTPError)
        and kind is not webob.exc.HTTPError
    },
    key=lambda kind: (kind.code, kind.__name__),
)
every_class = pytest.mark.parametrize('kind', CLASSES)
#: Their templates of webob's have no place for the comment.
DROPPING = (405, 406, 415, 501)


def stack(application, **options):
    options.setdefault('service_type', 'volume')
    return errorkit.wrap(application, **options)


def get(application, accept=None, headers=(), **more):
    sent = dict(headers)
    if accept is not None:
        sent['Accept'] = accept
    return ask(application, headers=sent, **more)


def only_error(error, environ=(), **options):
    """Return the one error that an exception becomes, as JSON."""
    reply = ask(stack(raises(lambda: error), **options), environ=environ)
    [found] = reply.json['errors']
    return found


# -- sources 1, 2 and 3


@every_way
@every_class
def test_a_webob_error_is_the_same_body_whichever_way_it_comes(kind, way):
    application = way(
        lambda: kind('the <shelf> is full', comment='volume.shelf.full')
    )
    code = 'volume.shelf.full'
    if kind.code in DROPPING and way not in OPEN_WAYS.values():
        code = UNDEFINED
    reply = ask(stack(application))
    assert_error(
        reply,
        status=kind.code,
        code=code,
        title=kind.title,
        detail='the <shelf> is full',
    )


# webob has a template for these, and a text about something else.
UNSAID = {
    405: 'The method is not allowed for this resource.',
    406: 'The resource cannot be had in a form that the request accepts.',
    415: 'The media type of the request is not supported.',
    501: 'The method of the request is not implemented by this server.',
}


@every_way
@every_class
def test_no_text_given_is_the_standard_explanation(kind, way):
    reply = ask(stack(way(kind)))
    error = assert_error(reply, status=kind.code, code=UNDEFINED)
    assert error['detail']
    assert '${' not in error['detail']
    if kind.code in UNSAID:
        assert error['detail'] == UNSAID[kind.code]
    elif kind.explanation and kind.code != 500:
        assert error['detail'] == kind.explanation.strip() or (
            error['detail'] == kind.explanation
        )


VERBATIM = [
    pytest.param("no volume '<uuid>'", id='a tag'),
    pytest.param('a < b and c > d', id='comparisons'),
    pytest.param('one\ntwo\n\nthree', id='newlines'),
    pytest.param('one\r\ntwo\rthree', id='carriage returns'),
    pytest.param('  blanks  \n', id='blanks at both ends'),
    pytest.param('&amp; &lt;b&gt; &#65; &nbsp;', id='entities'),
    pytest.param('"double" \'single\' `back`', id='quotes'),
    pytest.param('$detail ${detail} $$ ${x', id='dollars'),
    pytest.param('100 % of %s, %(name)s, {0} {', id='format strings'),
    pytest.param('C:\\new \\u003c \\', id='backslashes'),
    pytest.param('Käsekuchen 蛋糕 \U0001f370', id='beyond ASCII'),
    pytest.param('\u202edrawkcab \u2028 \ufeff', id='bidirectional marks'),
    pytest.param('\x01\x1b[31m\x7f\x80\x9f', id='control characters'),
    pytest.param('\x00', id='NUL'),
    pytest.param('half \ud83c of a pair', id='a lone surrogate'),
    pytest.param('<br /><br />\n', id="webob's separator"),
    pytest.param('one<br /><br />\ntwo', id='the separator inside'),
    pytest.param('</body>\n</html>', id="the end of webob's page"),
    pytest.param('{"errors": [{"detail": "x"}]}', id='JSON'),
    pytest.param('<!-- note -->', id='an HTML comment'),
    pytest.param('\n<!-- volume.other -->\n', id='a comment with a code'),
    pytest.param(' -->', id='the end of a comment'),
    pytest.param('0', id='a zero'),
]


@pytest.mark.parametrize('accept', [None, 'application/json', 'text/csv'])
@every_way
@pytest.mark.parametrize('detail', VERBATIM)
def test_the_detail_is_the_authors_text_verbatim(detail, way, accept):
    application = way(
        lambda: webob.exc.HTTPConflict(detail, comment='volume.name_exists')
    )
    reply = get(stack(application), accept)
    assert_error(reply, status=409, code='volume.name_exists', detail=detail)


@every_way
def test_the_comment_is_never_shown_but_as_the_code(way):
    application = way(
        lambda: webob.exc.HTTPConflict('full', comment='volume.shelf.full')
    )
    reply = ask(stack(application))
    assert reply.text.count('volume.shelf.full') == 1
    assert [
        name for name, value in reply.headerlist if 'shelf' in value
    ] == ['OpenStack-Error-Code']


INVALID_CODES = [
    pytest.param('see ticket 17', id='blanks'),
    pytest.param('Volume.Exists', id='upper case'),
    pytest.param('exists', id='one label'),
    pytest.param('volume..exists', id='an empty label'),
    pytest.param('volume.exists\n', id='a trailing newline'),
    pytest.param('volume.' + 'x' * 128, id='too long'),
    pytest.param('--> <script>alert(1)</script> <!--', id='markup'),
    pytest.param('kept -->\n\n<!-- volume.forged', id='two comments'),
]


@every_way
@pytest.mark.parametrize('comment', INVALID_CODES)
def test_a_comment_that_is_no_code_is_not_used_and_said_at_debug(
    comment, way, caplog
):
    caplog.set_level(logging.DEBUG)
    application = way(lambda: webob.exc.HTTPConflict('full', comment=comment))
    reply = ask(stack(application))
    assert_error(reply, status=409, code=UNDEFINED, detail='full')
    assert comment not in reply.text
    assert 'script' not in reply.text
    said = [
        record
        for record in caplog.records
        if record.name == 'errorkit.formatter'
    ]
    assert [record.levelno for record in said] == [logging.DEBUG]
    assert comment not in caplog.text


@pytest.mark.parametrize('status', DROPPING)
def test_a_default_code_per_status_stands_in_for_a_dropped_one(status):
    kind = webob.exc.status_map[status]
    application = stack(
        webob.dec.wsgify(lambda request: kind('text')),
        default_codes={status: 'volume.not_this_way'},
    )
    assert_error(
        ask(application),
        status=status,
        code='volume.not_this_way',
        detail='text',
    )


@every_way
def test_a_status_that_webob_does_not_know_is_served(way):
    class HTTPTeapot(webob.exc.HTTPClientError):
        code = 418
        title = "I'm a Teapot"
        explanation = 'It is short and stout.'

    reply = ask(stack(way(lambda: HTTPTeapot('no coffee'))))
    assert_error(
        reply,
        status=418,
        code=UNDEFINED,
        title="I'm a Teapot",
        detail='no coffee',
    )


@open_ways
def test_a_template_of_the_application_does_not_decide_the_detail(way):
    def make():
        return webob.exc.HTTPConflict(
            'full', body_template='<p>${detail} ${HTTP_COOKIE}</p>'
        )

    reply = get(stack(way(make)), headers={'Cookie': SECRET})
    assert_error(reply, status=409, code=UNDEFINED, detail='full')


@open_ways
def test_an_explicit_body_that_is_not_json_is_replaced(way):
    application = way(
        lambda: webob.exc.HTTPConflict('full', text='<h1>mine</h1>')
    )
    reply = ask(stack(application))
    assert_error(reply, status=409, code=UNDEFINED, detail='full')


@open_ways
def test_an_explicit_body_in_the_error_format_is_not_wrapped_again(way):
    given = {'errors': [{'status': 409, 'title': 'T', 'detail': 'D'}]}
    application = way(lambda: webob.exc.HTTPConflict(json=given))
    reply = ask(stack(application))
    given['errors'][0]['request_id'] = reply.one(ID_HEADER)
    assert (reply.status_int, reply.json) == (409, given)


# -- source 4: domain exceptions


class DomainError(Exception):
    pass


class NameTaken(DomainError):
    pass


class QuotaExceeded(DomainError):
    safe = True


class Foreign(Exception):
    """As client libraries have them: what it says is of another service."""

    code = 404
    status = 404
    status_code = 404
    status_int = 404
    headers = {'X-Foreign': 'yes'}  # noqa: RUF012
    title = 'foreign title'
    explanation = 'foreign explanation'
    comment = 'volume.foreign'


def test_a_registered_exception_has_its_status_and_code():
    application = stack(
        raises(lambda: NameTaken(SECRET)),
        exceptions={NameTaken: (409, 'volume.name_exists')},
    )
    reply = ask(application)
    error = assert_error(
        reply, status=409, code='volume.name_exists', title='Conflict'
    )
    assert SECRET not in reply.text
    assert error['detail'] == webob.exc.HTTPConflict.explanation


@pytest.mark.parametrize('turned', [False, True])
def test_the_nearest_registered_class_decides_whatever_the_order(turned):
    pairs = [
        (Exception, (503, 'volume.any')),
        (DomainError, (400, 'volume.domain')),
        (NameTaken, (409, 'volume.name_exists')),
    ]
    registered = dict(reversed(pairs) if turned else pairs)
    found = {
        kind: only_error(kind('x'), exceptions=registered)
        for kind in (NameTaken, QuotaExceeded, KeyError)
    }
    assert {
        kind.__name__: (error['status'], error['code'])
        for kind, error in found.items()
    } == {
        'NameTaken': (409, 'volume.name_exists'),
        'QuotaExceeded': (400, 'volume.domain'),
        'KeyError': (503, 'volume.any'),
    }


def test_a_registered_exception_may_be_told_to_show_its_text():
    known = errorkit.Known(409, 'volume.name_exists', safe=True)
    error = only_error(NameTaken('cake <1>'), exceptions={NameTaken: known})
    assert error['detail'] == 'cake <1>'


def test_a_registered_exception_brings_the_headers_it_was_given():
    known = errorkit.Known(
        503, 'volume.busy', headers=(('Retry-After', '30'),)
    )
    reply = ask(stack(raises(NameTaken), exceptions={NameTaken: known}))
    assert_error(reply, status=503, code='volume.busy')
    assert reply.one('Retry-After') == '30'


def test_a_registered_status_alone_has_the_default_code():
    error = only_error(NameTaken('x'), exceptions={NameTaken: 409})
    assert (error['status'], error['code']) == (409, UNDEFINED)


def test_a_safe_exception_shows_its_text_with_status_500():
    reply = ask(stack(raises(lambda: QuotaExceeded('10 of 10 used'))))
    assert_error(reply, status=500, code=UNDEFINED, detail='10 of 10 used')


def test_a_safe_exception_without_text_has_the_standard_one():
    error = only_error(QuotaExceeded())
    assert error['detail'] == only_error(RuntimeError())['detail']


@pytest.mark.parametrize('safe', [1, 'yes', None, lambda: True])
def test_only_true_marks_an_exception_as_safe(safe):
    kind = type('Odd', (Exception,), {'safe': safe})
    assert SECRET not in only_error(kind(SECRET))['detail']


def test_a_foreign_exceptions_attributes_choose_nothing():
    reply = ask(stack(raises(lambda: Foreign(SECRET))))
    error = assert_error(
        reply, status=500, code=UNDEFINED, title='Internal Server Error'
    )
    assert 'foreign' not in str(error).lower()
    assert 'X-Foreign' not in reply.headers


@pytest.mark.parametrize(
    'value', [200, 399, 600, 'conflict', (409,), (409, 'a.b', 1), None, []]
)
def test_an_exception_cannot_be_registered_as_anything_else(value):
    with pytest.raises(ConfigError) as caught:
        stack(raises(NameTaken), exceptions={NameTaken: value})
    assert 'exceptions' in str(caught.value)


# -- source 5: bugs


class Unprintable(Exception):
    def __str__(self):
        raise ValueError(SECRET)

    __repr__ = __str__


BUGS = [
    pytest.param(lambda: RuntimeError(SECRET), id='RuntimeError'),
    pytest.param(lambda: KeyError(SECRET), id='KeyError'),
    pytest.param(lambda: AssertionError(SECRET), id='AssertionError'),
    pytest.param(lambda: StopIteration(SECRET), id='StopIteration'),
    pytest.param(lambda: RecursionError(SECRET), id='RecursionError'),
    pytest.param(
        lambda: UnicodeDecodeError('utf-8', SECRET.encode(), 0, 1, SECRET),
        id='UnicodeDecodeError',
    ),
    pytest.param(lambda: DomainError(SECRET), id='an unregistered one'),
    pytest.param(
        lambda: ExceptionGroup(SECRET, [ValueError(SECRET)]), id='a group'
    ),
    pytest.param(Unprintable, id='one without a text'),
]


@pytest.mark.parametrize(
    'kind', ['application/json', 'text/html', 'text/plain']
)
@pytest.mark.parametrize('make', BUGS)
def test_a_bug_is_a_500_with_a_constant_text_and_the_id(make, kind):
    reply = get(stack(raises(make)), kind)
    error = assert_error(
        reply,
        status=500,
        code=UNDEFINED,
        title='Internal Server Error',
        kind=kind,
    )
    assert error['detail'] == only_error(RuntimeError())['detail']
    for word in ('hunter2', type(make()).__name__, 'Traceback', '.py'):
        assert word not in reply.text
        assert word not in str(reply.headerlist)


def test_the_cause_and_the_notes_of_a_bug_are_not_shown():
    def application(environ, start_response):
        try:
            raise KeyError(SECRET)
        except KeyError as exc:
            problem = RuntimeError('while reading')
            problem.add_note(SECRET)
            raise problem from exc

    reply = ask(stack(application))
    assert_error(reply, status=500, code=UNDEFINED)
    assert 'hunter2' not in reply.text


# -- source 7: several errors at once


def several(*errors):
    return stack(raises(lambda: errorkit.MultiError(errors)), catalog=CATALOG)


def test_the_first_of_several_errors_is_the_responses_own():
    reply = ask(
        several(
            webob.exc.HTTPConflict('taken', comment=NAME_EXISTS),
            webob.exc.HTTPBadRequest('odd size', comment='volume.size'),
            errorkit.Error(422, 'Odd', 'odd colour'),
        )
    )
    assert_error(
        reply, status=409, code='volume.name_exists', count=3, detail='taken'
    )
    assert [
        (error['status'], error['code'], error['detail'])
        for error in reply.json['errors'][1:]
    ] == [
        (400, 'volume.size', 'odd size'),
        (422, UNDEFINED, 'odd colour'),
    ]


def test_several_errors_bring_the_headers_of_the_first():
    reply = ask(
        several(
            webob.exc.HTTPConflict('a', headers=[('X-Shelf', '7')]),
            webob.exc.HTTPConflict('b', headers=[('X-Shelf', '8')]),
        )
    )
    assert reply.headers.getall('X-Shelf') == ['7']


@pytest.mark.parametrize('count', [20, 21, 500])
def test_at_most_20_errors_are_shown(count):
    reply = ask(
        several(*(webob.exc.HTTPBadRequest(f'size {n}') for n in range(count)))
    )
    assert_error(reply, status=400, code=UNDEFINED, count=20)
    errors = reply.json['errors']
    assert [error['detail'] for error in errors] == [
        f'size {n}' for n in range(20)
    ]
    assert [n for n, error in enumerate(errors) if 'truncated' in error] == (
        [19] if count > 20 else []
    )


@pytest.mark.parametrize('kind', ['text/html', 'text/plain'])
def test_several_errors_are_all_on_the_page(kind):
    reply = get(
        several(
            webob.exc.HTTPConflict('taken', comment=NAME_EXISTS),
            webob.exc.HTTPBadRequest('odd size', comment='volume.size'),
        ),
        kind,
    )
    assert_error(
        reply,
        status=409,
        code='volume.name_exists',
        kind=kind,
        count=2,
        detail='taken',
    )


def test_an_authors_own_error_has_its_optional_members():
    reply = ask(
        several(
            errorkit.Error(
                409,
                'Taken',
                'The name is taken.',
                'volume.taken',
                source={'pointer': '/volume/name'},
                retry='after-refresh',
                trace_id='4bf92f3577b34da6a3ce929d0e0e4736',
                links=(('help', 'https://help.example/taken'),),
                extra={'name': 'cake', 'tried': [1, 2]},
            )
        )
    )
    error = assert_error(
        reply,
        status=409,
        code='volume.taken',
        title='Taken',
        detail='The name is taken.',
        source={'pointer': '/volume/name'},
        retry='after-refresh',
        trace_id='4bf92f3577b34da6a3ce929d0e0e4736',
        links=[{'rel': 'help', 'href': 'https://help.example/taken'}],
        name='cake',
        tried=[1, 2],
    )
    assert list(error)[:6] == [
        'code',
        'status',
        'title',
        'detail',
        'request_id',
        'links',
    ]


@pytest.mark.parametrize(
    'source',
    [
        {'pointer': '/name'},
        {'parameter': 'limit'},
        {'header': 'If-Match'},
        {'pointer': ''},
    ],
)
def test_a_source_may_be_a_pointer_a_parameter_or_a_header(source):
    error = errorkit.Error(400, 'Odd', 'odd', source=source)
    assert_error(
        ask(several(error)), status=400, code=UNDEFINED, source=source
    )


def test_an_authors_own_request_id_is_not_used():
    error = errorkit.Error(400, 'Odd', 'odd', request_id='req-mine')
    assert_error(ask(several(error)), status=400, code=UNDEFINED)


def test_extra_members_cannot_replace_the_reserved_ones():
    forged = {
        'code': 'volume.forged',
        'status': 200,
        'title': 'forged',
        'detail': 'forged',
        'request_id': 'forged',
        'links': 'forged',
        'source': 'forged',
        'retry': 'forged',
        'max_version': 'forged',
        'min_version': 'forged',
        'trace_id': 'forged',
        'truncated': 'forged',
        'shelf': 7,
    }
    error = errorkit.Error(409, 'Taken', 'taken', extra=forged)
    reply = ask(several(error))
    assert_error(
        reply,
        status=409,
        code=UNDEFINED,
        title='Taken',
        detail='taken',
        shelf=7,
    )
    assert 'forged' not in reply.text


@pytest.mark.parametrize(
    'value',
    [
        object(),
        {1, 2},
        b'\xff',
        float('nan'),
        float('inf'),
        {1: {2: object()}},
        '</script><b>\u2028\ud800',
    ],
    ids=['object', 'set', 'bytes', 'nan', 'infinity', 'nested', 'markup'],
)
def test_an_extra_member_of_any_type_still_gives_json(value):
    error = errorkit.Error(409, 'T', 'D', extra={'shelf': value})
    reply = ask(several(error))
    assert_error(reply, status=409, code=UNDEFINED, detail='D')

    def refuse(constant):
        raise ValueError(f'{constant} is not JSON')

    json.loads(reply.body, parse_constant=refuse)


def test_a_multi_error_without_errors_cannot_be_made():
    with pytest.raises(ValueError, match='one error'):
        errorkit.MultiError([])


def test_the_errors_own_records_pickle_and_copy():
    one = errorkit.Error(
        409, 'T', 'D', 'volume.x', extra={'a': 1}, links=(('help', '/'),)
    )
    both = errorkit.MultiError([one, webob.exc.HTTPConflict('full')])
    assert pickle.loads(pickle.dumps(one)) == one == copy.deepcopy(one)
    for again in (pickle.loads(pickle.dumps(both)), copy.copy(both)):
        assert again.errors[0] == one
        assert again.errors[1].detail == 'full'
    bad = ConfigError('errorkit#x', 'option', 1, 'allowed: 2')
    assert str(pickle.loads(pickle.dumps(bad))) == str(bad)


# -- members and their order


@every_way
def test_members_come_in_the_order_of_the_guideline(way):
    application = way(
        lambda: webob.exc.HTTPConflict('full', comment=NAME_EXISTS)
    )
    reply = ask(stack(application, catalog=CATALOG))
    assert list(assert_error(reply, status=409, code=NAME_EXISTS)) == [
        'code',
        'status',
        'title',
        'detail',
        'request_id',
        'links',
    ]


def test_members_without_value_are_left_out():
    error = only_error(webob.exc.HTTPConflict('full'))
    assert list(error) == ['code', 'status', 'title', 'detail', 'request_id']


def test_without_a_request_id_the_member_is_left_out():
    wrapper = errorkit.FaultWrapper(
        raises(webob.exc.HTTPConflict), service_type='volume'
    )
    error = assert_error(
        ask(wrapper), status=409, code=UNDEFINED, id_header=None
    )
    assert 'request_id' not in error


def test_the_status_of_the_error_is_a_number():
    error = only_error(webob.exc.HTTPConflict('full'))
    assert error['status'] == 409 and type(error['status']) is int


@every_way
def test_the_title_comes_from_the_catalog(way):
    application = way(
        lambda: webob.exc.HTTPConflict('full', comment='volume.name_exists')
    )
    reply = ask(stack(application, catalog=CATALOG))
    assert_error(reply, status=409, code=NAME_EXISTS, title='Name exists')


def test_the_title_is_the_same_for_every_occurrence():
    titles = {
        only_error(webob.exc.HTTPConflict(f'volume {n}', comment=NAME_EXISTS))[
            'title'
        ]
        for n in range(3)
    }
    assert titles == {'Conflict'}


@every_way
def test_the_help_link_is_the_base_and_the_code(way):
    application = way(
        lambda: webob.exc.HTTPConflict('full', comment='volume.name_exists')
    )
    reply = ask(stack(application, catalog=CATALOG))
    assert_error(
        reply,
        status=409,
        code=NAME_EXISTS,
        links=[
            {'rel': 'help', 'href': 'https://help.example/volume.name_exists'}
        ],
    )


@pytest.mark.parametrize(
    'kind', ['application/json', 'text/html', 'text/plain']
)
def test_a_code_may_have_a_help_link_of_its_own(kind):
    application = stack(
        raises(lambda: webob.exc.HTTPGone('eaten', comment=GONE)),
        catalog=CATALOG,
    )
    assert_error(
        get(application, kind),
        status=410,
        code=GONE,
        kind=kind,
        links=[{'rel': 'help', 'href': 'https://shop.example/gone?a=1&b'}],
    )


def test_the_default_code_has_a_link_where_the_catalog_has_a_base():
    error = only_error(webob.exc.HTTPConflict('x'), catalog=CATALOG)
    assert error['links'] == [
        {'rel': 'help', 'href': f'https://help.example/{UNDEFINED}'}
    ]


def test_no_help_is_known_and_so_there_are_no_links():
    error = only_error(
        webob.exc.HTTPConflict('x', comment='volume.elsewhere'),
        catalog=errorkit.Catalog('volume'),
    )
    assert 'links' not in error


# -- the code's microversion


@every_way
@pytest.mark.parametrize(
    ('version', 'shown'),
    [('1.22', False), ('1.23', True), ('1.39', True), (None, False)],
)
def test_the_code_is_there_from_its_microversion_on(way, version, shown):
    application = way(
        lambda: webob.exc.HTTPConflict('full', comment='placement.full')
    )
    wrapped = errorkit.wrap(
        application,
        service_type='placement',
        versions='1.0-1.39',
        code_version='1.23',
    )
    headers = {}
    if version:
        headers['OpenStack-API-Version'] = f'placement {version}'
    reply = ask(wrapped, headers=headers)
    assert_error(reply, status=409, code='placement.full' if shown else None)
    if not shown:
        assert b'placement.full' not in reply.body


@pytest.mark.parametrize('version', ['1.22', '1.23'])
def test_a_bugs_code_follows_the_microversion_too(version):
    wrapped = errorkit.wrap(
        raises(RuntimeError),
        service_type='placement',
        versions='1.0-1.39',
        code_version='1.23',
    )
    reply = ask(
        wrapped, headers={'OpenStack-API-Version': f'placement {version}'}
    )
    assert_error(
        reply,
        status=500,
        code='placement.undefined_code' if version == '1.23' else None,
    )


@every_way
@pytest.mark.parametrize('kind', ['application/json', 'text/html'])
def test_below_the_codes_version_no_help_link_gives_it_away(way, kind):
    wrapped = stack(
        way(lambda: webob.exc.HTTPConflict('full', comment=NAME_EXISTS)),
        versions='3.0-3.70',
        code_version='3.5',
        catalog=CATALOG,
    )
    reply = get(wrapped, kind)
    assert_error(reply, status=409, code=None, kind=kind, links=None)
    assert b'volume.name_exists' not in reply.body


def test_where_no_version_was_parsed_there_is_no_code():
    wrapped = stack(
        raises(RuntimeError),
        versions='3.0-3.70',
        code_version='3.0',
        auth=lambda application: raises(webob.exc.HTTPUnauthorized),
    )
    assert_error(ask(wrapped), status=401, code=None)


def test_without_a_code_version_the_code_is_always_there():
    wrapped = stack(
        raises(RuntimeError),
        versions='3.0-3.70',
        auth=lambda application: raises(webob.exc.HTTPUnauthorized),
    )
    assert_error(ask(wrapped), status=401, code=UNDEFINED)


@pytest.mark.parametrize('kind', ['text/html', 'text/plain'])
def test_the_pages_hide_the_code_below_its_microversion(kind):
    wrapped = stack(
        raises(lambda: webob.exc.HTTPConflict('x', comment=NAME_EXISTS)),
        versions='3.0-3.70',
        code_version='3.5',
    )
    assert_error(get(wrapped, kind), status=409, code=None, kind=kind)


# -- codes that no catalog has


def test_an_undeclared_code_is_sent_logged_once_and_counted(caplog):
    catalog = errorkit.Catalog('volume')
    wrapped = stack(
        raises(lambda: webob.exc.HTTPConflict('x', comment='volume.new')),
        catalog=catalog,
    )
    for _ in range(3):
        assert_error(ask(wrapped), status=409, code='volume.new')
    assert catalog.undeclared == {'volume.new': 3}
    warnings = [
        record
        for record in caplog.records
        if record.levelno == logging.WARNING
    ]
    assert [record.name for record in warnings] == ['errorkit.formatter']
    assert 'volume.new' in warnings[0].getMessage()


@every_way
def test_a_strict_catalog_raises_for_an_undeclared_code(way):
    wrapped = stack(
        way(lambda: webob.exc.HTTPConflict('x', comment='volume.new')),
        catalog=errorkit.Catalog('volume', strict=True),
    )
    with pytest.raises(LookupError, match=r'volume\.new'):
        ask(wrapped)


# -- detail_style


def placements(kind, detail, environ):
    """Return the text that placement's formatter makes of an error."""
    kept = []

    def formatter(body, status, title, environ):
        kept.append(webob.exc.strip_tags(body))
        return {}

    kind(detail, json_formatter=formatter).json_body(environ)
    return kept[0]


ENVIRON = {
    'REQUEST_METHOD': 'PUT',
    'HTTP_ACCEPT': 'application/json',
    'CONTENT_TYPE': 'text/csv',
}


@every_way
@every_class
def test_detail_style_webob_is_placements_own_string(kind, way):
    detail = "The shelf '<uuid>' is full.\nTake another."
    wrapped = stack(
        way(lambda: kind(detail, comment='volume.full')),
        detail_style='webob',
    )
    reply = ask(wrapped, environ=ENVIRON)
    [error] = reply.json['errors']
    assert error['detail'] == placements(kind, detail, ENVIRON)


@every_way
def test_detail_style_webob_without_a_detail(way):
    wrapped = stack(way(webob.exc.HTTPConflict), detail_style='webob')
    reply = ask(wrapped, environ=ENVIRON)
    [error] = reply.json['errors']
    assert error['detail'] == placements(webob.exc.HTTPConflict, None, ENVIRON)


@open_ways
def test_detail_style_webob_quotes_the_clients_own_accept(way):
    environ = {**ENVIRON, 'HTTP_ACCEPT': 'text/csv'}
    wrapped = stack(
        way(lambda: webob.exc.HTTPNotAcceptable('only JSON')),
        detail_style='webob',
    )
    reply = ask(wrapped, environ=environ)
    [error] = reply.json['errors']
    assert error['detail'] == placements(
        webob.exc.HTTPNotAcceptable, 'only JSON', environ
    )


@hypothesis.given(st.text('<>/!-bBrR \n\r&;amp$.', max_size=40))
@hypothesis.example('one<BR>two<br/>three')
@hypothesis.example('<br')
@hypothesis.example('<b<br>>')
@hypothesis.example('<!-- volume.hidden -->')
def test_detail_style_webob_strips_what_webob_strips(detail):
    wrapped = stack(
        raises(lambda: webob.exc.HTTPConflict(detail)), detail_style='webob'
    )
    [error] = ask(wrapped, environ=ENVIRON).json['errors']
    assert error['detail'] == placements(
        webob.exc.HTTPConflict, detail, ENVIRON
    )


def test_detail_style_webob_says_of_a_bug_nothing_more():
    error = only_error(RuntimeError(SECRET), detail_style='webob')
    assert 'hunter2' not in error['detail']


def test_detail_style_is_plain_or_webob():
    with pytest.raises(ConfigError, match='detail_style'):
        stack(raises(RuntimeError), detail_style='loud')


# -- max_detail


@every_way
def test_a_long_detail_is_cut_with_an_ellipsis(way):
    wrapped = stack(way(lambda: webob.exc.HTTPConflict('x' * 10_000)))
    error = assert_error(ask(wrapped), status=409, code=UNDEFINED)
    assert error['detail'] == 'x' * 8191 + '…'


@every_way
def test_a_detail_of_just_the_allowed_length_is_whole(way):
    wrapped = stack(way(lambda: webob.exc.HTTPConflict('<' * 8192)))
    assert_error(ask(wrapped), status=409, code=UNDEFINED, detail='<' * 8192)


@every_way
@pytest.mark.parametrize('detail', ['x' * 11, 'ä' * 11, '🍰' * 11, '&<>' * 4])
def test_max_detail_can_be_chosen(way, detail):
    wrapped = stack(way(lambda: webob.exc.HTTPConflict(detail)), max_detail=10)
    assert_error(
        ask(wrapped), status=409, code=UNDEFINED, detail=detail[:9] + '…'
    )


def test_a_long_text_of_a_safe_exception_is_cut_too():
    error = only_error(QuotaExceeded('x' * 10_000))
    assert error['detail'] == 'x' * 8191 + '…'


def test_a_long_text_of_an_authors_own_error_is_cut_too():
    reply = ask(several(errorkit.Error(409, 'T', 'x' * 10_000)))
    assert reply.json['errors'][0]['detail'] == 'x' * 8191 + '…'


def test_detail_style_webob_cuts_as_well():
    error = only_error(
        webob.exc.HTTPConflict('x' * 100_000), detail_style='webob'
    )
    assert len(error['detail']) <= 8192
    assert error['detail'].endswith('…')


@pytest.mark.parametrize('value', [0, -1, None, '10', 1.5])
def test_max_detail_is_a_number_above_0(value):
    with pytest.raises(ConfigError, match='max_detail'):
        stack(raises(RuntimeError), max_detail=value)


# -- details that are not a str


class Stringy(str):
    """A str with ideas of its own."""

    def __str__(self):
        return 'another text'


def lazy(text):
    """Return a lazy message, as a service with oslo.i18n gives one."""
    oslo_i18n.enable_lazy()
    try:
        return oslo_i18n.TranslatorFactory(domain='volume').primary(text)
    finally:
        oslo_i18n.enable_lazy(False)


DETAILS = [
    pytest.param(None, webob.exc.HTTPConflict.explanation, id='None'),
    pytest.param('', webob.exc.HTTPConflict.explanation, id='empty'),
    pytest.param(ValueError('no <room>'), 'no <room>', id='an exception'),
    pytest.param({'a': [1]}, "{'a': [1]}", id='a dict'),
    pytest.param(17, '17', id='a number'),
    pytest.param(
        lazy('no %s') % 'room',
        'no room',
        id='a lazy message',
    ),
    pytest.param(Stringy('no room'), 'no room', id='a kind of str'),
]


@every_way
@pytest.mark.parametrize(('detail', 'shown'), DETAILS)
def test_a_detail_of_any_type_is_shown(detail, shown, way):
    wrapped = stack(
        way(lambda: webob.exc.HTTPConflict(detail, comment=NAME_EXISTS))
    )
    assert_error(ask(wrapped), status=409, code=NAME_EXISTS, detail=shown)


@open_ways
@pytest.mark.parametrize(
    ('detail', 'shown'),
    [
        (b'caf\xc3\xa9', 'café'),
        (b'\xff\xfe', '\ufffd\ufffd'),
        (Unprintable(), webob.exc.HTTPConflict.explanation),
    ],
    ids=['UTF-8', 'not UTF-8', 'without a text'],
)
def test_a_detail_that_is_hard_to_show_does_not_fail(detail, shown, way):
    wrapped = stack(way(lambda: webob.exc.HTTPConflict(detail)))
    assert_error(ask(wrapped), status=409, code=UNDEFINED, detail=shown)


@open_ways
def test_a_detail_that_is_not_a_str_does_not_break_the_log(way, caplog):
    caplog.set_level(logging.DEBUG)
    wrapped = stack(
        way(lambda: webob.exc.HTTPServiceUnavailable({'full': True}))
    )
    assert_error(
        ask(wrapped), status=503, code=UNDEFINED, detail="{'full': True}"
    )
    assert any(record.levelno == logging.ERROR for record in caplog.records)


@open_ways
@pytest.mark.parametrize(
    'title', ['Shelf <full>', 'x' * 10_000, b'full', 17, Unprintable()]
)
def test_a_title_of_any_kind_does_not_fail(title, way):
    def make():
        error = webob.exc.HTTPConflict('full')
        error.title = title
        return error

    error = assert_error(ask(stack(way(make))), status=409, code=UNDEFINED)
    assert len(error['title']) <= 256


# -- headers

KEPT = [
    ('WWW-Authenticate', 'Bearer realm="a"'),
    ('WWW-Authenticate', 'Basic realm="b"'),
    ('Allow', 'GET, PUT'),
    ('Retry-After', '120'),
    ('Set-Cookie', 'a=1; Path=/'),
    ('Set-Cookie', 'b=2; Path=/'),
    ('Content-Range', 'bytes */47022'),
    ('Link', '</v3>; rel="up"'),
    ('X-Shelf', 'seven'),
    ('Strict-Transport-Security', 'max-age=31536000'),
    ('Access-Control-Allow-Origin', 'https://shop.example'),
]
DROPPED = [
    ('ETag', '"abc"'),
    ('Content-MD5', 'Q2hlY2sgSW50ZWdyaXR5IQ=='),
    ('Content-Encoding', 'identity'),
]


@every_way
@pytest.mark.parametrize('method', ['GET', 'HEAD'])
def test_headers_of_the_error_are_kept_repeated_ones_too(way, method):
    wrapped = stack(way(lambda: webob.exc.HTTPConflict(headers=KEPT)))
    reply = ask(wrapped, method=method)
    for name, _ in KEPT:
        assert reply.headers.getall(name) == [
            value for known, value in KEPT if known == name
        ]


@every_way
def test_entity_headers_of_the_replaced_body_are_dropped(way):
    wrapped = stack(way(lambda: webob.exc.HTTPConflict(headers=DROPPED)))
    reply = ask(wrapped)
    assert_error(reply, status=409, code=UNDEFINED)
    for name, _ in DROPPED:
        assert name not in reply.headers


@open_ways
def test_a_content_type_of_the_error_is_dropped(way):
    wrapped = stack(
        way(lambda: webob.exc.HTTPConflict('x', content_type='image/png'))
    )
    assert_error(ask(wrapped), status=409, code=UNDEFINED)


@every_way
def test_an_error_is_not_stored_by_caches(way):
    reply = ask(stack(way(webob.exc.HTTPNotFound)))
    assert reply.one('Cache-Control') == 'no-store'


@every_way
def test_an_error_may_set_its_own_cache_control(way):
    wrapped = stack(
        way(
            lambda: webob.exc.HTTPNotFound(
                headers=[('Cache-Control', 'max-age=60')]
            )
        )
    )
    assert ask(wrapped).one('Cache-Control') == 'max-age=60'


@every_way
@pytest.mark.parametrize(
    ('given', 'merged'),
    [
        ([], ['accept']),
        (['Origin'], ['accept', 'origin']),
        (['Origin, Accept', 'Cookie'], ['accept', 'cookie', 'origin']),
        (['*'], ['*']),
    ],
)
def test_vary_is_merged_into_the_errors_own(way, given, merged):
    headers = [('Vary', value) for value in given]
    wrapped = stack(way(lambda: webob.exc.HTTPConflict(headers=headers)))
    assert sorted(ask(wrapped).vary()) == merged


@open_ways
@pytest.mark.parametrize(
    'value', ['a\r\nSet-Cookie: x=1', 'a\nb', 'a\x00b', 'snow \u2603']
)
def test_a_header_that_cannot_be_sent_is_our_500(way, value, caplog):
    def make():
        error = webob.exc.HTTPConflict('full')
        error.headerlist = [('X-Shelf', value)]
        return error

    reply = ask(stack(way(make)))
    assert_error(reply, status=500, code=UNDEFINED)
    assert 'X-Shelf' not in reply.headers
    [record] = [r for r in caplog.records if r.levelno == logging.ERROR]
    text = logging.Formatter().format(record)
    assert 'X-Shelf' in text
    assert value not in text


@every_way
@pytest.mark.parametrize(
    'make',
    [
        pytest.param(
            lambda: webob.exc.HTTPConflict('full', comment=NAME_EXISTS),
            id='409',
        ),
        pytest.param(
            lambda: webob.exc.HTTPUnauthorized('who?', headers=KEPT[:2]),
            id='401',
        ),
        pytest.param(lambda: webob.exc.HTTPServiceUnavailable(), id='503'),
    ],
)
@pytest.mark.parametrize('accept', ['application/json', 'text/html'])
def test_head_has_gets_headers_and_no_body(way, make, accept):
    wrapped = stack(way(make), versions='3.0-3.70')
    got = get(wrapped, accept)
    head = get(wrapped, accept, method='HEAD')
    silent = {ID_HEADER}
    if way not in OPEN_WAYS.values():
        # webob has no body to measure, or to find the code in.
        silent |= {'Content-Length', 'OpenStack-Error-Code'}
    assert head.body == b''
    assert head.status == got.status
    assert sorted(h for h in head.headerlist if h[0] not in silent) == sorted(
        h for h in got.headerlist if h[0] not in silent
    )


def test_head_of_a_bug_has_gets_headers_and_no_body():
    wrapped = stack(raises(RuntimeError))
    got, head = ask(wrapped), ask(wrapped, method='HEAD')
    assert head.body == b''
    assert [h for h in head.headerlist if h[0] != ID_HEADER] == [
        h for h in got.headerlist if h[0] != ID_HEADER
    ]


# -- what has no body, and what is no error


@every_way
@pytest.mark.parametrize(
    'kind',
    [
        webob.exc.HTTPNoContent,
        webob.exc.HTTPResetContent,
        webob.exc.HTTPNotModified,
    ],
)
def test_204_205_and_304_have_no_body_and_no_content_type(way, kind):
    # The validator of the standard library wants a Content-Type for 205.
    reply = ask(stack(way(kind)), valid=kind.code != 205)
    assert reply.status_int == kind.code
    assert reply.body == b''
    assert 'Content-Type' not in reply.headers
    assert reply.one(ID_HEADER)


@pytest.mark.parametrize(
    'status',
    [
        '103 Early Hints',
        '204 No Content',
        '205 Reset Content',
        '304 Not Modified',
    ],
)
@pytest.mark.parametrize('kind', [list, tuple, iter])
def test_a_body_that_must_not_be_is_not_sent(status, kind):
    def application(environ, start_response):
        start_response(status, [*PLAIN, ('ETag', '"1"')])
        return kind([b'te', b'xt'])

    # The validator of the standard library knows of 204 and 304 only.
    reply = ask(stack(application), valid=status[:3] in ('204', '304'))
    assert (reply.status, reply.body) == (status, b'')
    assert 'Content-Type' not in reply.headers
    assert reply.one('ETag') == '"1"'


REDIRECTS = [
    webob.exc.HTTPMovedPermanently,
    webob.exc.HTTPFound,
    webob.exc.HTTPSeeOther,
    webob.exc.HTTPTemporaryRedirect,
    webob.exc.HTTPPermanentRedirect,
]


@open_ways
@pytest.mark.parametrize('kind', REDIRECTS)
@pytest.mark.parametrize('accept', [None, 'text/html', 'text/plain'])
def test_redirects_pass_untouched(way, kind, accept):
    if way is WAYS['raised on the first chunk']:
        way = raises

    def make():
        return kind(location='https://shop.example/<a>', detail='moved')

    own, reply = get(make(), accept), get(stack(way(make)), accept)
    assert (reply.status, reply.body) == (own.status, own.body)
    assert [h for h in reply.headerlist if h[0] != ID_HEADER] == (
        own.headerlist
    )


def test_a_success_is_the_applications_own_but_for_our_header():
    headers = [('Content-Type', 'text/plain'), ('Set-Cookie', 'a=1')]

    def application(environ, start_response):
        start_response('200 Fine', headers)
        return [b'vol', b'', b'umes']

    reply = ask(stack(application))
    assert (reply.status, reply.body) == ('200 Fine', b'volumes')
    assert reply.headerlist == [*headers, (ID_HEADER, reply.one(ID_HEADER))]


def test_the_applications_own_4xx_of_another_form_is_said_in_ours():
    def application(environ, start_response):
        start_response('404 Not Found', [('Content-Type', 'text/x-shelf')])
        return [b'no such shelf']

    reply = ask(stack(application))
    assert_error(reply, status=404, code=UNDEFINED, detail='no such shelf')


# -- exception objects are not ours


@open_ways
def test_an_exception_object_is_not_changed(way):
    error = webob.exc.HTTPConflict(
        'full', comment=NAME_EXISTS, headers=[('X-Shelf', '7')]
    )
    before = copy.deepcopy(vars(error))
    wrapped = stack(way(lambda: error), versions='3.0-3.70')
    for _ in range(3):
        assert_error(ask(wrapped), status=409, code=NAME_EXISTS, detail='full')
    assert vars(error) == before
    assert error.__context__ is None
    assert error.__cause__ is None


@pytest.mark.parametrize('make', [webob.exc.HTTPConflict, DomainError])
@open_ways
def test_an_exception_object_is_not_kept(make, way):
    if make is DomainError and way is WAYS['returned in errorkit.wsgify']:
        way = raises
    kept = []

    def once():
        error = make('full')
        kept.append(weakref.ref(error))
        return error

    application = stack(way(once))
    # pytest keeps log records, and a record has the exception.
    logging.disable()
    try:
        ask(application)
    finally:
        logging.disable(logging.NOTSET)
    gc.collect()
    assert [reference() for reference in kept] == [None]


def test_a_module_level_exception_does_not_gather_frames():
    error = webob.exc.HTTPConflict('full')
    wrapped = stack(raises(lambda: error))
    for _ in range(3):
        ask(wrapped)
    assert error.__traceback__ is None


def test_a_code_does_not_stay_for_a_later_error_of_the_request():
    @errorkit.wsgify
    def inner(request):
        raise webob.exc.HTTPConflict('inner', comment='volume.inner')

    def application(environ, start_response):
        inner(environ, lambda status, headers, exc_info=None: None)
        environ['errorkit.error_code'] = 'volume.forgotten'
        raise webob.exc.HTTPConflict('outer')

    assert_error(
        ask(stack(application)), status=409, code=UNDEFINED, detail='outer'
    )


def test_an_inner_answer_that_was_dropped_is_not_the_requests():
    @errorkit.wsgify
    def inner(request):
        raise webob.exc.HTTPConflict('inner', comment='volume.inner')

    @webob.dec.wsgify
    def application(request):
        assert request.get_response(inner).status_int == 409
        raise webob.exc.HTTPConflict('outer', comment='volume.outer')

    assert_error(
        ask(stack(application)),
        status=409,
        code='volume.outer',
        detail='outer',
    )


# -- the page for a browser, and the lines of text

HOSTILE = '<script>alert(1)</script> "\' onload=x & </p><!-- -->'


@pytest.mark.parametrize('kind', ['text/html', 'text/plain'])
@every_way
def test_a_page_shows_the_same_facts(kind, way):
    wrapped = stack(
        way(lambda: webob.exc.HTTPConflict('a < b\nc', comment=NAME_EXISTS)),
        catalog=CATALOG,
    )
    assert_error(
        get(wrapped, kind),
        status=409,
        code=NAME_EXISTS,
        title='Name exists',
        detail='a < b\nc',
        kind=kind,
        links=[
            {'rel': 'help', 'href': 'https://help.example/volume.name_exists'}
        ],
    )


def test_everything_on_the_html_page_is_escaped():
    error = errorkit.Error(
        409,
        HOSTILE,
        HOSTILE,
        'volume.x',
        links=(('help', 'https://help.example/"><script>'),),
        extra={'x': HOSTILE},
    )
    reply = get(several(error), 'text/html')
    assert b'<script' not in reply.body
    assert_error(
        reply,
        status=409,
        code='volume.x',
        title=HOSTILE,
        detail=HOSTILE,
        kind='text/html',
    )


@pytest.mark.parametrize(
    'href', ['javascript:alert(1)', 'data:text/html,x', 'vbscript:x']
)
def test_a_link_on_the_html_page_leads_to_the_web_only(href):
    error = errorkit.Error(409, 'T', 'D', links=(('help', href),))
    reply = get(several(error), 'text/html')
    assert_error(reply, status=409, code=UNDEFINED, kind='text/html')
    assert b'href' not in reply.body


def test_the_html_page_needs_nothing_from_outside():
    reply = get(stack(raises(RuntimeError)), 'text/html')
    for part in (b'src=', b'@import', b'url(', b'<link', b'<iframe'):
        assert part not in reply.body
    assert reply.one('Content-Type') == 'text/html; charset=utf-8'


def test_the_plain_text_is_lines():
    wrapped = stack(
        raises(lambda: webob.exc.HTTPConflict('full', comment='volume.x'))
    )
    reply = get(wrapped, 'text/plain')
    assert reply.one('Content-Type') == 'text/plain; charset=utf-8'
    assert reply.text.splitlines() == [
        '409 Conflict',
        '',
        'full',
        '',
        'code: volume.x',
        f'request id: {reply.one(ID_HEADER)}',
    ]


def test_the_json_body_has_no_markup_for_a_browser_that_sniffs():
    wrapped = stack(raises(lambda: webob.exc.HTTPConflict(HOSTILE)))
    reply = ask(wrapped)
    assert_error(reply, status=409, code=UNDEFINED, detail=HOSTILE)
    assert reply.one('Content-Type') == 'application/json'
