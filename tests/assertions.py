# SPDX-License-Identifier: Apache-2.0
"""A small WSGI client, and what every error that it gets must look like."""

import base64
import dataclasses
import functools
import hashlib
import html.parser
import io
import json
import re
from wsgiref.util import setup_testing_defaults
from wsgiref.validate import validator

import jsonschema
from webob.headers import ResponseHeaders

ID_HEADER = 'X-Openstack-Request-Id'
ID = re.compile(
    r'req-[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}'
)
#: A valid id of a client, for tests that send one.
GLOBAL_ID = 'req-5c1a8d5e-8a55-4d6f-9d3c-2f6a0f0a7b11'

_VERSION = '^([1-9][0-9]*)[.]([1-9][0-9]*|0)$'
_TEXT = {'type': 'string', 'minLength': 1}
# The body of contracts 4.1: what a member must be where it is there at all,
# and which ones always are.
SCHEMA = {
    'type': 'object',
    'additionalProperties': False,
    'required': ['errors'],
    'properties': {
        'errors': {
            'type': 'array',
            'minItems': 1,
            'maxItems': 20,
            'items': {
                'type': 'object',
                'required': ['status', 'title', 'detail'],
                'properties': {
                    'code': {
                        'type': 'string',
                        'maxLength': 128,
                        'pattern': '^[a-z0-9_-]+([.][a-z0-9_-]+)+$',
                    },
                    'status': {
                        'type': 'integer',
                        'minimum': 400,
                        'maximum': 599,
                    },
                    'title': _TEXT,
                    'detail': _TEXT,
                    'request_id': {
                        'type': 'string',
                        'minLength': 40,
                        'maxLength': 40,
                        'pattern': '^req-[0-9a-f-]{36}$',
                    },
                    'links': {
                        'type': 'array',
                        'minItems': 1,
                        'items': {
                            'type': 'object',
                            'required': ['rel', 'href'],
                            'additionalProperties': False,
                            'properties': {'rel': _TEXT, 'href': _TEXT},
                        },
                    },
                    'source': {
                        'type': 'object',
                        'minProperties': 1,
                        'additionalProperties': False,
                        'properties': {
                            'pointer': {'type': 'string'},
                            'parameter': _TEXT,
                            'header': _TEXT,
                        },
                    },
                    'retry': {
                        'enum': ['never', 'same', 'after-refresh', 'later']
                    },
                    'max_version': {'type': 'string', 'pattern': _VERSION},
                    'min_version': {'type': 'string', 'pattern': _VERSION},
                    'trace_id': _TEXT,
                    'truncated': {'const': True},
                },
                'dependentRequired': {
                    'max_version': ['min_version'],
                    'min_version': ['max_version'],
                },
            },
        }
    },
}
ORDER = ('code', 'status', 'title', 'detail', 'request_id', 'links')

_checked = jsonschema.Draft202012Validator(SCHEMA).validate
_ANY = object()


@dataclasses.dataclass
class Reply:
    """What an application answered, and the environ it left behind."""

    status: str
    headerlist: list
    body: bytes
    environ: dict

    @property
    def status_int(self):
        """The status as a number."""
        return int(self.status[:3])

    @functools.cached_property
    def headers(self):
        """The headers, by name; ``getall`` gives repeated ones."""
        return ResponseHeaders(self.headerlist)

    def one(self, name):
        """Return a header that must be there exactly once."""
        [value] = self.headers.getall(name)
        return value

    def vary(self):
        """Return the names in the one Vary header, in lower case."""
        return [name.strip() for name in self.one('Vary').lower().split(',')]

    @property
    def text(self):
        """The body, which is UTF-8."""
        return self.body.decode('utf-8')

    @property
    def json(self):
        """The body, whose objects name no member twice."""
        return json.loads(self.body, object_pairs_hook=_unrepeated)


def _unrepeated(pairs):
    found = dict(pairs)
    assert len(found) == len(pairs), f'a member is repeated: {pairs}'
    return found


def ask(
    application,
    path='/',
    *,
    method='GET',
    headers=(),
    body=b'',
    environ=(),
    valid=True,
):
    """Send a request to an application, under the rules of PEP 3333.

    :param path: with a query string, if any
    :param headers: names and values
    :param environ: further entries of environ
    :param valid: False where the standard library's validator is wrong
    :returns: the ``Reply``; an exception of the body passes
    """
    path, _, query = path.partition('?')
    given = {
        'REQUEST_METHOD': method,
        'SCRIPT_NAME': '',
        'PATH_INFO': path,
        'QUERY_STRING': query,
        'REMOTE_ADDR': '192.0.2.7',
        'wsgi.input': io.BytesIO(body),
        'wsgi.errors': io.StringIO(),
    }
    if body:
        given['CONTENT_LENGTH'] = str(len(body))
    setup_testing_defaults(given)
    for name, value in dict(headers).items():
        key = name.upper().replace('-', '_')
        if key not in ('CONTENT_TYPE', 'CONTENT_LENGTH'):
            key = f'HTTP_{key}'
        given[key] = value
    given.update(environ)
    begun = []
    sent = []

    def start_response(status, headers, exc_info=None):
        assert exc_info or not begun, 'started twice'
        begun[:] = [(status, list(headers))]
        return sent.append

    if valid:
        application = validator(application)
    chunks = application(given, start_response)
    try:
        for chunk in chunks:
            sent.append(chunk)
    finally:
        if hasattr(chunks, 'close'):
            chunks.close()
    [(status, headerlist)] = begun
    return Reply(status, headerlist, b''.join(sent), given)


def assert_error(
    response,
    *,
    status,
    code,
    title=_ANY,
    detail=_ANY,
    kind='application/json',
    id_header=ID_HEADER,
    count=1,
    **members,
):
    """Check a response that is an error, and return its own error's members.

    :param response: a ``Reply``, or a response of webob or WebTest
    :param status: the HTTP status, also of the error
    :param code: the error's code, or None when there must be none
    :param title: the title, if it matters
    :param detail: the detail, if it matters
    :param kind: the media type: JSON, ``text/html`` or ``text/plain``
    :param id_header: the header that has the request id; None where no
        ``RequestId`` is outside
    :param count: how many errors there are
    :param members: further members of the error
    """
    headers = response.headers
    assert response.status_int == status
    assert headers['Content-Type'].partition(';')[0] == kind
    assert headers.getall('Content-Length') == [str(len(response.body))]
    assert headers.getall('X-Content-Type-Options') == ['nosniff']
    assert len(headers.getall('Cache-Control')) == 1
    [vary] = headers.getall('Vary')
    names = {name.strip().lower() for name in vary.split(',')}
    assert names & {'accept', '*'}, f'Vary: {vary}'
    assert b'<!--' not in response.body

    errors = _READERS[kind](response)
    _checked({'errors': errors})
    assert len(errors) == count
    for error in errors:
        known = [name for name in error if name in ORDER]
        assert known == [name for name in ORDER if name in error]
    first = errors[0]
    assert first['status'] == status
    if id_header is not None:
        assert headers.getall(id_header) == [first['request_id']]
        assert {error['request_id'] for error in errors} == {
            first['request_id']
        }
        assert ID.fullmatch(first['request_id'])
    assert first.get('code') == code
    if title is not _ANY:
        assert first['title'] == title
    if detail is not _ANY:
        assert first['detail'] == detail
    for name, value in members.items():
        assert first.get(name) == value, name
    return first


def _from_json(response):
    assert response.body.isascii()
    assert not set(b'<>&') & set(response.body), 'markup in JSON'
    return json.loads(response.body, object_pairs_hook=_unrepeated)['errors']


def _from_html(response):
    policy = response.headers['Content-Security-Policy']
    directives = dict(
        part.strip().partition(' ')[::2] for part in policy.split(';')
    )
    assert directives.pop('default-src') == "'none'"
    assert directives.pop('base-uri') == "'none'"
    assert directives.pop('form-action') == "'none'"
    assert directives.pop('frame-ancestors') == "'none'"
    page = _Page()
    page.feed(response.body.decode('utf-8'))
    page.close()
    digest = hashlib.sha256(page.style.encode('utf-8')).digest()
    allowed = base64.b64encode(digest).decode('ascii')
    assert directives == {'style-src': f"'sha256-{allowed}'"}
    assert set(page.tags) <= _TAGS, set(page.tags) - _TAGS
    assert page.attributes <= _ATTRIBUTES, page.attributes - _ATTRIBUTES
    for tag in ('html', 'title', 'style', 'main', 'h1'):
        assert page.tags.count(tag) == 1, tag
    return page.errors


_TAGS = {
    *('html', 'head', 'meta', 'title', 'style', 'body', 'main'),
    *('h1', 'h2', 'p', 'dl', 'dt', 'dd', 'a', 'footer'),
}
_ATTRIBUTES = {'lang', 'dir', 'charset', 'name', 'content', 'href', 'rel'}


class _Page(html.parser.HTMLParser):
    """Read the error page as a browser would."""

    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.tags = []
        self.attributes = set()
        self.errors = []
        self._text = ''
        self._name = ''

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes.update(name for name, _ in attrs)
        if tag != 'a':
            self._text = ''

    def handle_data(self, data):
        self._text += data

    def handle_endtag(self, tag):
        text = self._text
        if tag == 'title':
            self.title = text
        elif tag == 'style':
            self.style = text
        elif tag in ('h1', 'h2'):
            assert (tag == 'h1') == (not self.errors)
            status, _, title = text.partition(' ')
            self.errors.append({'status': int(status), 'title': title})
            if len(self.errors) == 1:
                assert self.title == text
        elif tag == 'p':
            self.errors[-1]['detail'] = text
        elif tag == 'dt':
            self._name = text
        elif tag == 'dd':
            self.note(self.errors[-1], self._name, text)
            if self._name == 'code':
                self.errors[-1] = _in_order(self.errors[-1])

    @staticmethod
    def note(error, name, text):
        """Add a fact of a page or of lines to an error."""
        first, _, rest = name.partition(' ')
        if first == 'source':
            error.setdefault('source', {})[rest] = text
        elif first in ('help', 'link'):
            link = {'rel': rest or first, 'href': text}
            error.setdefault('links', []).append(link)
        elif name in ('retry', 'trace id', 'min version', 'max version'):
            error[name.replace(' ', '_')] = text
        else:
            _set_fact(error, name, text)


def _from_text(response):
    errors = []
    parts = response.body.decode('utf-8').split('\n* * *\n\n')
    if parts[-1] == '…\n':
        parts.pop()
    for part in parts:
        heading, _, rest = part.partition('\n\n')
        detail, _, facts = rest.rpartition('\n\n')
        status, _, title = heading.partition(' ')
        error = {'status': int(status), 'title': title, 'detail': detail}
        for line in facts.splitlines():
            name, _, value = line.partition(': ')
            _Page.note(error, name, value)
        errors.append({**_in_order(error), **error})
    return errors


_FACTS = ('code', 'request id')


def _set_fact(error, name, value):
    assert name in _FACTS
    error[name.replace(' ', '_')] = value


def _in_order(error):
    # A page has its own order; that of the members is JSON's business.
    return {name: error[name] for name in ORDER if name in error}


_READERS = {
    'application/json': _from_json,
    'text/html': _from_html,
    'text/plain': _from_text,
}
