# SPDX-License-Identifier: Apache-2.0
"""What an error's answer has to be, worked out by hand."""

import html.parser
import json

from strategies import MARK, TEMPLATED, VALID_CODES
from wsgi_driver import ID_HEADER

MAX_DETAIL = 8192
PROBLEM = 'application/problem+json'
#: What webob's JSON puts between the text and the comment.
SEAM = '\n<!-- '


def _quality(ranges, *wildcards):
    # Of the most specific range that matches.
    for names in wildcards:
        found = [quality for name, quality in ranges if name in names]
        if found:
            return max(found)
    return 0


def types_due(error):
    """Return the media types that may answer this client."""
    ranges = error.ranges
    if not ranges:
        return {'application/json'}
    problem = _quality(ranges, (PROBLEM,))
    named = [quality for name, quality in ranges
             if name.endswith('+json') and name != PROBLEM]
    as_json = max([*named, _quality(
        ranges, ('application/json', 'application/json;charset=utf-8'),
        ('application/*',), ('*/*',))])
    page = _quality(ranges, ('text/html',), ('text/*',), ('*/*',))
    lines = _quality(ranges, ('text/plain',), ('text/*',), ('*/*',))
    best = max(page, lines)
    if problem and problem >= max(best, as_json):
        return {PROBLEM}
    if best <= as_json:
        return {'application/json'}
    return {name for name, quality in (('text/html', page),
                                       ('text/plain', lines))
            if quality == best}


def code_due(error, defaults):
    """Return the code that must answer."""
    hidden = error.source.startswith('webob') and error.kind.code in TEMPLATED
    if error.comment in VALID_CODES and not hidden:
        return error.comment
    return defaults.get(error.kind.code, 'volume.undefined_code')


def is_ambiguous(error):
    """Tell whether webob's JSON can be read in two ways: the text is cut."""
    return (error.source.startswith('webob') and bool(error.comment)
            and SEAM in (error.detail or ''))


def paired(text):
    """Return a text as JSON can say it: two half characters are a whole."""
    return text.encode('utf-16', 'surrogatepass').decode(
        'utf-16', 'surrogatepass')


def check_detail(error, shown):
    """Check that the author's text is whole, or cut where it says so."""
    due = error.detail or error.kind.explanation
    if not error.detail and error.kind.code in TEMPLATED:
        assert shown.startswith('The ') and shown != due
    elif not due:
        assert shown
    elif is_ambiguous(error):
        assert paired(due).startswith(shown)
    elif len(due) <= MAX_DETAIL:
        assert shown == paired(due)
    else:
        assert shown == paired(due[:MAX_DETAIL - 1]) + '…'


class Page(html.parser.HTMLParser):
    """The text of a page's paragraphs, headings and definitions."""

    def __init__(self, text):
        super().__init__()
        self.found = {'p': '', 'dd': '', 'h1': ''}
        self._tag = None
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attributes):
        """Note where the text belongs."""
        assert tag not in ('script', 'img', 'link', 'iframe')
        self._tag = tag

    def handle_endtag(self, tag):
        """Note that it belongs nowhere."""
        self._tag = None

    def handle_comment(self, data):
        """Find none."""
        raise AssertionError('the page holds a comment')

    def handle_data(self, data):
        """Keep it."""
        if self._tag in self.found:
            self.found[self._tag] += data


def check(error, defaults, reply):
    """Check one answer against everything that is promised."""
    kind = reply.one('Content-Type').partition(';')[0]
    assert kind in types_due(error)
    assert reply.status == error.kind.code and reply.starts == 1
    check_headers(error, reply)
    assert MARK not in reply.words()
    code, request_id = code_due(error, defaults), reply.one(ID_HEADER)
    text = reply.body.decode('utf-8')
    if kind.endswith('json'):
        assert not set('<>&') & set(text) and text.isascii()
        shown = json.loads(text)
        if kind != PROBLEM:
            [shown] = shown['errors']
        assert shown['code'] == code
        assert shown['status'] == error.kind.code and shown['title']
        assert shown['request_id'] == request_id
        check_detail(error, shown['detail'])
        return
    if kind == 'text/html':
        found = Page(text).found
        assert code in found['dd'] and request_id in found['dd']
        text = found['p']
    else:
        assert f'\ncode: {code}\n' in text
        assert f'\nrequest id: {request_id}\n' in text
    due = error.detail or ''
    if not is_ambiguous(error):
        shown = due if len(due) <= MAX_DETAIL else due[:MAX_DETAIL - 1] + '…'
        assert shown.encode('utf-8', 'backslashreplace').decode() in text


def check_headers(error, reply):
    """Check the headers that every error has, and those of this one."""
    assert reply.one('Content-Length') == str(len(reply.body))
    assert reply.one('X-Content-Type-Options') == 'nosniff'
    assert 'Accept' in reply.one('Vary').split(', ')
    for name, value in error.headers:
        assert reply.all(name).count(value) == 1
    own = dict(error.headers).get('Cache-Control')
    assert reply.one('Cache-Control') == (own or 'no-store')


def check_head(error, reply, head):
    """Check that HEAD says what the same request says, without a body."""
    assert head.body == b'' and head.line == reply.line
    # webob gives no body for HEAD that could be measured, or read.
    unlike = {ID_HEADER}
    if error.source.startswith('webob'):
        unlike |= {'Content-Length', 'OpenStack-Error-Code'}
    first, second = (
        [pair for pair in one.headers if pair[0] not in unlike]
        for one in (reply, head))
    assert first == second
    assert head.one(ID_HEADER) != reply.one(ID_HEADER)
