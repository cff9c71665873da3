# SPDX-License-Identifier: Apache-2.0
"""What is a secret by its name or form is masked, and little else is."""

import io
import json
import logging
import logging.handlers
import queue

import pytest
from assertions import ask
from hypothesis import given
from hypothesis import strategies as st

import errorkit
from errorkit import masking, secrets
from errorkit.log import (
    ContextFilter,
    JSONFormatter,
    TextFormatter,
    traceback_of,
)

LOG = logging.getLogger('shop')
S = 'hunter2'
FERNET = 'gAAAAABf' + 'Qz-_9' * 30
JWT = 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhZGEifQ.c2lnbmF0dXJl'
AWS = 'AKIAIOSFODNN7EXAMPLE'
PEM = ('-----BEGIN RSA PRIVATE KEY-----\nMIIhunter2\nhunter2\n'
       '-----END RSA PRIVATE KEY-----')

# A text, and what of it must not be seen.
PLANTED = {
    'named': (f'password={S}', S),
    'named, spaced': (f'Password = {S}, user = ada', S),
    'JSON': (f'{{"adminPass": "{S}", "name": "ada"}}', S),
    'JSON in JSON': (f'"{{\\"password\\": \\"{S}\\", \\"a\\": 1}}"', S),
    'escaped quote': (f'{{"password": "a\\"{S}"}}', S),
    'repr of a dict': (f"{{'password': u'{S}'}}", S),
    'repr of a query': (f"{{'password': ['a', '{S}']}}", S),
    'pairs': (f"[('X-Auth-Token', '{S}'), ('Accept', '*/*')]", S),
    'X-Auth-Token': (f'X-Auth-Token: {S}', S),
    'X-Subject-Token': (f'< X-Subject-Token: {S}', S),
    'environ': (f"environ['HTTP_X_AUTH_TOKEN'] = '{S}'", S),
    'Basic': (f'Authorization: Basic {S} and more', S),
    'Digest': (f'Authorization: Digest user="ada", response="{S}"', S),
    'curl': (f"curl -H 'Authorization: Bearer {S}' http://nova/", S),
    'Cookie': (f'Cookie: lang=en; session={S}; a=b', S),
    'cookies': (f"cookies={{'lang': 'en', 'sid': '{S}'}}", S),
    'query': (f'GET /login?user=ada&token={S}&x=1', S),
    'escaped query': (f'/?next=%2Flogin%3Fpassword%3D{S}', S),
    'semicolons': (f'Server=db;Password={S};User=ada', S),
    'option': (f'openstack --os-password {S} server list', S),
    'option, =': (f'mysql --password={S} -u root', S),
    'XML': (f'<user><password>{S}</password></user>', S),
    'attribute': (f'<user password="{S}"/>', S),
    'source': (f"password: str = '{S}'", S),
    'three quotes': (f'secret = """{S}"""', S),
    'prose': (f"the password '{S}' was wrong", S),
    'marks in it': (f'password=a,b;c){S}', S),
    'brackets around it': (f'connect(password={S})', S),
    'secret_key': (f'secret_key = {S}', S),
    'aws_secret_access_key': (f'aws_secret_access_key={S}', S),
    'client_secret': (f'client_secret={S}&grant=x', S),
    'api key': (f'X-Api-Key: {S}', S),
    'signature': (f'/obj?temp_url_sig={S}&temp_url_expires=1', S),
    'URL': (f'mysql+pymysql://cinder:{S}@db/cinder', S),
    'URL with an @': (f'amqp://a:{S}@x:{S}@mq:5672/', S),
    'URL of a cluster': (f'rabbit://a:{S}@h1:5672,a:{S}@h2:5672/', S),
    'URL with a token': (f'https://{S}@git.example/', S),
    'Turkish i': (f'\u0130\u0130\u0130 PASSWORD={S} \u0130', S),
    'Fernet': (f'GET /v2.0/tokens/{FERNET} failed', FERNET[10:40]),
    'Fernet in a query': (f'a%3D{FERNET}', FERNET[10:40]),
    'JWT': (f'claims of {JWT} are old', JWT[30:]),
    'Bearer': ('using bearer aB3dE6gH9 now', 'aB3dE6gH9'),
    'Basic alone': ('sent Basic YWRhOmh1bnRlcjI= there', 'YWRhOmh1'),
    'AWS key id': (f'signed with {AWS}', AWS),
    'password in brackets': (f'password=({S})', S),
    'password in a short object': (f'{{"password": {{"value": "{S}"}}}}', S),
    'JSON four deep': (
        json.dumps({'a': json.dumps({'a': json.dumps(
            {'b': json.dumps({'password': S})})})}), S),
    'block of YAML': (f'password: |\n  {S}\nuser: ada', S),
    'pwd': (f'UID=ada;PWD={S}', S),
    'Fernet key': (f'fernet_key={S}', S),
    'key of Swift': (f'X-Account-Meta-Temp-URL-Key: {S}', S),
    'URL with a slash in its password': (f'mysql://a:{S}/b@db/x', S),
    'URL with a question mark in its password': (f'mysql://a:b?{S}@db/', S),
    'URL in a URL': (f'http://proxy/http://a:{S}@db/', S),
    'compass and password': (f'compass=1 adminPass={S}', S),
    'path of a token, then a value': (f'/auth/tokens?token={S}', S),
    'bind_pw': (f'bind_pw={S}', S),
    'bindpw': (f'bindpw: {S}', S),
    'bindPw': (f'{{"bindPw": "{S}"}}', S),
    'ldap_pw': (f'ldap_pw = {S}', S),
    'pw': (f'connect(user=ada, pw={S})', S),
    'credential': (f'credential={S}', S),
    'credentials': (f'credentials: {S}', S),
    'passkey': (f'passkey={S}', S),
    'sig of a query': (f'GET /c/b?sv=2024&sig={S}&se=1', S),
    'sig of an escaped query': (f'?u=%2Fb%3Fsv%3D1%26sig%3D{S}', S),
    'sig in HTML': (f'?sv=1&amp;sig={S}', S),
    'assertion': (f'grant_type=saml2&assertion={S}', S),
    'assertion in JSON': (f'{{"client_assertion": "{S}"}}', S),
    'SAMLResponse': (f'SAMLResponse={S}&RelayState=x', S),
    'jwt': (f'jwt={S}', S),
    'otp': (f'otp={S}', S),
    'totp': (f'totp: {S}', S),
    'otp_code': (f'otp_code={S}', S),
    'userOTP': (f'userOTP={S}', S),
    'code_verifier': (f'code_verifier={S}', S),
    'oauth_verifier': (f'oauth_verifier="{S}"', S),
    'IDENTIFIED BY': (f"CREATE USER ada IDENTIFIED BY '{S}'", S),
    'IDENTIFIED BY, escaped': (f'"IDENTIFIED BY \\"{S}\\""', S),
    'IDENTIFIED WITH': (f"IDENTIFIED WITH sha2 BY '{S}' REQUIRE SSL", S),
    'IDENTIFIED BY PASSWORD': (f"IDENTIFIED BY PASSWORD '{S}'", S),
    'argument': (f"user.set_password('{S}')", S),
    'second argument': (f"set_password('ada', '{S}')", S),
    'argument, no quotes': (f'password({S})', S),
    'class with an argument': (f"Password('{S}')", S),
    'angle brackets': (f'Password=<{S}>', S),
    'no-break space': (f'password\u00a0= {S}', S),
    'escaped twice': (f'next=%252Flogin%253Fpassword%253D{S}', S),
    'escaped JSON in a query': (f'%22password%22%3A%22{S}%22', S),
    'escaped in JSON': (f'"?password\\u003d{S}"', S),
    'escaped in HTML': (f'password&#61;{S}', S),
    'escaped in HTML, hexadecimal': (f'password&#x3d;{S}', S),
    'private key': (f'loaded {PEM} well', S),
    'private key in JSON': (json.dumps({'pem': PEM}), S),
    'half a private key': (PEM[:60], 'MIIhunter'),
    'the other half': (PEM[33:], S),
}
secret = pytest.mark.parametrize(
    ('text', 'planted'), PLANTED.values(), ids=PLANTED)
formatter = pytest.mark.parametrize(
    'formatter', [TextFormatter(), JSONFormatter()], ids=['text', 'JSON'])


class Written:
    """What a handler with a formatter has written."""

    def __init__(self, formatter):
        self.stream = io.StringIO()
        self.handler = logging.StreamHandler(self.stream)
        self.handler.setFormatter(formatter)

    @property
    def text(self):
        return self.stream.getvalue()


@pytest.fixture(name='written')
def _written(formatter):
    """Have a formatter write all records, one with the filter, one not."""
    found = Written(formatter)
    filtered = Written(formatter)
    filtered.handler.addFilter(ContextFilter())
    root = logging.getLogger()
    before = root.level
    root.setLevel(logging.DEBUG)
    root.addHandler(found.handler)
    root.addHandler(filtered.handler)
    yield lambda: found.text + filtered.text
    root.removeHandler(found.handler)
    root.removeHandler(filtered.handler)
    root.setLevel(before)


@secret
def test_a_secret_is_masked(text, planted):
    assert planted in text
    masked = secrets.mask(text)
    assert planted not in masked
    assert secrets.MASK in masked


@secret
def test_masking_twice_is_masking_once(text, planted):
    masked = secrets.mask(text)
    assert secrets.mask(masked) == masked


@formatter
@secret
def test_a_message_shows_no_secret(written, text, planted):
    LOG.info(text)
    LOG.info('it was %s', text)
    LOG.info('it was %(it)s', {'it': text})
    assert secrets.MASK in written()
    assert planted not in written()


@formatter
@secret
def test_an_exceptions_text_shows_no_secret(written, text, planted):
    try:
        raise RuntimeError(text)
    except RuntimeError:
        LOG.exception('failed')
    assert 'RuntimeError' in written()
    assert planted not in written()


@formatter
@secret
def test_chained_exceptions_and_notes_show_no_secret(written, text, planted):
    try:
        try:
            raise ValueError(text)
        except ValueError as exc:
            try:
                raise LookupError(text)
            except LookupError:
                error = RuntimeError('clean')
                error.add_note(text)
                raise error from exc
    except RuntimeError as raised:
        group = ExceptionGroup(text, [raised, ValueError(text)])
        LOG.error('failed', exc_info=group)
    assert 'ValueError' in written()
    assert planted not in written()


@formatter
def test_a_line_of_source_shows_no_secret(written):
    try:
        raise RuntimeError('x') if (password := 'planted-here') else None
    except RuntimeError:
        LOG.exception('failed')
    assert password not in written()
    assert 'password' in written()


@formatter
@secret
def test_what_is_put_on_a_record_shows_no_secret(written, text, planted):
    extra = {'resource': text, 'code': {'it': text}}
    LOG.info('done', extra=extra)
    assert planted not in written()


@formatter
@secret
def test_a_stack_shows_no_secret(written, text, planted):
    record = LOG.makeRecord(
        'shop', 20, 'f', 1, 'm', (), None, sinfo=f'Stack\n  {text}')
    LOG.handle(record)
    assert planted not in written()


@formatter
@secret
def test_a_record_from_another_process_shows_no_secret(
    formatter, text, planted
):
    waiting = queue.Queue()
    try:
        raise RuntimeError(text)
    except RuntimeError as exc:
        record = LOG.makeRecord(
            'shop', 40, 'f', 1, text, (),
            (type(exc), exc, exc.__traceback__))
    logging.handlers.QueueHandler(waiting).emit(record)
    line = formatter.format(waiting.get())
    assert 'RuntimeError' in line
    assert planted not in line


@formatter
@pytest.mark.parametrize('size', [2_000, 5_000, 20_000, 70_000, 200_000])
def test_a_cut_leaves_no_half_of_a_secret(written, size):
    filler = 'x ' * (size // 2)
    key = PEM.replace('hunter2\n', 'hunter2\n' * 2_000)
    for text in (f'{filler}{key}', f'{key}{filler}',
                 f'{filler}"password": "{S * 2_000}"{filler}',
                 f'{filler}token={S * 5_000} {filler}'):
        try:
            raise RuntimeError(text)
        except RuntimeError:
            LOG.exception(text)
    assert S not in written()


def test_what_an_error_of_a_request_logs_shows_no_secret(caplog):
    written = Written(JSONFormatter())
    logging.getLogger().addHandler(written.handler)

    def application(environ, start_response):
        raise RuntimeError(f'cannot reach mysql://cinder:{S}@db/')

    caplog.set_level(logging.DEBUG)
    try:
        ask(errorkit.wrap(application, service_type='volume'),
            f'/v3/tokens/{FERNET}?token={S}',
            headers={'X-Auth-Token': S, 'Cookie': f'a={S}'})
    finally:
        logging.getLogger().removeHandler(written.handler)
    assert 'cannot reach mysql://***@db/' in written.text
    assert S not in written.text
    assert FERNET[10:40] not in written.text


@pytest.mark.parametrize('text', [
    '10.0.0.7 "POST /v3/auth/tokens" status: 201 len: 5 time: 0.004213',
    '10.0.0.7 - - "GET /v3/auth/tokens" "Mozilla/5.0 (X11)"',
    '10 passed: 5 failed, passing=yes',
    'the key: value, sort_key=name, keystone: up, monkey=1',
    'token_type: bearer',
    'password_file=/etc/volume/secret',
    'use basic authentication, or bearer tokens',
    'http://nova/users/ada@example.org',
    'mail ada@example.org: done',
    'password=None, token=null, secret=false',
    'eyJust a word',
    'BASIC and AKIA and ASIA',
    'design: signal=9, assigned=3',
    'Traceback (most recent call last):\n  File "keystone.py", line 1',
    'secret_ref=http://barbican/v1/secrets/1',
    "the author's authority: none",
    'compass: 3, bypass: yes',
    'GET http://keystone/v3/auth/tokens: 401',
    '</password>text',
    'http://nova:8774/users/ada@example.org',
    'http://[::1]:8774/users/ada@example.org',
    'max_token_size = 255, password_expires_at=2026-01-01',
    'significant=yes, sign=9, &significant=1, ?signal=9',
    'killed sig=11',
    'assertion failed: x, AssertionError: 3 != 4',
    "Assertion `a == 5' failed",
    'client_assertion_type=urn:ietf:params',
    'hotpot=1, option=2, stop: 3, otp_release: 25',
    'jwt.exceptions.DecodeError: Not enough segments',
    'credential_id=5, credentials_file=/etc/volume/x',
    'GET /v3/credentials: 401, credentials of ada',
    'upward: 5, ipw2200: up, pw_name=root, pw_uid=0',
    'jws_verifier=rsa, verifier: none',
    "the server identified by 'web-1' was not found",
    "InvalidPassword('The old one is wrong')",
    "raise InvalidToken('It is old')",
    'check_password(self, user), type the password(s)',
    'token=<Token object at 0x7f>, password=</b>',
    '',
])
def test_what_is_no_secret_stays(text):
    assert secrets.mask(text) == text


def test_credentials_of_one_word_end_with_it():
    text = f'Authorization: Bearer {S} status=401'
    assert secrets.mask(text) == 'Authorization: Bearer *** status=401'


def test_what_a_request_log_shows_of_a_path_holds_no_secret(caplog):
    written = [Written(TextFormatter()), Written(JSONFormatter())]
    for one in written:
        logging.getLogger().addHandler(one.handler)

    def application(environ, start_response):
        start_response('200 OK', [('Content-Type', 'text/plain')])
        return []

    caplog.set_level(logging.DEBUG)
    try:
        for path in (f'/v2.0/tokens/{FERNET}', f'/a;password={S}',
                     f'/x/?marker={FERNET}&limit=1', f'/u/http://a:{S}@b/',
                     f'/x?marker={AWS}', f'/{JWT}', f'/?marker=token:{S}',
                     f'/a%3Bpassword%3D{S}', f'/a;password="{S}"'):
            ask(errorkit.wrap(application, service_type='volume'), path)
        ask(errorkit.wrap(application, service_type='volume'), '/',
            method=f'PASSWORD={S * 9}', valid=False)
    finally:
        for one in written:
            logging.getLogger().removeHandler(one.handler)
    for one in written:
        assert one.text.count('status: 200') == 10
        for planted in (S, FERNET[10:40], AWS, JWT[30:]):
            assert planted not in one.text


def test_a_long_message_is_cut_before_it_is_looked_at():
    record = logging.makeLogRecord({
        'msg': 'password=a ' * 10_000_000, 'name': 'x', 'levelname': 'INFO'})
    assert len(TextFormatter('%(message)s').format(record)) < 17_000
    assert len(JSONFormatter().format(record)) < 17_000


@given(st.lists(st.sampled_from(
    ['password', 'token', '=', ':', '"', "'", '\\', ' ', ',', '[', '{', ')',
     '\n', '://', '@', '/', 'eyJ', '.', 'gAAAAA', 'a1', 'Cookie', '\u0130',
     'Bearer', 'Basic', 'AKIA', '-----BEGIN RSA PRIVATE KEY-----',
     '-----END RSA PRIVATE KEY-----', '--', '%3d', '>', '<', 'api_key']),
    max_size=60).map(''.join))
def test_no_text_makes_it_raise_or_grow_much(text):
    masked = secrets.mask(text)
    assert len(masked) <= len(text) + 3 * text.count('=') + 300
    assert secrets.mask(masked) is not None


@given(st.text(), st.text(alphabet='abcXYZ019_!+-', min_size=8, max_size=40))
def test_a_quoted_value_is_masked_whatever_stands_around(text, value):
    line = f'{text} {{"password": "~{value}~"}}'
    assert f'~{value}~' not in secrets.mask(line)


@given(st.binary(max_size=200))
def test_a_json_line_stays_json(data):
    text = data.decode('utf-8', 'surrogateescape')
    record = logging.makeLogRecord({
        'msg': '%s', 'args': (f'{text} password="{text}',),
        'resource': f'"token": {text}', 'levelname': 'INFO', 'name': 'x'})
    line = JSONFormatter().format(record)
    assert '\n' not in line and line.isascii()
    json.loads(line)


# Letters whose small or capital one is of A-Z, or is two; lone surrogates.
_FOLDING = (
    '\u0130\u0131\u017f\u212a\xdf\u0149\u01f0\ufb00\ufb06\u1e9e\u03a3'
    '\ud800\udcff\udfff\U0001f600'
)
_any_text = st.lists(
    st.text()
    | st.text(alphabet=_FOLDING, max_size=3)
    | st.sampled_from([
        'basic ', 'Bearer ', 'aaaa', 'YTpi', '=', ': ', '"', "'", '\\', '(',
        ')', '<', '>', '&', '?', '%3d', '%25', '\\u003d', '&#61;', '\xa0',
        'pass', 'word', 'key', 'pw', 'otp', 'jwt', 'sig', 'assertion',
        'credential', 'code_verifier', 'IDENTIFIED BY ', 'SAMLResponse',
        'Cookie', 'Authorization', 'eyJ', 'gAAAAA', 'AKIA', '://', '@',
        '-----', '-----BEGIN PRIVATE KEY-----', '-----END PRIVATE KEY-----',
        '\n']),
    max_size=12).map(''.join)


def record_of(text):
    """Return a record with a text as its message and its traceback."""
    record = logging.makeLogRecord({
        'name': 'shop', 'levelname': 'ERROR', 'levelno': 40, 'msg': '%s',
        'args': (text,), 'request_id': 'req-1', 'resource': text,
        'stack_info': text})
    try:
        raise RuntimeError(text)
    except RuntimeError as exc:
        record.exc_info = type(exc), exc, exc.__traceback__
    return record


@given(_any_text)
def test_no_text_keeps_a_record_from_being_written(text):
    assert secrets.mask(text) != secrets.UNMASKED
    record = record_of(text)
    assert 'RuntimeError' in traceback_of(record.exc_info)
    for formatter in (TextFormatter(), JSONFormatter()):
        line = formatter.format(record)
        assert 'req-1' in line and 'RuntimeError' in line
        assert secrets.UNMASKED not in line


@pytest.mark.parametrize('letter', _FOLDING, ids=ascii)
def test_a_letter_that_folds_is_no_part_of_credentials(letter):
    for text in (f'basic {letter}aaaa', f'BEARER {letter}aaaaaa',
                 f'basic aaaa{letter}aaaa'):
        assert secrets.mask(text) == text
    assert secrets.mask(f'{letter} password={S}') == f'{letter} password=***'


@formatter
def test_what_cannot_be_masked_is_not_shown_and_its_record_written(
        formatter, monkeypatch):
    def failing(*args):
        raise RecursionError

    monkeypatch.setattr(secrets.names, 'without_named', failing)
    record = record_of(f'password={S}')
    line = formatter.format(record)
    for shown in ('shop', 'ERROR', 'req-1', 'RuntimeError', secrets.UNMASKED):
        assert shown in line
    told = traceback_of(record.exc_info)
    assert told == f'builtins.RuntimeError: {secrets.UNMASKED}'
    assert S not in line + told


def test_what_stands_for_a_text_is_no_secret():
    assert secrets.mask(secrets.UNMASKED) == secrets.UNMASKED


# -- headers


def test_headers_are_shown_from_an_allow_list():
    shown = masking.headers([
        ('Content-Type', 'application/json'),
        ('X-Auth-Token', S),
        ('X-Something-New', S),
        ('Cookie', S),
        ('User-Agent', f'curl password={S}'),
        ('Accept', 'a\r\nX: b' + 'x' * 1000),
    ])
    assert S not in str(shown)
    assert shown['Content-Type'] == 'application/json'
    assert shown['X-Something-New'] == masking.MASK
    assert shown['Accept'].startswith('a\\r\\nX: b')
    assert len(shown['Accept']) < 300
