# SPDX-License-Identifier: Apache-2.0
"""Raised, returned or swallowed by plain wsgify: the same bytes of JSON."""

import re

import pytest
import webob.dec
import webob.exc
from wsgi_driver import make_environ, run

import errorkit

MIB = 1024 * 1024
DETAILS = {
    'none': None,
    'tags': "no '<uuid>' & a < b &amp; &#60; </p>",
    'newlines': 'a\nb\r\nc\n\n',
    'non-ASCII': 'gr\xfc\xdfe \u4e2d \U0001f600',
    'lone surrogates': 'x\ud800y\udfff',
    '1 MiB of markup': '<' * MIB,
    '1 MiB of non-ASCII': '\u4e2d' * MIB,
}
CLASSES = [
    kind for code, kind in sorted(webob.exc.status_map.items()) if code >= 400
]
#: Their templates in webob have no place for the comment.
WITHOUT_CODE = (405, 406, 415, 501)
ID = re.compile(rb'req-[0-9a-f-]{36}')


def ways(make):
    """Return applications that end in the same error, each in its way."""

    def raised(request):
        raise make()

    def returned(request):
        return make()

    def through(environ, start_response):
        raise make()

    return [
        through,
        errorkit.wsgify(raised),
        errorkit.wsgify(returned),
        webob.dec.wsgify(raised),
        webob.dec.wsgify(returned),
    ]


@pytest.mark.parametrize('accept', [None, 'application/json'])
@pytest.mark.parametrize('detail', DETAILS)
@pytest.mark.parametrize('kind', CLASSES)
def test_every_way_gives_the_same_bytes(kind, detail, accept):
    def make():
        return kind(DETAILS[detail], comment='volume.mine')

    bodies = set()
    for application in ways(make):
        stack = errorkit.wrap(application, service_type='volume')
        body = ID.sub(b'ID', run(stack, make_environ(ACCEPT=accept)).body)
        if kind.code in WITHOUT_CODE:
            body = body.replace(b'volume.undefined_code', b'volume.mine')
        bodies.add(body)
    [body] = bodies
    assert b'volume.mine' in body
