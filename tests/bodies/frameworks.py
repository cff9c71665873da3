# SPDX-License-Identifier: Apache-2.0
"""Small real applications of the frameworks whose errors are read."""

import io
import json
import pathlib
import socket
import subprocess
import sys

import falcon
import flask
import gunicorn.util
import paste.exceptions.errormiddleware
import paste.httpexceptions
import paste.urlmap
import pecan
import pecan.rest
import webob
import webob.headers
import werkzeug.debug
import wsme.exc
import wsmeext.pecan

PLANTED = 'planted-4711'
TEXT = 'No room for <cake> & more.'


def ask(application, path='/', accept='*/*', **environ):
    """Return what ``foreign.load`` takes of an answer."""
    request = webob.Request.blank(
        path, headers={'Accept': accept}, **environ)
    request.environ['wsgi.errors'] = io.StringIO()
    started = []

    def start_response(status, headers, exc_info=None):
        started[:] = [status, webob.headers.ResponseHeaders(headers)]

    # webob's own client raises what an application gives as exc_info.
    chunks = application(request.environ, start_response)
    body = b''.join(chunks)
    if hasattr(chunks, 'close'):
        chunks.close()
    status, headers = started
    return int(status[:3]), headers.get('Content-Type', ''), body


def _fail():
    secret = PLANTED
    raise ValueError(f'/srv/{secret}')


def flask_app():
    """Return a Flask application."""
    app = flask.Flask('volumes')

    @app.get('/full')
    def full():
        flask.abort(409, TEXT)

    @app.get('/string')
    def string():
        return TEXT, 409

    @app.get('/object')
    def as_object():
        return flask.jsonify(message=TEXT), 409

    @app.get('/bug')
    def bug():
        _fail()

    return app


def werkzeug_debugger():
    """Return the same, under werkzeug's debugger."""
    app = flask_app()
    app.config['PROPAGATE_EXCEPTIONS'] = True
    return werkzeug.debug.DebuggedApplication(app, evalex=True)


class _Full:
    def on_get(self, request, response):
        raise falcon.HTTPConflict(
            title='Name exists', description=TEXT, code=17,
            href='https://docs.example/17')


def falcon_app():
    """Return a Falcon application."""
    app = falcon.App()
    app.add_route('/full', _Full())
    return app


class _Volumes(pecan.rest.RestController):
    @wsmeext.pecan.wsexpose(str, int)
    def get(self, number):
        if number:
            raise wsme.exc.ClientSideError(TEXT, status_code=409)
        _fail()


class _Root:
    volumes = _Volumes()

    @pecan.expose()
    def full(self):
        pecan.abort(409, TEXT)

    @pecan.expose('json')
    def as_json(self):
        pecan.abort(409, TEXT)

    @pecan.expose()
    def bug(self):
        _fail()


def pecan_app(debug=False):
    """Return a Pecan application with WSME's controllers."""
    return pecan.make_app(_Root(), debug=debug, wsme={'debug': debug})


@paste.httpexceptions.HTTPExceptionHandler
def paste_app(environ, start_response):
    """Raise an error of Paste's own, with a comment for the log."""
    raise paste.httpexceptions.HTTPNotFound(TEXT, comment=PLANTED)


def paste_debugger(debug):
    """Return a failing application under Paste's error page."""
    def bug(environ, start_response):
        _fail()

    return paste.exceptions.errormiddleware.ErrorMiddleware(
        bug, {}, debug=debug)


def paste_urlmap():
    """Return a map with nothing on it."""
    return paste.urlmap.URLMap()


def gunicorn_page(status, reason, text):
    """Return the page gunicorn sends for a request it cannot read."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        gunicorn.util.write_error(theirs, status, reason, text)
        theirs.close()
        sent = b''
        while chunk := ours.recv(65536):
            sent += chunk
    return status, 'text/html', sent.partition(b'\r\n\r\n')[2]


def django_answers(debug):
    """Return a Django site's answers, by the name of the view."""
    site = pathlib.Path(__file__).with_name('django_site.py')
    done = subprocess.run(
        [sys.executable, str(site), str(int(debug))],
        capture_output=True, check=True, text=True)
    return {name: (status, kind, body.encode())
            for name, (status, kind, body) in json.loads(
                done.stdout).items()}
