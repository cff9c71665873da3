# SPDX-License-Identifier: Apache-2.0
"""Whatever a person writes, and whichever framework sends it: no word lost."""

import contextvars

import falcon
import flask
import pecan
import pytest
import wsme.exc
import wsmeext.pecan
from assertions import ask
from django import http
from django.urls import path
from django.utils.html import escape
from django_shop import make_app as django_app
from django_shop import urlpatterns
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from one_shape import wrap
from paste import httpexceptions
from rest_framework import exceptions
from rest_framework.decorators import api_view

from errorkit.formats.foreign import private, reasons

#: What the applications here say at the moment.
SAID = contextvars.ContextVar('SAID')
_MARKUP = (
    *('<b>', '</b>', '<br>', '<p>', '</p>', '<hr>', '<pre>', '<script>'),
    *('</script>', '<title>', '</title>', '<html>', '<svg>', '<a href="x">'),
    *('<', '>', '&', '&amp;', '&lt;', '&#60;', '&nbsp;', '"', "'"),
    *('<!--', '-->', '<![CDATA[', ']]>', '<?xml', '{', '}', '%s', '${x}'),
    *('a', 'b c', 'No', 'é', '\n', '\n\n', ' '),
)
#: Any letters, and much markup.
TEXTS = st.text(
    st.characters(
        categories=['L', 'N', 'P', 'S', 'Zs'],
        include_characters='\n<>&"\'{}%\\;/=:#! ',
    ),
    max_size=100,
) | st.lists(st.sampled_from(_MARKUP), max_size=12).map(''.join)


def _flask():
    app = flask.Flask('any')

    @app.get('/')
    def any_words():
        flask.abort(409, SAID.get())

    return app


class _Falcon:
    def on_get(self, request, response):
        raise falcon.HTTPConflict(title='Full', description=SAID.get())


def _falcon():
    app = falcon.App()
    app.resp_options.xml_error_serialization = True
    app.add_route('/', _Falcon())
    return app


class _Pecan:
    @pecan.expose()
    def index(self):
        pecan.abort(409, SAID.get())

    @wsmeext.pecan.wsexpose(str)
    def fault(self):
        raise wsme.exc.ClientSideError(SAID.get(), status_code=409)


@httpexceptions.HTTPExceptionHandler
def _paste(environ, start_response):
    raise httpexceptions.HTTPConflict(SAID.get())


def _page(request):
    page = f'<h1>Conflict</h1><p>{escape(SAID.get())}</p>'
    return http.HttpResponse(page, status=409)


def _text(request):
    return http.HttpResponse(
        SAID.get(), status=409, content_type='text/plain; charset=utf-8'
    )


@api_view(['GET'])
def _rest(request):
    raise exceptions.NotFound(SAID.get())


@pytest.fixture(name='django_paths', scope='module')
def _django_paths():
    mine = [
        path('any/page', _page),
        path('any/text', _text),
        path('any/rest', _rest),
    ]
    urlpatterns.extend(mine)
    yield
    del urlpatterns[-len(mine) :]


#: An application, a path of it, and the Accept it is asked with.
SENDERS = {
    'flask': (_flask(), '/', '*/*'),
    'falcon': (_falcon(), '/', '*/*'),
    'falcon, XML': (_falcon(), '/', 'application/xml'),
    'pecan': (pecan.make_app(_Pecan(), debug=False), '/', '*/*'),
    'wsme': (pecan.make_app(_Pecan(), debug=False), '/fault', '*/*'),
    'wsme, XML': (pecan.make_app(_Pecan(), debug=False), '/fault', 'text/xml'),
    'paste': (_paste, '/', '*/*'),
    'paste, text': (_paste, '/', 'application/json'),
    'django': (django_app(), '/any/page', '*/*'),
    'django, text': (django_app(), '/any/text', '*/*'),
    'rest framework': (django_app(), '/any/rest', '*/*'),
}


@pytest.mark.usefixtures('django_paths')
@pytest.mark.parametrize('sender', SENDERS)
@settings(deadline=None, max_examples=50, database=None)
@given(text=TEXTS)
def test_no_word_of_any_text_is_lost(sender, text):
    # Left out on purpose: what says nothing, what only repeats the status,
    # and what a debugger would say.
    assume(text.strip())
    assume(not any(reasons.repeats(409, line) for line in text.split('\n')))
    assume(not private.is_text(text) and not private.is_page(text))
    application, where, accept = SENDERS[sender]
    token = SAID.set(text)
    try:
        reply = ask(wrap(application), where, headers={'Accept': accept})
    finally:
        SAID.reset(token)
    [error] = reply.json['errors']
    assert error['detail'].split() == text.split()
