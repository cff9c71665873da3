# SPDX-License-Identifier: Apache-2.0
"""Error bodies of others: what the real frameworks send, read back."""

import functools
import json

import pytest
import webob.exc
from bodies import frameworks
from bodies.frameworks import PLANTED, TEXT, ask

from errorkit.formats import foreign


def told(status, content_type, body):
    """Return the one Error of a body."""
    (error,) = foreign.load(status, content_type, body)
    assert error.status == status
    return error


def details(answer):
    return [error.detail for error in foreign.load(*answer)]


@functools.cache
def django(debug):
    return frameworks.django_answers(debug)


@pytest.fixture(scope='module')
def flask_app():
    return frameworks.flask_app()


@pytest.mark.parametrize('path', ['/full', '/string', '/object'])
def test_flask(flask_app, path):
    error = told(*ask(flask_app, path))
    assert (error.title, error.detail) == ('', TEXT)


@pytest.mark.parametrize(('method', 'path', 'begin'), [
    ('GET', '/nowhere', 'The requested URL was not found'),
    ('POST', '/full', 'The method is not allowed'),
    ('GET', '/bug', 'The server encountered an internal error'),
])
def test_what_flask_says_by_itself(flask_app, method, path, begin):
    error = told(*ask(flask_app, path, method=method))
    assert error.detail.startswith(begin)
    assert '\n' not in error.detail


def test_falcon():
    app = frameworks.falcon_app()
    error = told(*ask(app, '/full'))
    assert (error.title, error.detail) == ('Name exists', TEXT)
    assert error.links == (('help', 'https://docs.example/17'),)
    assert error.code is None


def test_falcon_as_xml():
    answer = ask(frameworks.falcon_app(), '/full', 'application/xml')
    error = told(*answer)
    assert b'<error>' in answer[2]
    assert (error.title, error.detail) == ('Name exists', TEXT)


def test_falcon_repeats_the_status_in_the_title():
    answer = ask(frameworks.falcon_app(), '/nowhere')
    assert answer[2] == b'{"title": "404 Not Found"}'
    error = told(*answer)
    assert (error.title, error.detail) == ('Not Found', '')


@pytest.mark.parametrize(('path', 'accept'), [
    ('/full', 'text/html'),
    ('/as_json', 'application/json'),
    ('/volumes/1', 'application/json'),
    ('/volumes/1', 'application/xml'),
])
def test_pecan_and_wsme(path, accept):
    error = told(*ask(frameworks.pecan_app(), path, accept))
    assert error.status == 409
    assert error.detail == TEXT


@pytest.mark.parametrize('accept', ['application/json', 'application/xml'])
@pytest.mark.parametrize('debug', [False, True])
def test_the_text_of_a_bug_in_wsme_is_not_told(debug, accept):
    answer = ask(frameworks.pecan_app(debug), '/volumes/0', accept)
    assert answer[0] == 500
    assert PLANTED.encode() in answer[2]
    assert told(*answer).detail == ''


def test_paste():
    answer = ask(frameworks.paste_app, accept='text/html')
    assert PLANTED.encode() in answer[2]
    assert b'WSGI Server' in answer[2]
    assert told(*answer).detail == TEXT
    answer = ask(frameworks.paste_app, accept='text/plain')
    assert told(*answer).detail == TEXT


def test_a_url_map_tells_nothing_of_environ():
    answer = ask(frameworks.paste_urlmap(), '/nowhere', 'text/html')
    assert b'SCRIPT_NAME' in answer[2]
    assert told(*answer).detail == '/nowhere'


def test_paste_hides_its_errors():
    error = told(*ask(frameworks.paste_debugger(False)))
    assert error.detail.startswith('An error occurred.')


def test_gunicorn():
    answer = frameworks.gunicorn_page(
        400, 'Bad Request', "Invalid header '<cake>'")
    assert told(*answer).detail == "Invalid header '<cake>'"
    answer = frameworks.gunicorn_page(
        500, 'Internal Server Error', '')
    assert told(*answer).detail == ''


@pytest.mark.parametrize('accept', ['text/html', 'application/json'])
def test_webob_without_a_text_of_its_own(accept):
    answer = ask(webob.exc.HTTPConflict(), accept=accept)
    error = told(*answer)
    assert error.detail == webob.exc.HTTPConflict.explanation


def test_webobs_lines_without_a_text_of_their_own_say_nothing():
    answer = ask(webob.exc.HTTPConflict(), accept='text/plain')
    assert told(*answer).detail == ''


@pytest.mark.parametrize(('accept', 'code'), [
    ('text/html', None), ('application/json', 'volume.full'),
])
def test_webob(accept, code):
    answer = ask(webob.exc.HTTPConflict(TEXT, comment='volume.full'),
                 accept=accept)
    error = told(*answer)
    assert (error.detail, error.code) == (TEXT, code)


def test_webob_as_text():
    answer = ask(webob.exc.HTTPConflict('No room.'), accept='text/plain')
    assert answer[2].startswith(b'409 Conflict\n\nThere was a conflict')
    assert told(*answer).detail == 'No room.'


@pytest.mark.parametrize('accept', ['text/html', 'application/json'])
def test_a_comment_in_webobs_body_is_not_told(accept):
    answer = ask(webob.exc.HTTPConflict(TEXT, comment=f'my {PLANTED}'),
                 accept=accept)
    altered = answer[2].replace(b'<body>', b'<body class="a">')
    assert PLANTED.encode() in altered
    assert told(*answer[:2], altered).detail == TEXT


@pytest.mark.parametrize('debug', [False, True])
def test_django_rest_framework(debug):
    errors = foreign.load(*django(debug)['invalid'])
    assert [(error.source['pointer'], error.detail) for error in errors] == [
        ('/name', 'Ensure this field has no more than 3 characters.'),
        ('/password', 'This field is required.'),
        ('/tags/1', 'A valid integer is required.'),
        ('/disks/1/size',
         'Ensure this value is greater than or equal to 1.'),
    ]
    assert {error.status for error in errors} == {400}
    error = told(*django(debug)['invalid_whole'])
    assert (error.detail, error.source) == ('The whole is wrong.', None)
    assert details(django(debug)['rest_missing']) == ['No volume <cake>.']
    assert details(django(debug)['rest_list']) == ['One.', 'Two.']


def test_djangos_production_pages():
    assert details(django(False)['missing']) == [
        'The requested resource was not found on this server.']
    assert details(django(False)['csrf'])[0].startswith(
        'CSRF verification failed. Request aborted.\nYou are seeing')
    for view in ('forbidden', 'suspicious', 'bug', 'bad_host'):
        assert details(django(False)[view]) == ['']


@pytest.mark.parametrize('debug', [False, True])
def test_a_text_that_django_calls_html_keeps_its_lines(debug):
    assert details(django(debug)['gone']) == [
        'The volume <cake> is gone,\nfor ever.']


@pytest.mark.parametrize('view', [
    'bug', 'bug_as_text', 'missing', 'suspicious', 'bad_host', 'csrf',
    'no_such_page'])
@pytest.mark.parametrize('said', ['', 'text/html', 'application/json',
                                  'text/plain', 'application/xml'])
def test_nothing_of_djangos_debug_pages_is_told(view, said):
    status, _, body = django(True)[view]
    assert len(body) > len(django(False)[view][2])
    error = told(status, said, body)
    assert (error.title, error.detail) == ('', '')


DEBUGGERS = ['werkzeug', 'pecan', 'paste', 'django']


@functools.cache
def debug_page(name):
    if name == 'werkzeug':
        return ask(frameworks.werkzeug_debugger(), '/bug')
    if name == 'pecan':
        return ask(frameworks.pecan_app(True), '/bug')
    if name == 'paste':
        return ask(frameworks.paste_debugger(True))
    return django(True)['bug']


@pytest.mark.parametrize('name', DEBUGGERS)
def test_nothing_of_a_debuggers_page_is_told(name):
    status, _, body = debug_page(name)
    assert status == 500
    assert PLANTED.encode() in body
    error = told(*debug_page(name))
    assert (error.title, error.detail) == ('', '')


@pytest.mark.parametrize('name', DEBUGGERS)
@pytest.mark.parametrize('share', [0.1, 0.3, 0.5, 0.7, 0.9, 0.99])
def test_nor_is_anything_of_the_first_part_of_one(name, share):
    status, content_type, body = debug_page(name)
    part = body[:int(len(body) * share)]
    error = told(status, content_type, part)
    assert PLANTED not in error.detail
    assert 'site-packages' not in error.detail


NGINX = (
    b'<html>\r\n<head><title>%s</title></head>\r\n<body>\r\n'
    b'<center><h1>%s</h1></center>\r\n%s<hr><center>nginx/1.22.1</center>'
    b'\r\n</body>\r\n</html>\r\n')
PADDING = (b'<!-- a padding to disable MSIE and Chrome friendly error page '
           b'-->\r\n') * 6
APACHE = (
    b'<!DOCTYPE HTML PUBLIC "-//IETF//DTD HTML 2.0//EN">\n<html><head>\n'
    b'<title>404 Not Found</title>\n</head><body>\n<h1>Not Found</h1>\n'
    b'<p>The requested URL was not found on this server.</p>\n<hr>\n'
    b'<address>Apache/2.4.57 (Debian) Server at localhost Port 80</address>'
    b'\n</body></html>\n')


@pytest.mark.parametrize(('status', 'heading'), [
    (404, b'404 Not Found'), (502, b'502 Bad Gateway'),
    (504, b'504 Gateway Time-out'), (413, b'413 Request Entity Too Large'),
    (503, b'503 Service Temporarily Unavailable'),
])
@pytest.mark.parametrize('padding', [b'', PADDING])
def test_nginx_only_repeats_the_status(status, heading, padding):
    page = NGINX % (heading, heading, b'') + padding
    assert told(status, 'text/html', page).detail == ''


def test_nginx_with_a_text():
    said = b'The plain HTTP request was sent to HTTPS port'
    page = NGINX % (b'400 ' + said, b'400 Bad Request',
                    b'<center>' + said + b'</center>\r\n')
    assert told(400, 'text/html', page).detail == said.decode()


def test_apache():
    assert told(404, 'text/html', APACHE).detail == (
        'The requested URL was not found on this server.')


@pytest.mark.parametrize(('status', 'page', 'detail'), [
    (409, '<h1>Out of room</h1>', 'Out of room'),
    (409, '<title>Out of room</title><h1>Conflict</h1>', 'Out of room'),
    (409, '<title>Full</title><h1>Full house</h1>', 'Full house'),
    (409, '<h1>409 Conflict</h1><p>a</p><p>b<br>c</p>', 'a\nb\nc'),
    (409, '<p>a  \n b <b>c</b>d</p>', 'a b cd'),
    (409, '<pre>a\n  b\n</pre>', 'a\nb'),
    (409, '<p>a &lt; b &amp;&amp; c &eacute; &#8364;</p>',
     'a < b && c \xe9 \u20ac'),
    (409, '<p>&amp;lt; &amp; &ltx &amp</p>', '&lt; & <x &'),
    (409, '<p>' + '&amp;lt; &quot;' * 20 + '</p>', '&lt; "' * 20),
    (409, '<p>' + '&amp;lt; &eacute;' * 20 + '</p>', '&lt; \xe9' * 20),
    (409, '<p>a < b and 1 <2</p>', 'a < b and 1 <2'),
    (409, '<p>No <cake>, </uuid> or <Volume Id></p>',
     'No <cake>, </uuid> or <Volume Id>'),
    (409, '<P CLASS=x>No</P><HR><CENTER>apache</CENTER>', 'No'),
    (409, '<p title="a > b">No</p>', 'No'),
    (409, '<p title="<b>\'secret\'</b>">No</p>', 'No'),
    (409, '<p>a</p><hr><p>Please ask for help.</p>',
     'a\nPlease ask for help.'),
    (409, '<p>a</p><hr><p>b</p><hr><p>c</p><p>d</p>', 'a\nb\nc\nd'),
    (409, '<head><style>p {}</style><script>if (a<b) "</p>"</script>'
     '<title>Conflict</title></head><p>No</p>', 'No'),
    (409, '<head><title>Conflict</title><p>No</p>', 'No'),
    (409, '<p>No<!-- secret --> room<!-- <p>secret</p>', 'No room'),
    (409, '<p>No</p><script>secret', 'No'),
    (409, '<svg viewBox="0 0 1 1"><text>secret</text></svg>No', 'No'),
    (409, '<p>No &#' + '9' * 5000 + '; room</p>', 'No \ufffd room'),
    (409, '<p>a</p', 'a'),
    (409, 'no tags\nat &quot;all&quot;', 'no tags\nat "all"'),
    (409, '409 Conflict\nNo', 'No'),
    (500, '<h1>Server Error (500)</h1>', ''),
    (404, '<h1>Page not found <span>(404)</span></h1>', ''),
    (404, '<h1>502 Bad Gateway</h1>', '502 Bad Gateway'),
])
def test_pages(status, page, detail):
    assert told(status, 'text/html', page.encode()).detail == detail


@pytest.mark.parametrize(('document', 'detail'), [
    ('<?xml version="1.0"?><a><b>x</b><c>y &amp; z</c></a>', 'x\ny & z'),
    ('<fault><reason>No room</reason></fault>', 'No room'),
    ('<e><message><![CDATA[a <b> & c]]></message></e>', 'a <b> & c'),
    ('<e><message>a</message><message>b</message></e>', 'a\nb'),
    ('<e><m>a</m><traceback><traceback>1</traceback>2</traceback>'
     '<n>b</n></e>', 'a\nb'),
    ('<e><m>a</m><stackTrace>secret', 'a'),
    ('<e><debuginfo/><m>a</m></e>', 'a'),
])
def test_xml(document, detail):
    error = told(400, 'application/xml', document.encode())
    assert error.detail == detail


@pytest.mark.parametrize(('text', 'detail'), [
    ('  No room\n', 'No room'),
    ('a\n\n  b\r\nc', 'a\n\n  b\r\nc'),
    ('409 Conflict\nNo <cake> &amp; so', 'No <cake> &amp; so'),
    ('Conflict', ''),
    ('HTTP/1.1 409 Conflict\r\n\r\nNo', 'No'),
    ('Conflict of interests', 'Conflict of interests'),
    ('404 Not Found', '404 Not Found'),
    ('<cake> is taken', '<cake> is taken'),
    ('[Errno 2] it says', '[Errno 2] it says'),
    ('{no: json}', '{no: json}'),
    (' \r\n\t', ''),
    ('in "<string>", line 3, column 5', 'in "<string>", line 3, column 5'),
])
def test_texts(text, detail):
    assert told(409, 'text/plain', text.encode()).detail == detail


TRACEBACK = (
    'Traceback (most recent call last):\n  File "/srv/a.py", line 3, in f\n'
    'ValueError: secret')


@pytest.mark.parametrize('text', [
    TRACEBACK,
    'Sorry.\n' + TRACEBACK,
    '  File "/srv/a.py", line 3, in f\n    secret()',
    'java.lang.Error: secret\n\tat org.example.A(A.java:1)',
    'Error: secret\n    at Object.<anonymous> (/srv/a.js:1:1)',
    '(sqlite3.Error) secret\n[SQL: SELECT 1]',
    '{"message": "cut short", "debuginfo": "secret',
    "{'message': 'of Python', 'password': 'secret'}",
    '{"message": "cut short", "\\u0070assword": "secret',
])
@pytest.mark.parametrize('said', ['text/plain', 'text/html', '',
                                  'application/json'])
def test_a_text_with_a_traceback_is_not_told(text, said):
    assert told(500, said, text.encode()).detail == ''
    wrapped = json.dumps({'title': text, 'detail': text}).encode()
    error = told(500, said, wrapped)
    assert (error.title, error.detail) == ('', '')


def test_no_line_of_a_list_that_is_a_traceback_is_told():
    for data in (TRACEBACK.split('\n'), {'lines': TRACEBACK.split('\n')}):
        errors = foreign.load(500, '', json.dumps(data).encode())
        assert 'secret' not in repr(errors)


ID = 'req-0f8c6d1e-5a0b-4f0e-9a51-2f1b8f3f7c11'
MESSAGE = 'No room for <cake>\n& more.'
M = json.dumps(MESSAGE)


@pytest.mark.parametrize('body', [
    f'{{"message": {M}}}',
    f'{{"Message": {M}}}',
    f'{{"msg": {M}}}',
    f'{{"detail": {M}}}',
    f'{{"error": {M}}}',
    f'{{"error": "invalid_token", "error_description": {M}}}',
    f'{{"error": "Conflict", "message": {M}, "statusCode": 409}}',
    f'{{"status": "error", "message": {M}, "data": null}}',
    f'{{"error": {{"code": 401, "message": {M}}}}}',
    f'{{"error": {{"code": 404, "message": {M}, "errors": '
    f'[{{"reason": "required", "message": {M}}}]}}}}',
    f'{{"NeutronError": {{"type": "T", "message": {M}, "detail": ""}}}}',
    f'{{"NeutronError": {M}}}',
    f'{{"itemNotFound": {{"code": 404, "message": {M}}}}}',
    f'{{"VolumeException": {{"code": 404, "message": {M}}}}}',
    f'{{"faultstring": {M}, "faultcode": "Client", "debuginfo": "secret"}}',
    f'{{"error_message": {{"faultstring": {M}, "faultcode": "Client", '
    '"debuginfo": "secret"}}',
    json.dumps({'error_message': json.dumps(
        {'faultstring': MESSAGE, 'faultcode': 'Client',
         'debuginfo': 'secret'})}),
    f'{{"detail": [{M}]}}',
    f'[{M}]',
    f'[{{"message": {M}}}]',
    f'{{"errors": [{M}]}}',
    f'{{"errors": {M}}}',
    f'{{"non_field_errors": [{M}]}}',
    M,
    f'{{"message": {M}, "traceback": "secret", "stack": ["secret"]}}',
    f'{{"message": {M}, "size": {"9" * 5000}}}',
    f'{{"message": {M}, "size": NaN}}',
])
@pytest.mark.parametrize('said', ['application/json', 'text/html'])
def test_one_text_in_json(body, said):
    if body == M and said == 'text/html':
        said = 'application/problem+json'
    error = told(409, said, body.encode())
    assert (error.title, error.detail) == ('', MESSAGE)
    assert (error.code, error.source, error.links) == (None, None, ())


@pytest.mark.parametrize(('body', 'members'), [
    ({'type': 'https://e.example/full', 'title': 'Full', 'status': 409,
      'detail': 'No room', 'code': 'volume.full', 'request_id': ID},
     {'title': 'Full', 'detail': 'No room', 'code': 'volume.full',
      'request_id': ID, 'links': (('help', 'https://e.example/full'),)}),
    ({'type': 'about:blank', 'title': 'Full', 'status': 409, 'left': 3},
     {'title': 'Full', 'detail': ''}),
    ({'title': '409 Conflict', 'description': 'No'},
     {'title': 'Conflict', 'detail': 'No'}),
    ({'explanation': webob.exc.HTTPConflict.explanation, 'code': 409,
      'title': 'Conflict', 'error': {
          'message': 'No room', 'traceback': 'secret', 'type': 'Full'}},
     {'title': 'Conflict', 'detail': 'No room'}),
    ({'errors': [{'status': 1, 'title': 'Full', 'detail': 'No',
                  'code': 'volume.full', 'request_id': ID,
                  'source': {'parameter': 'size'}, 'links': [
                      {'rel': 'help', 'href': 'https://e.example/'},
                      {'rel': 'help', 'href': 'javascript:secret'}]}]},
     {'title': 'Full', 'detail': 'No', 'code': 'volume.full',
      'request_id': ID, 'source': {'parameter': 'size'},
      'links': (('help', 'https://e.example/'),)}),
    ({'message': 'No', 'code': 'full', 'request_id': 'req-1',
      'link': {'href': '/relative'}}, {'detail': 'No'}),
    ({'message': 'No', 'code': 17}, {'detail': 'No'}),
    ({'detail': [{'loc': ['query', 'size'], 'msg': 'No',
                  'input': 'secret'}]},
     {'detail': 'No', 'source': {'parameter': 'size'}}),
    ({'detail': [{'loc': ['body', 'a/b', 3, '~'], 'msg': 'No'}]},
     {'detail': 'No', 'source': {'pointer': '/a~1b/3/~0'}}),
    ({'detail': [{'loc': ['header', 'if-match'], 'msg': 'No'}]},
     {'detail': 'No', 'source': {'header': 'if-match'}}),
    ({'errors': {'a/b~': ['No']}},
     {'detail': 'No', 'source': {'pointer': '/a~1b~0'}}),
    ({'message': {'name': 'No'}},
     {'detail': 'No', 'source': {'pointer': '/name'}}),
    ({'message': ['No']}, {'detail': 'No'}),
    ({'a': {'non_field_errors': ['No']}},
     {'detail': 'No', 'source': {'pointer': '/a'}}),
    ({'password': ['This field may not be blank.']},
     {'detail': 'This field may not be blank.',
      'source': {'pointer': '/password'}}),
    ({'password': ['Secret.']},
     {'detail': '', 'source': {'pointer': '/password'}}),
    ({'message': 'No', 'link': 'https://e.example/ "x'}, {'detail': 'No'}),
    ({'message': 'No', 'link': 'https://e.example/\n'}, {'detail': 'No'}),
    ({'message': 'No', 'link': 'httpx:secret'}, {'detail': 'No'}),
    ({'password': ['secret']},
     {'detail': '', 'source': {'pointer': '/password'}}),
    ({'faultstring': 'secret', 'faultcode': 'Server'}, {'detail': ''}),
    ({'size': 3, 'deep': [{'debug': 'secret', 'k': 'v'}], 'token': 's'},
     {'detail': '{"size":3,"deep":[{"k":"v"}]}'}),
    ({'exception': {'message': 'secret'}}, {'detail': ''}),
    ({'access_token': 'secret', 'Stack-Trace': ['secret']}, {'detail': ''}),
    ({'errors': [{'code': 'volume.full'}]}, {'code': 'volume.full'}),
    ({'message': None, 'code': 5}, {'detail': ''}),
    ({'status': 'No more room'}, {'detail': '{"status":"No more room"}'}),
    ({'code': ['No']}, {'detail': 'No', 'source': {'pointer': '/code'}}),
    ({}, {'detail': ''}),
    ([], {'detail': ''}),
    (None, {'detail': ''}),
    (0, {'detail': '0'}),
    ([1, '\xe9'], {'detail': '[1,"\xe9"]'}),
])
def test_what_else_json_says(body, members):
    error = told(409, 'application/json', json.dumps(body).encode())
    due = {'title': '', 'code': None, 'request_id': None, 'links': (),
           'source': None, **members}
    assert {name: getattr(error, name) for name in due} == due


def test_texts_around_a_list_come_first():
    errors = foreign.load(422, 'application/json', json.dumps({
        'title': 'Invalid', 'detail': 'Look below.', 'errors': [
            {'detail': 'One.', 'source': {'pointer': '/a'}},
            {'detail': 'Two.'}]}).encode())
    assert [(error.title, error.detail) for error in errors] == [
        ('Invalid', 'Look below.'), ('', 'One.'), ('', 'Two.')]


@pytest.mark.parametrize('data', [
    ['no'] * 5000, {'errors': ['no'] * 5000}, {'name': ['no'] * 5000},
    {f'f{number}': ['no'] for number in range(5000)},
    {'errors': [{'detail': f'{number}'} for number in range(5000)]},
    [{'size': ['no', 'no']}] * 5000,
    {'detail': 'no', 'errors': [{'detail': 'yes'}] * 5000},
])
def test_one_more_than_is_shown_is_read(data):
    body = json.dumps(data).encode()
    assert len(foreign.load(400, 'application/json', body)) == 21


@pytest.mark.parametrize(('said', 'body', 'kind'), [
    ('text/html', b' {"message": "a"}', 'json'),
    ('application/json', b'<html><p>a</p></html>', 'page'),
    ('application/json', b'<!DOCTYPE html><p>a</p>', 'page'),
    ('text/plain', b'<h1>a</h1>', 'text'),
    ('text/plain', b'<html><h1>a</h1></html>', 'page'),
    ('text/plain', b'<cake>', 'text'),
    ('application/json', b'"a"', 'json'),
    ('text/plain', b'"a"', 'text'),
    ('text/plain', b'7', 'text'),
    ('application/json', b'{"message": "a', 'text'),
    ('application/json', b'\n ', 'empty'),
    ('', b'', 'empty'),
])
def test_a_body_is_what_it_looks_like(said, body, kind):
    assert foreign.parse(said, body).kind == kind


@pytest.mark.parametrize(('said', 'body'), [
    ('text/plain', 'caf\xe9 \u65e5'.encode()),
    ('text/plain', '\ufeffcaf\xe9 \u65e5'.encode()),
    ('text/plain', 'caf\xe9 \u65e5'.encode('utf-16')),
    ('text/plain', 'caf\xe9 \u65e5'.encode('utf-32')),
    ('text/plain; charset=utf-16-le', 'caf\xe9 \u65e5'.encode('utf-16-le')),
    ('text/plain; charset="Shift_JIS"', '\u65e5'.encode('shift_jis')),
    ('text/plain; charset=latin-1', b'caf\xe9'),
    ('text/plain; charset=none-such', 'caf\xe9'.encode()),
    ('text/plain; charset=unicode_escape', b'caf\\xe9'),
    ('text/plain; charset=ascii', 'caf\xe9'.encode()),
    ('text/plain', b'caf\xe9'),
    ('text/plain', '\u65e5'.encode() + b'\xff'),
    ('application/json', '"caf\xe9"'.encode('utf-16-le')),
])
def test_the_charset_is_found(said, body):
    assert told(400, said, body).detail in (
        'caf\xe9 \u65e5', '\u65e5', 'caf\xe9', 'caf\\xe9', '\u65e5\ufffd')


@pytest.mark.parametrize(('content_type', 'body', 'words'), [
    ('text/plain', "{'key_name': 5} is not of type 'string'", None),
    ('text/plain', 'Syntax error: File "policy.yaml", line 3 has no colon.',
     None),
    ('text/plain', 'The package kernel-debuginfo is missing.', None),
    ('text/html', '<html><p>Traceback is not a valid tag.</p></html>',
     'Traceback is not a valid tag.'),
])
def test_a_word_that_a_traceback_has_too_is_no_traceback(
        content_type, body, words):
    [error] = foreign.load(400, content_type, body.encode())
    assert error.detail == (words or body)


@pytest.mark.parametrize('body', [
    'Error: x\n   at Shop.Cakes() in C:\\shop.cs:line 3',
    'Error: x\n    at cake (/srv/cake.js:7:9)',
    '    at cake (/srv/cake.js:7:9)',
    'Fatal error: Uncaught Exception: x in /srv/cake.php:3',
    "thread 'main' panicked at 'x', src/main.rs:2:5",
    'panic: x\n\ngoroutine 1 [running]:\nmain.main()',
    'x (Error)\n\tfrom /srv/cake.rb:3',
    '  File "/srv/cake.py", line 3\n    cake =',
    'SyntaxError\n  File "/srv/cake.py", line 3\n    cake =',
])
def test_the_stacks_of_other_languages_are_private_too(body):
    for content_type, text in (
            ('text/plain', body),
            ('application/json', json.dumps({'message': body}))):
        [error] = foreign.load(500, content_type, text.encode())
        assert error.detail == ''


def test_a_stack_on_a_page_of_spaces_is_private_too():
    page = ('<html><pre>Error: x<br> &nbsp; &nbsp;at /srv/cake.js:7:9</pre>'
            '</html>')
    [error] = foreign.load(500, 'text/html', page.encode())
    assert 'srv' not in error.detail
