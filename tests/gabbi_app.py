# SPDX-License-Identifier: Apache-2.0
"""The service of the gabbits: baskets for cats, placed by placement.

Its handlers are plain webob; of errorkit they know the codes alone.
"""

import json

import webob
import webob.dec
import webob.exc

import errorkit

CODES = errorkit.Catalog('placement', help_base='https://help.example/')
NAME_EXISTS = CODES.define(
    'placement.basket.name_exists', status=409, title='Name exists'
)
IN_USE = CODES.define('placement.basket.in_use', status=409)
MISSING = CODES.define('placement.basket.missing', status=404)
INVALID = CODES.define('placement.basket.invalid', status=400)

PLAIN = [('Content-Type', 'text/plain')]


class Baskets:
    """The baskets, and whether a cat is in them."""

    def __init__(self):
        self._cats = {}

    @webob.dec.wsgify
    def __call__(self, request):
        """Answer a request for all baskets, or for one."""
        name = request.path_info.removeprefix('/baskets').strip('/')
        handle = getattr(self, f'{request.method.lower()}_', None)
        if not name:
            handle = {'GET': self.list_, 'POST': self.make_}.get(
                request.method
            )
        elif name not in self._cats:
            raise webob.exc.HTTPNotFound(
                f"There is no basket '<{name}>'.", comment=MISSING
            )
        if handle is None:
            raise webob.exc.HTTPMethodNotAllowed(
                'Baskets are made, looked at, filled and taken away.',
                headers=[('Allow', 'GET, POST')],
            )
        return handle(request, name)

    def list_(self, request, name):
        """Return all names."""
        return webob.Response(json={'baskets': sorted(self._cats)})

    def make_(self, request, name):
        """Make a basket."""
        try:
            wanted = request.json['name']
        except (ValueError, KeyError):
            raise webob.exc.HTTPBadRequest(
                'A basket has a name.', comment=INVALID
            ) from None
        if wanted in self._cats:
            raise webob.exc.HTTPConflict(
                f'There is a basket {wanted} already.', comment=NAME_EXISTS
            )
        self._cats[wanted] = None
        return webob.Response(status=201, location=f'/baskets/{wanted}')

    def get_(self, request, name):
        """Return a basket."""
        return webob.Response(json={'name': name, 'cat': self._cats[name]})

    head_ = get_

    def put_(self, request, name):
        """Put a cat in."""
        self._cats[name] = request.json['cat']
        return webob.Response(status=204)

    def delete_(self, request, name):
        """Take a basket away."""
        if self._cats[name]:
            raise webob.exc.HTTPConflict(
                f'{self._cats[name]} sleeps in it.', comment=IN_USE
            )
        del self._cats[name]
        return webob.Response(status=204)


def who(environ, start_response):
    """Say which ids the request has."""
    context = errorkit.context.current()
    start_response('200 OK', [('Content-Type', 'application/json')])
    return [
        json.dumps(
            {
                'request_id': environ['openstack.request_id'],
                'global_request_id': environ.get(
                    'openstack.global_request_id'
                ),
                'context': context.request_id,
                'header': environ.get('HTTP_X_OPENSTACK_REQUEST_ID'),
            }
        ).encode()
    ]


def stream(environ, start_response):
    """Send two chunks."""
    start_response('200 OK', PLAIN)
    yield b'purr, '
    yield b'purr'


def write(environ, start_response):
    """Send by ``write``."""
    start_response('200 OK', PLAIN)(b'purr')
    return []


def unchanged(environ, start_response):
    """Say that nothing has changed."""
    start_response('304 Not Modified', [('ETag', '"nap"')])
    return []


def browsers(environ, start_response):
    """Answer a page of another origin."""
    start_response(
        '200 OK',
        [
            *PLAIN,
            ('Access-Control-Allow-Origin', 'https://cats.example'),
            ('Vary', 'Origin'),
        ],
    )
    return [b'purr']


@webob.dec.wsgify
def moved(request):
    """Send the client elsewhere."""
    raise webob.exc.HTTPFound(location='/baskets')


@webob.dec.wsgify
def refuse(request):
    """Refuse, with the text that was asked for."""
    raise webob.exc.HTTPBadRequest(request.GET.get('text'), comment=INVALID)


def throw(environ, start_response):
    """Raise a webob error through all layers."""
    raise webob.exc.HTTPConflict('The cat says no.', comment=IN_USE)


@errorkit.wsgify
def several(request):
    """Refuse for two reasons."""
    raise errorkit.MultiError(
        [
            errorkit.Error(
                400,
                'Too small',
                'No cat fits.',
                'placement.basket.too_small',
                source={'pointer': '/size'},
                retry='never',
            ),
            webob.exc.HTTPBadRequest('It has no name.', comment=INVALID),
        ]
    )


@webob.dec.wsgify
def private(request):
    """Ask who it is, in two ways."""
    raise webob.exc.HTTPUnauthorized(
        'Cats only.',
        headers=[
            ('WWW-Authenticate', 'Purr realm="sofa"'),
            ('WWW-Authenticate', 'Meow realm="kitchen"'),
        ],
    )


@webob.dec.wsgify
def busy(request):
    """Be asleep."""
    raise webob.exc.HTTPServiceUnavailable(
        'Everybody sleeps.',
        headers=[('Retry-After', '30'), ('Cache-Control', 'max-age=5')],
    )


@webob.dec.wsgify
def picky(request):
    """Send nothing but fish."""
    raise webob.exc.HTTPNotAcceptable('There is only fish.')


def bug(environ, start_response):
    """Fail at once."""
    raise RuntimeError('the secret of the cat')


def late_bug(environ, start_response):
    """Fail after start_response."""
    start_response('200 OK', PLAIN)
    raise RuntimeError('the secret of the cat')


def generator_bug(environ, start_response):
    """Fail before the first chunk."""
    start_response('200 OK', PLAIN)
    yield b''
    raise RuntimeError('the secret of the cat')


@webob.dec.wsgify
def handler_bug(request):
    """Fail in a handler."""
    raise KeyError('the secret of the cat')


def foreign(environ, start_response):
    """Fail with the exception of a client of another service."""
    error = RuntimeError('the secret of the cat')
    error.code = error.status = error.status_code = 404
    error.headers = {'X-Secret': 'the secret of the cat'}
    raise error


class Hungry(Exception):
    """A domain exception with a status and a code."""

    safe = True


def hungry(environ, start_response):
    """Fail with the domain's own exception."""
    raise Hungry('The bowl is empty.')


def application():
    """Return the service in its stack, and again under /strict.

    There, an invalid request id is refused.
    """
    paths = {
        f'/{handle.__name__.replace("_", "-")}': handle
        for handle in (
            *(who, stream, write, unchanged, browsers, throw),
            *(bug, late_bug, generator_bug, foreign, hungry),
        )
    }
    paths |= {
        f'/{handle.func.__name__.replace("_", "-")}': handle
        for handle in (
            *(moved, refuse, several, private, busy, picky, handler_bug),
        )
    }
    baskets = Baskets()

    def service(environ, start_response):
        handle = paths.get(environ['PATH_INFO'], baskets)
        return handle(environ, start_response)

    def wrapped(**options):
        return errorkit.wrap(
            service,
            service_type='placement',
            versions='1.0-1.39',
            code_version='1.23',
            catalog=CODES,
            compat_headers=['X-Placement-Request-Id'],
            exceptions={Hungry: (409, 'placement.cat.hungry')},
            **options,
        )

    ordinary, strict = wrapped(), wrapped(on_invalid='reject')

    def mounted(environ, start_response):
        if environ['PATH_INFO'].startswith('/strict/'):
            environ['SCRIPT_NAME'] = '/strict'
            environ['PATH_INFO'] = environ['PATH_INFO'][len('/strict') :]
            return strict(environ, start_response)
        return ordinary(environ, start_response)

    return mounted
