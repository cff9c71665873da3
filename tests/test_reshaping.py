# SPDX-License-Identifier: Apache-2.0
"""Errors that another layer made: one shape, its headers and words kept."""

import gzip
import json
import logging

import pytest
import webob
import webob.dec
import webob.exc
from apps import recorded
from assertions import ID_HEADER, ask, assert_error

import errorkit
from errorkit import error
from errorkit.exceptions import ConfigError

PLAIN = 'text/plain; charset=utf-8'
CODE = 'volume.undefined_code'


class Body:
    """An iterable that tells how it was used."""

    def __init__(self, chunks):
        self.chunks = iter(chunks)
        self.pulled = 0
        self.closed = 0

    def __iter__(self):
        return self

    def __next__(self):
        chunk = next(self.chunks)
        self.pulled += 1
        return chunk

    def close(self):
        self.closed += 1


def answering(status, body=b'', headers=(), content_type=PLAIN):
    """Return an application that answers so; HEAD gets no body."""

    def application(environ, start_response):
        given = list(headers)
        if content_type:
            given.insert(0, ('Content-Type', content_type))
        if isinstance(body, bytes):
            given.append(('Content-Length', str(len(body))))
        start_response(status, given)
        if environ['REQUEST_METHOD'] == 'HEAD':
            return []
        return [body] if isinstance(body, bytes) else body

    return application


def wrapped(application, **options):
    """Return it in the stack of a service called volume."""
    return errorkit.wrap(application, service_type='volume', **options)


def reshaped(*args, ask_with=(), options=(), **kwargs):
    """Return the reply of a wrapped application that answers so."""
    ask_with = {'valid': kwargs.get('content_type', PLAIN) is not None,
                **dict(ask_with)}
    application = wrapped(answering(*args, **kwargs), **dict(options))
    return ask(application, **ask_with)


def test_a_plain_text_error_becomes_an_error():
    reply = reshaped('404 Not Found', b'No such <volume>: \xc3\xa4\nsorry')
    assert_error(
        reply,
        status=404,
        code=CODE,
        title='Not Found',
        detail='No such <volume>: \xe4\nsorry',
    )


@pytest.mark.parametrize('status', ['401 Unauthorized', '502 Bad Gateway'])
def test_an_empty_error_gets_the_explanation_of_its_status(status):
    reply = reshaped(status, b'', content_type=None)
    code = int(status[:3])
    assert_error(
        reply, status=code, code=CODE, detail=error.explanation_of(code)
    )


def test_a_reason_of_its_own_is_the_title():
    reply = reshaped('409 Volume Busy', b'Try later.')
    assert_error(reply, status=409, code=CODE, title='Volume Busy')


def test_the_format_is_negotiated():
    for accept, kind in (('text/html', 'text/html'),
                         ('text/plain', 'text/plain'),
                         ('*/*', 'application/json')):
        reply = reshaped(
            '404 Not Found', b'gone', ask_with={'headers': {'Accept': accept}}
        )
        assert_error(reply, status=404, code=CODE, detail='gone', kind=kind)


def test_a_default_code_is_that_of_the_status():
    reply = reshaped(
        '405 Method Not Allowed',
        b'no',
        options={'default_codes': {405: 'volume.method'}},
    )
    assert_error(reply, status=405, code='volume.method')


HEADERS = [
    ('WWW-Authenticate', 'Keystone uri="https://id.example"'),
    ('WWW-Authenticate', 'Basic realm="x"'),
    ('Allow', 'GET, HEAD'),
    ('Retry-After', '120'),
    ('Set-Cookie', 'a=1'),
    ('Set-Cookie', 'b=2'),
    ('Access-Control-Allow-Origin', 'https://ui.example'),
    ('Content-Range', 'bytes */47'),
    ('Content-Security-Policy', "frame-ancestors 'self'"),
    ('Cache-Control', 'max-age=5'),
    ('Vary', 'Origin, Accept'),
]


def test_its_headers_are_kept():
    reply = reshaped('401 Unauthorized', b'who?', HEADERS)
    assert_error(reply, status=401, code=CODE, detail='who?')
    for name in {name for name, _ in HEADERS} - {'Vary'}:
        assert reply.headers.getall(name) == [
            value for found, value in HEADERS if found == name
        ]
    assert sorted(reply.vary()) == ['accept', 'origin']


def test_what_described_the_old_body_goes():
    reply = reshaped(
        '404 Not Found',
        b'gone',
        [
            ('ETag', '"x"'),
            ('Content-MD5', 'Q2hlY2sgSW50ZWdyaXR5IQ=='),
            ('Content-Encoding', 'identity'),
            ('Transfer-Encoding', 'chunked'),
            ('Repr-Digest', 'sha-256=:x:'),
            ('X-Content-Type-Options', 'nosniff'),
        ],
    )
    assert_error(reply, status=404, code=CODE, detail='gone')
    assert 'ETag' not in reply.headers
    assert 'Content-MD5' not in reply.headers
    assert 'Content-Encoding' not in reply.headers
    assert 'Transfer-Encoding' not in reply.headers
    assert 'Repr-Digest' not in reply.headers


def test_an_encoded_body_is_replaced_not_decoded():
    body = gzip.compress(b'the words inside')
    reply = reshaped('403 Forbidden', body, [('Content-Encoding', 'gzip')])
    assert_error(
        reply, status=403, code=CODE, detail=error.explanation_of(403)
    )


@pytest.mark.parametrize('chunked', [False, True])
def test_a_body_of_64_kib_is_read_and_one_byte_more_is_not(chunked):
    for size, read in ((65536, True), (65537, False)):
        body = b'x' * size
        if chunked:
            body = Body([body[:100], body[100:]])
        reply = reshaped('404 Not Found', body, options={'max_detail': 70000})
        detail = 'x' * size if read else error.explanation_of(404)
        assert_error(reply, status=404, code=CODE, detail=detail)


def test_a_declared_length_over_the_limit_is_believed():
    body = Body([b'x'] * 10)
    reply = reshaped('404 Not Found', body, [('Content-Length', '65537')])
    assert_error(
        reply, status=404, code=CODE, detail=error.explanation_of(404)
    )
    assert body.closed == 1


@pytest.mark.parametrize('chunk', [b'x' * 4096, b''])
@pytest.mark.parametrize(
    'content_type', [PLAIN, 'text/html', 'application/json']
)
def test_an_endless_error_is_read_to_the_limit_and_closed(
    chunk, content_type
):
    def endless():
        yield b'begun'
        while True:
            yield chunk

    body = Body(endless())
    reply = reshaped('500 Oops', body, content_type=content_type)
    assert_error(reply, status=500, code=CODE)
    assert body.closed == 1
    assert body.pulled <= 16400


def test_an_endless_page_with_a_length_is_no_page_of_webobs():
    def endless():
        while True:
            yield b'<p>' * 1000

    body = Body(endless())
    reply = reshaped(
        '500 Oops',
        body,
        [('Content-Length', '60000')],
        content_type='text/html',
    )
    assert_error(reply, status=500, code=CODE)
    assert body.closed == 1
    assert body.pulled < 50


@pytest.mark.parametrize('status', ['404 Not Found', '500 Oops'])
def test_the_body_is_closed_once(status):
    body = Body([b'', b'some', b'thing'])
    reply = reshaped(status, body)
    assert_error(reply, status=int(status[:3]), code=CODE, detail='something')
    assert body.closed == 1


def test_a_body_that_fails_while_it_is_read_is_a_bug():
    def failing():
        yield b'begun'
        raise ValueError('secret of the body')

    body = Body(failing())
    with recorded() as records:
        reply = reshaped('404 Not Found', body)
    assert_error(reply, status=500, code=CODE, detail=error.FAULT_DETAIL)
    assert body.closed == 1
    assert 'secret' not in reply.text
    assert any(record.exc_info for record in records.kept)


def test_what_was_written_counts():
    def application(environ, start_response):
        write = start_response('404 Not Found', [('Content-Type', PLAIN)])
        write(b'writ')
        return [b'ten']

    reply = ask(wrapped(application))
    assert_error(reply, status=404, code=CODE, detail='written')


@pytest.mark.parametrize('more', [[], [b' by hand']])
def test_what_was_written_in_parts_counts_too(more):
    def application(environ, start_response):
        write = start_response('404 Not Found', [('Content-Type', PLAIN)])
        for part in (b'wri', b't', b'', b'ten'):
            write(part)
        return iter(more)

    reply = ask(wrapped(application), valid=False)
    detail = 'written' + ''.join(part.decode() for part in more)
    assert_error(reply, status=404, code=CODE, detail=detail)


@pytest.mark.parametrize('size', [1, 1000])
def test_too_much_of_it_is_replaced(size):
    def application(environ, start_response):
        write = start_response('404 Not Found', [('Content-Type', PLAIN)])
        for _ in range(2000):
            write(b'x' * size)
        return []

    reply = ask(wrapped(application), valid=False)
    assert_error(
        reply, status=404, code=CODE, detail=error.explanation_of(404)
    )


def test_what_is_written_of_an_error_that_passes_is_not_kept():
    def application(environ, start_response):
        write = start_response(
            '404 Not Found', [('Content-Type', PLAIN), ('X-Errorkit', 'pass')]
        )
        for part in (b'a', b'b', b'c'):
            write(part)
        return [b'd']

    reply = ask(wrapped(application), valid=False)
    assert reply.body == b'abcd'
    assert 'X-Errorkit' not in reply.headers


def test_an_answer_of_ours_that_was_dropped_vouches_for_no_other():
    @errorkit.wsgify
    def inner(request):
        raise webob.exc.HTTPNotFound('inner', comment='volume.inner')

    def cascade(environ, start_response):
        inner(environ, lambda status, headers, exc_info=None: None)
        start_response('404 Not Found', [('Content-Type', PLAIN)])
        return iter([b'outer'])

    reply = ask(wrapped(cascade))
    assert_error(reply, status=404, code=CODE, detail='outer')
    assert ask(wrapped(cascade), method='HEAD').body == b''


def test_an_answer_of_webobs_formatter_that_was_dropped_does_not_either():
    inner = webob.exc.HTTPNotFound(
        'inner',
        comment='volume.inner',
        json_formatter=errorkit.json_error_formatter,
    )

    def application(environ, start_response):
        inner(environ, lambda status, headers, exc_info=None: None)
        start_response('404 Not Found', [('Content-Type', PLAIN)])
        return [b'outer']

    reply = ask(
        wrapped(application), headers={'Accept': 'application/json'}
    )
    assert_error(reply, status=404, code=CODE, detail='outer')


SECRET = 'Traceback (most recent call last):\n  File "/srv/secret.py"'


@pytest.mark.parametrize(
    ('body', 'content_type'),
    [
        ({'errors': [{'status': 500, 'title': 'x', 'detail': SECRET}]}, None),
        (
            {
                'errors': [
                    {
                        'status': 500,
                        'title': 'x',
                        'detail': 'Fine.',
                        'traceback': ['secret'],
                    }
                ]
            },
            None,
        ),
        (
            {
                'computeFault': {
                    'code': 500,
                    'message': 'Fine.',
                    'details': SECRET,
                }
            },
            None,
        ),
        (
            {'title': 'x', 'detail': 'Fine.', 'stackTrace': ['secret']},
            'application/problem+json',
        ),
        (
            {'title': 'x', 'extra': {'deep': [{'exception': 'secret'}]}},
            'application/problem+json',
        ),
    ],
)
def test_a_known_body_with_a_traceback_in_it_does_not_pass(
    body, content_type
):
    reply = reshaped(
        '500 Internal Server Error',
        as_json(body),
        content_type=content_type or JSON,
    )
    assert_error(reply, status=500, code=CODE)
    assert 'secret' not in reply.text


def test_a_known_body_in_another_charset_says_its_new_one():
    body = json.dumps(OURS).encode('utf-16')
    reply = reshaped(
        '404 Not Found',
        body,
        content_type='application/json; charset=utf-16',
    )
    assert reply.one('Content-Type') == JSON
    assert reply.json['errors'][0]['request_id'] == reply.one(ID_HEADER)


def test_the_language_of_no_words_is_not_said():
    for body, language in ((b'Weg.', 'de'), (b'', None)):
        reply = reshaped('404 Not Found', body, [('Content-Language', 'de')])
        assert reply.headers.get('Content-Language') == language


@pytest.mark.parametrize('raised', [True, False])
@pytest.mark.parametrize(
    'decorated', [errorkit.wsgify, webob.dec.wsgify, None]
)
def test_an_exception_can_opt_out(raised, decorated):
    def handler(request):
        error = webob.exc.HTTPNotFound(
            'mine', headers={'X-Errorkit': 'pass'}
        )
        if raised:
            raise error
        return error

    def plain(environ, start_response):
        return handler(None)(environ, start_response)

    application = decorated(handler) if decorated else plain
    reply = ask(wrapped(application))
    assert b'mine' in reply.body
    assert reply.one('Content-Type').startswith('text/')
    assert 'X-Errorkit' not in reply.headers


def test_head_has_gets_head_but_for_the_length():
    application = wrapped(answering('404 Not Found', b'gone', HEADERS[:3]))
    get, head = ask(application), ask(application, method='HEAD')
    assert head.body == b''
    assert 'Content-Length' not in head.headers
    skipped = ('Content-Length', 'OpenStack-Error-Code', ID_HEADER)
    assert [item for item in head.headerlist if item[0] not in skipped] == [
        item for item in get.headerlist if item[0] not in skipped
    ]


@pytest.mark.parametrize('method', ['GET', 'HEAD', 'POST'])
def test_an_error_can_opt_out(method):
    reply = reshaped(
        '404 Not Found',
        b'mine',
        [('x-errorkit', ' Pass')],
        ask_with={'method': method},
    )
    assert reply.status == '404 Not Found'
    assert reply.body == (b'' if method == 'HEAD' else b'mine')
    assert reply.one('Content-Type') == PLAIN
    assert 'X-Errorkit' not in reply.headers
    assert len(reply.headers.getall(ID_HEADER)) == 1


def test_webobs_own_errors_can_opt_out_too():
    @webob.dec.wsgify
    def application(request):
        raise webob.exc.HTTPNotFound('mine', headers={'X-Errorkit': 'pass'})

    reply = ask(wrapped(application))
    assert reply.one('Content-Type').startswith('text/html')
    assert b'mine' in reply.body
    assert 'X-Errorkit' not in reply.headers


def test_another_value_of_that_header_means_nothing():
    reply = reshaped('404 Not Found', b'x', [('X-Errorkit', 'no')])
    assert_error(reply, status=404, code=CODE, detail='x')


def as_json(data):
    return json.dumps(data).encode()


@pytest.mark.parametrize(
    ('option', 'content_type', 'is_reshaped'),
    [
        ('all', PLAIN, True),
        ('all', 'application/json', True),
        ('all', 'application/hal+json', True),
        ('non-json', PLAIN, True),
        ('non-json', None, True),
        ('non-json', 'application/json; charset=utf-8', False),
        ('non-json', 'application/hal+json', False),
        ('none', PLAIN, False),
        ('none', 'text/html', False),
        ('none', 'application/json', False),
    ],
)
@pytest.mark.parametrize('method', ['GET', 'HEAD'])
@pytest.mark.parametrize('chunked', [False, True])
def test_reshape_says_which(
    option, content_type, is_reshaped, method, chunked
):
    given = as_json({'description': 'mine'})
    reply = reshaped(
        '404 Not Found',
        Body([given[:5], given[5:]]) if chunked else given,
        content_type=content_type,
        options={'reshape': option},
        ask_with={'method': method},
    )
    assert ('nosniff' in reply.headers.values()) == is_reshaped
    if not is_reshaped:
        assert reply.headers.get('Content-Type') == content_type
    if method == 'GET':
        assert (reply.body == given) != is_reshaped
    if method == 'GET' and is_reshaped:
        assert_error(reply, status=404, code=CODE, detail='mine')


@pytest.mark.parametrize('option', ['non-json', 'none'])
@pytest.mark.parametrize('accept', ['text/html', 'application/json', '*/*'])
def test_webobs_own_errors_are_ours_whatever_is_reshaped(option, accept):
    @webob.dec.wsgify
    def application(request):
        raise webob.exc.HTTPConflict('Taken <x>.', comment='volume.taken')

    reply = ask(
        wrapped(application, reshape=option), headers={'Accept': accept}
    )
    assert_error(
        reply,
        status=409,
        code='volume.taken',
        detail='Taken <x>.',
        kind='text/html' if accept == 'text/html' else 'application/json',
    )


@pytest.mark.parametrize('option', ['some', '', None, True])
def test_another_value_of_reshape_is_refused(option):
    with pytest.raises(ConfigError) as raised:
        wrapped(answering('200 OK'), reshape=option)
    assert raised.value.option == 'reshape'


OURS = {
    'errors': [
        {'status': 404, 'title': 'Not Found', 'detail': 'Gone.', 'x': [1]}
    ]
}
PROBLEM = {'type': 'about:blank', 'status': 404, 'detail': 'Gone.'}
FAULT = {'itemNotFound': {'code': 404, 'message': 'Gone.'}}
BRIDGE = {**FAULT, **OURS}
JSON = 'application/json'
PROBLEM_JSON = 'application/problem+json'


@pytest.mark.parametrize(
    ('body', 'content_type'),
    [(OURS, JSON), (OURS, 'application/vnd.x+json'), (BRIDGE, JSON)],
)
def test_a_body_in_our_format_passes_with_the_id_it_lacks(body, content_type):
    reply = reshaped(
        '404 Gone', as_json(body), [('ETag', '"x"')],
        content_type=content_type,
    )
    assert reply.status == '404 Gone'
    assert reply.one('Content-Type') == content_type
    assert reply.one('Content-Length') == str(len(reply.body))
    assert 'ETag' not in reply.headers
    assert reply.one('Cache-Control') == 'no-store'
    assert reply.one('X-Content-Type-Options') == 'nosniff'
    expected = json.loads(as_json(body))
    expected['errors'][0]['request_id'] = reply.one(ID_HEADER)
    assert reply.json == expected
    assert list(reply.json['errors'][0]) == [
        'status', 'title', 'detail', 'request_id', 'x'
    ]


@pytest.mark.parametrize('problem', [PROBLEM, {}, {'title': 'Gone'},
                                     {**PROBLEM, 'errors': ['mine']}])
def test_problem_details_pass_with_the_id_they_lack(problem):
    reply = reshaped(
        '404 Not Found', as_json(problem), content_type=PROBLEM_JSON
    )
    assert reply.one('Content-Type') == PROBLEM_JSON
    assert reply.json == {**problem, 'request_id': reply.one(ID_HEADER)}


def test_head_of_what_passes_has_no_body_either():
    def application(environ, start_response):
        start_response('404 Not Found', [('Content-Type', PROBLEM_JSON)])
        return body

    body = Body([b'{}'])
    assert ask(wrapped(application), method='HEAD', valid=False).body == b''
    assert body.closed == 1


def test_a_fault_passes_as_it_is():
    body = as_json(FAULT) + b'\n'
    reply = reshaped('404 Not Found', body, content_type=JSON)
    assert reply.body == body


@pytest.mark.parametrize('body', [OURS, FAULT])
def test_where_a_bridge_is_spoken_half_of_it_becomes_one(body):
    reply = reshaped(
        '404 Not Found',
        as_json(body),
        content_type=JSON,
        options={'format': 'bridge'},
    )
    assert list(reply.json) == ['itemNotFound', 'errors']
    assert reply.json['itemNotFound'] == FAULT['itemNotFound']
    assert reply.json['errors'][0]['detail'] == 'Gone.'


def test_where_faults_are_spoken_errors_become_one():
    reply = reshaped(
        '404 Not Found',
        as_json(OURS),
        content_type=JSON,
        options={'format': 'compute'},
    )
    assert reply.json == FAULT
    for body in (FAULT, BRIDGE):
        reply = reshaped(
            '404 Not Found',
            as_json(body),
            content_type=JSON,
            options={'format': 'compute'},
        )
        assert reply.json['itemNotFound'] == FAULT['itemNotFound']


@pytest.mark.parametrize('kind', [JSON, PROBLEM_JSON])
def test_the_code_of_a_known_body_is_gated_too(kind):
    entry = {
        'code': 'volume.gone',
        'status': 404,
        'title': 'Not Found',
        'detail': 'Gone.',
        'x': [1],
    }
    body = {'errors': [entry]} if kind == JSON else entry
    for version, code in (('3.4', None), ('3.5', 'volume.gone')):
        reply = reshaped(
            '404 Not Found',
            as_json(body),
            [('OpenStack-Error-Code', 'volume.gone')],
            content_type=kind,
            options={'versions': '3.0-3.9', 'code_version': '3.5'},
            ask_with={
                'headers': {'OpenStack-API-Version': f'volume {version}'}
            },
        )
        shown = reply.json
        if 'errors' in shown:
            [shown] = shown['errors']
        assert shown.get('code') == code
        assert (reply.headers.get('OpenStack-Error-Code')) == code
        assert shown['x'] == [1]


@pytest.mark.parametrize('place', [0, 19, 20, 45])
def test_a_code_is_hidden_wherever_in_a_long_list_it_stands(place):
    errors = [
        {'status': 404, 'title': 'Not Found', 'detail': f'No {number}.'}
        for number in range(46)
    ]
    errors[place]['code'] = 'volume.gone'
    reply = reshaped(
        '404 Not Found',
        as_json({'errors': errors}),
        content_type=JSON,
        options={'versions': '3.0-3.9', 'code_version': '3.5'},
        ask_with={'headers': {'OpenStack-API-Version': 'volume 3.4'}},
    )
    assert 'volume.gone' not in reply.text
    assert reply.json['errors'][0]['detail'] == 'No 0.'


RFC_FIELDS = [
    {'detail': 'Too old.', 'pointer': '#/age'},
    {'detail': 'No colour.', 'pointer': '#/a%20b', 'code': 'volume.colour'},
]
ASP_FIELDS = {'age': ['Too old.'], 'a b': ['No colour.']}


def with_fields(errors, version):
    """Return what a client of a version gets of problem details."""
    return reshaped(
        '400 Bad Request',
        as_json(
            {'title': 'Not valid.', 'code': 'volume.odd', 'errors': errors}
        ),
        content_type=PROBLEM_JSON,
        options={'versions': '3.0-3.9', 'code_version': '3.5'},
        ask_with={'headers': {'OpenStack-API-Version': f'volume {version}'}},
    )


@pytest.mark.parametrize('errors', [RFC_FIELDS, ASP_FIELDS])
def test_fields_of_problem_details_are_kept_when_the_code_is_hidden(errors):
    reply = with_fields(errors, '3.4')
    own, *further = reply.json['errors']
    assert (own['title'], own['status']) == ('Not valid.', 400)
    assert [(one['detail'], one['source']) for one in further] == [
        ('Too old.', {'pointer': '/age'}),
        ('No colour.', {'pointer': '/a b'}),
    ]
    assert 'volume.' not in reply.text


@pytest.mark.parametrize('errors', [RFC_FIELDS, ASP_FIELDS])
def test_fields_of_problem_details_that_pass_are_as_they_were(errors):
    reply = with_fields(errors, '3.5')
    assert reply.one('Content-Type') == PROBLEM_JSON
    assert reply.json['errors'] == errors


@pytest.mark.parametrize('errors', [RFC_FIELDS, ASP_FIELDS])
@pytest.mark.parametrize(
    ('kind', 'more'),
    [(PROBLEM_JSON, {'status': 422}), (PROBLEM_JSON, {'traceback': 'x'}),
     (JSON, {})],
)
def test_fields_of_what_cannot_pass_are_kept(errors, kind, more):
    reply = reshaped(
        '400 Bad Request',
        as_json({'title': 'Not valid.', 'errors': errors, **more}),
        content_type=kind,
    )
    shown = reply.json['errors']
    assert [(one['detail'], one['source']) for one in shown] == [
        ('Too old.', {'pointer': '/age'}),
        ('No colour.', {'pointer': '/a b'}),
    ]


def test_a_code_of_a_field_alone_is_gated_too():
    reply = reshaped(
        '400 Bad Request',
        as_json({'title': 'Not valid.', 'errors': RFC_FIELDS}),
        content_type=PROBLEM_JSON,
        options={'versions': '3.0-3.9', 'code_version': '3.5'},
        ask_with={'headers': {'OpenStack-API-Version': 'volume 3.4'}},
    )
    assert 'volume.colour' not in reply.text
    assert reply.json['errors'][2]['detail'] == 'No colour.'


def test_of_many_fields_as_many_as_of_other_errors_are_shown():
    errors = [{'detail': f'{n}', 'pointer': f'#/{n}'} for n in range(500)]
    shown = with_fields(errors, '3.4').json['errors']
    assert len(shown) == 20
    assert shown[-1]['truncated'] is True


def test_a_known_code_is_renamed_too():
    catalog = errorkit.Catalog('volume')
    catalog.define('volume.old', status=404, renames={'3.5': 'volume.new'})
    body = {'errors': [{**OURS['errors'][0], 'code': 'volume.old'}]}
    reply = reshaped(
        '404 Not Found',
        as_json(body),
        content_type=JSON,
        options={'versions': '3.0-3.9', 'catalog': catalog},
        ask_with={'headers': {'OpenStack-API-Version': 'volume 3.5'}},
    )
    assert_error(reply, status=404, code='volume.new', detail='Gone.')


def test_a_body_that_has_an_id_passes_byte_for_byte():
    given = json.loads(as_json(OURS))
    given['errors'][0]['request_id'] = 'req-of-another'
    body = json.dumps(given, indent=3).encode()
    reply = reshaped(
        '404 Not Found', body, [('ETag', '"x"')], content_type=JSON
    )
    assert reply.body == body
    assert reply.one('ETag') == '"x"'


@pytest.mark.parametrize('body', [OURS, PROBLEM, FAULT, BRIDGE])
def test_a_body_that_speaks_of_another_status_is_not_let_pass(body):
    kind = PROBLEM_JSON if body is PROBLEM else JSON
    reply = reshaped('403 Forbidden', as_json(body), content_type=kind)
    error = assert_error(reply, status=403, code=CODE)
    assert error['detail'] == 'Gone.'


def test_a_known_error_is_told_to_the_request_log(caplog):
    caplog.set_level(logging.DEBUG)
    given = json.loads(as_json(OURS))
    given['errors'][0]['code'] = 'volume.gone'
    reshaped('404 Not Found', as_json(given), content_type=JSON)
    assert 'answered with 404 volume.gone' in caplog.text


def test_json_under_another_type_is_not_let_pass():
    reply = reshaped('404 Not Found', as_json(OURS), content_type=PLAIN)
    assert_error(reply, status=404, code=CODE, detail='Gone.')


def test_a_foreign_status_or_code_chooses_nothing():
    body = as_json({'code': 200, 'status': 201, 'message': 'x'})
    reply = reshaped('409 Conflict', body, content_type=JSON)
    assert_error(reply, status=409, code=CODE, detail='x')


def test_a_foreign_code_of_the_right_form_is_kept():
    body = as_json({'code': 'volume.gone', 'detail': 'x'})
    reply = reshaped('409 Conflict', body, content_type=JSON)
    assert_error(reply, status=409, code='volume.gone', detail='x')


def test_field_errors_become_one_error_each():
    body = as_json({'name': ['Too long.', 'Not <b>.'], 'size': ['Odd.']})
    reply = reshaped('400 Bad Request', body, content_type=JSON)
    assert_error(
        reply,
        status=400,
        code=CODE,
        detail='Too long.',
        source={'pointer': '/name'},
        count=3,
    )
    assert [entry['detail'] for entry in reply.json['errors']] == [
        'Too long.', 'Not <b>.', 'Odd.'
    ]


def test_a_traceback_in_a_foreign_500_is_not_sent():
    body = b'Oops\nTraceback (most recent call last):\n  File "/srv/x.py"'
    reply = reshaped('500 Internal Server Error', body)
    assert_error(reply, status=500, code=CODE)
    assert 'srv' not in reply.text


@pytest.mark.parametrize('status', ['200 OK', '204 No Content', '302 Found',
                                    '304 Not Modified', '600 Odd'])
def test_what_is_no_error_is_not_touched(status):
    def application(environ, start_response):
        start_response(status, [('X-Mine', '1')])
        return [b'']

    reply = ask(wrapped(application), valid=False)
    assert reply.status == status
    assert 'X-Content-Type-Options' not in reply.headers


def test_the_versions_headers_are_there_once():
    application = wrapped(
        answering('404 Not Found', b'x'), versions='3.0-3.5'
    )
    reply = ask(application, headers={'OpenStack-API-Version': 'volume 3.2'})
    assert_error(reply, status=404, code=CODE, detail='x')
    assert reply.one('OpenStack-API-Version') == 'volume 3.2'
    assert sorted(reply.vary()) == ['accept', 'openstack-api-version']


def test_an_auth_layers_401_has_the_shape_too():
    def auth(application):
        return answering(
            '401 Unauthorized',
            as_json({'error': {'code': 401, 'title': 'Unauthorized',
                               'message': 'The request you have made '
                                          'requires authentication.'}}),
            [('WWW-Authenticate', 'Keystone uri="x"')],
            content_type=JSON,
        )

    reply = ask(wrapped(answering('200 OK'), auth=auth, versions='3.0-3.5'))
    assert_error(
        reply,
        status=401,
        code=CODE,
        title='Unauthorized',
        detail='The request you have made requires authentication.',
    )
    assert reply.one('WWW-Authenticate') == 'Keystone uri="x"'
    assert reply.one('OpenStack-API-Version') == 'volume 3.0'


@pytest.mark.parametrize('content_type', ['text/plain', 'text/html', 'x/y'])
def test_an_exception_with_a_body_of_its_own_keeps_words_and_code(
    content_type,
):
    raised = webob.exc.HTTPConflict(comment='volume.taken')
    raised.body = b'My own words.'
    raised.content_type = content_type

    def application(environ, start_response):
        raise raised

    reply = ask(wrapped(application))
    assert_error(
        reply, status=409, code='volume.taken', detail='My own words.'
    )
    assert raised.body == b'My own words.'


def test_an_exception_with_a_json_body_is_read_like_a_response():
    raised = webob.exc.HTTPConflict(json_body={'message': 'Mine.'})

    def application(environ, start_response):
        raise raised

    reply = ask(wrapped(application))
    assert_error(reply, status=409, code=CODE, detail='Mine.')


def test_twice_wrapped_is_once_wrapped():
    inner = answering('404 Not Found', b'gone')
    once = ask(wrapped(inner))
    twice = ask(wrapped(wrapped(inner)))
    assert [*once.json['errors'][0]] == [*twice.json['errors'][0]]
    assert_error(twice, status=404, code=CODE, detail='gone')


UPSTREAM = {
    'errors': [
        {
            'status': 404,
            'title': 'Not Found',
            'code': 'image.not_found',
            'detail': 'No image 1.',
            'request_id': 'req-6f1a8d5e-8a55-4d6f-9d3c-2f6a0f0a7b22',
        }
    ]
}


def passing_on(**options):
    """Return a service that passes on why another one has refused."""
    upstream = webob.Response(
        json_body=UPSTREAM, status=404, content_type=JSON
    )

    def application(environ, start_response):
        raise errorkit.MultiError(
            [
                webob.exc.HTTPBadGateway('No image.', comment='volume.image'),
                errorkit.Error.from_response(upstream),
            ]
        )

    return wrapped(application, **options)


def test_why_another_service_refused_is_logged_and_not_shown(caplog):
    caplog.set_level(logging.INFO)
    reply = ask(passing_on())
    assert_error(
        reply, status=502, code='volume.image', detail='No image.', count=1
    )
    for word in ('404', 'image.not_found', 'No image 1.', 'req-6f1a8d5e'):
        assert word in caplog.text
    assert 'image.not_found' not in reply.text


def test_it_is_shown_with_its_own_id_where_the_service_asks_for_it():
    reply = ask(passing_on(show_upstream=True))
    first, second = reply.json['errors']
    assert first['code'] == 'volume.image'
    assert first['request_id'] == reply.one(ID_HEADER)
    assert second == UPSTREAM['errors'][0]


def test_another_services_error_alone_is_an_error_of_ours():
    upstream = webob.Response(
        json_body=UPSTREAM, status=404, content_type=JSON
    )

    def application(environ, start_response):
        raise errorkit.MultiError([errorkit.Error.from_response(upstream)])

    reply = ask(wrapped(application))
    assert_error(
        reply, status=404, code=CODE, detail=error.explanation_of(404)
    )


@pytest.mark.parametrize('returns', [False, True])
def test_an_error_for_a_head_that_was_made_a_get_has_no_body(returns):
    def override(environ, start_response):
        environ['REQUEST_METHOD'] = 'GET'
        conflict = webob.exc.HTTPConflict('x', comment='volume.full')
        if returns:
            return conflict(environ, start_response)
        raise conflict

    wrapped = errorkit.wrap(override, service_type='volume')
    reply = ask(wrapped, method='HEAD')
    assert (reply.status_int, reply.body) == (409, b'')
