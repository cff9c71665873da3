# SPDX-License-Identifier: Apache-2.0
"""What an error of another layer costs, beside one of our own.

``python benchmarks/reshape.py`` asks one wrapped service for its own 409 and
for foreign errors of 1 KiB, in turns, and prints the ratio of the minima.
"""

import io
import json
import sys
import time
import wsgiref.util

import inputs
import webob.exc

import errorkit

ROUNDS = 60
CALLS = 300
TEXT = ('The volume cannot be found here, and neither can its friends. ' * 17)[
    :1000
]
HTML = (
    '<!doctype html>\n<html lang=en>\n<title>404 Not Found</title>\n'
    f'<h1>Not Found</h1>\n<p>{TEXT[:940]}</p>\n'
)


def foreign(body, content_type):
    """Return an application that answers so."""
    headers = [
        ('Content-Type', content_type),
        ('Content-Length', str(len(body))),
    ]

    def application(environ, start_response):
        start_response('404 Not Found', list(headers))
        return [body]

    return application


def own(environ, start_response):
    """Raise an error with a code, as a handler does."""
    raise webob.exc.HTTPConflict(TEXT, comment='volume.in_use')


APPS = {
    'our own 409': own,
    'plain text': foreign(TEXT.encode(), 'text/plain; charset=utf-8'),
    'HTML page': foreign(HTML.encode(), 'text/html; charset=utf-8'),
    'JSON': foreign(
        json.dumps({'title': 'Not Found', 'description': TEXT}).encode(),
        'application/json',
    ),
    'JSON, two fields': foreign(
        json.dumps({'name': [TEXT[:480]], 'size': [TEXT[:480]]}).encode(),
        'application/json',
    ),
    'errors[] without id': foreign(
        json.dumps(
            {'errors': [{'status': 404, 'title': 'x', 'detail': TEXT}]}
        ).encode(),
        'application/json',
    ),
    'empty': foreign(b'', 'text/plain'),
}


def measure(application):
    """Return the seconds of a request, over a series of them."""
    environ = {}
    wsgiref.util.setup_testing_defaults(environ)
    environ['wsgi.input'] = io.BytesIO()

    def start_response(status, headers, exc_info=None):
        return None

    begun = time.perf_counter()
    for _ in range(CALLS):
        body = application(dict(environ), start_response)
        for _chunk in body:
            pass
        if hasattr(body, 'close'):
            body.close()
    return (time.perf_counter() - begun) / CALLS


def main():
    """Measure in turns and print."""
    inputs.log_to_sink()
    wrapped = {
        name: errorkit.wrap(app, service_type='volume')
        for name, app in APPS.items()
    }
    best = dict.fromkeys(wrapped, 1.0)
    for _ in range(ROUNDS):
        for name, application in wrapped.items():
            best[name] = min(best[name], measure(application))
    base = best['our own 409']
    for name, seconds in best.items():
        print(f'{name:22} {seconds * 1e6:7.1f} us  {seconds / base:5.2f}')
    return 0


if __name__ == '__main__':
    sys.exit(main())
