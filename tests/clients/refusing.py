# SPDX-License-Identifier: Apache-2.0
"""A small service that refuses in every way.

Each name is one way: ``/v3/p/volumes/over-limit`` answers 413. It is mounted
once for each format and service type, ``/bridge/compute/v2.1/...``; under
``/reject`` it speaks the bridge and refuses a bad id of a caller, under
``/one-id`` it speaks the bridge and sends no compat header.
"""

import webob
import webob.dec
import webob.exc

import errorkit
from errorkit import keys

FORMATS = ('errors', 'compute', 'bridge')
#: Of each service: the path of its API, its newest microversion.
SERVICES = {'volume': ('/v3', '3.70'), 'compute': ('/v2.1', '2.80')}
COMPAT_HEADER = 'X-Compute-Request-Id'
#: What no client may ever see.
SECRET = 'the password is hunter2'

#: For each name, what the service raises: a class, its text, its headers.
REFUSALS = {
    'bad-request': (webob.exc.HTTPBadRequest, 'The size is not a number.'),
    'unauthorized': (
        webob.exc.HTTPUnauthorized,
        'The token has expired.',
        [('WWW-Authenticate', 'Keystone uri="http://127.0.0.1/identity"')],
    ),
    'forbidden': (webob.exc.HTTPForbidden, 'Only its owner may see it.'),
    'not-found': (webob.exc.HTTPNotFound, 'There is no such thing here.'),
    'method': (
        webob.exc.HTTPMethodNotAllowed,
        'It can be read only.',
        [('Allow', 'GET, HEAD')],
    ),
    'media-type': (webob.exc.HTTPNotAcceptable, 'It is an image only.'),
    'conflict': (webob.exc.HTTPConflict, 'It is being deleted.'),
    'over-limit': (
        webob.exc.HTTPRequestEntityTooLarge,
        'The quota of gigabytes is used up.',
        [('Retry-After', '7')],
    ),
    'rate-limit': (
        webob.exc.HTTPTooManyRequests,
        'Ten requests a minute.',
        [('Retry-After', '9')],
    ),
    'unavailable': (
        webob.exc.HTTPServiceUnavailable,
        'The backend is away.',
        [('Retry-After', '0')],
    ),
    'not-implemented': (
        webob.exc.HTTPNotImplemented,
        'This driver cannot do it.',
    ),
    'gone': (webob.exc.HTTPGone, 'It was here until yesterday.'),
    'non-ascii': (webob.exc.HTTPConflict, 'Größe «5 ГБ» 容量 \N{SNOWMAN} 𝄞'),
    'markup': (
        webob.exc.HTTPConflict,
        'No <uuid> & a < b > c, "q" ${x} %s {0} <script>x()</script>',
    ),
    'lines': (webob.exc.HTTPConflict, 'The first line.\nThe second, last.'),
    'no-text': (webob.exc.HTTPConflict, None),
}
STATUSES = {name: refusal[0].code for name, refusal in REFUSALS.items()}
TEXTS = {name: refusal[1] for name, refusal in REFUSALS.items()}
STATUSES['bug'] = 500


@webob.dec.wsgify
def service(request):
    """Answer as the last part of the path says."""
    name = request.path_info.rpartition('/')[2]
    if name == 'bug':
        raise RuntimeError(SECRET)
    if name == 'several':
        raise errorkit.MultiError(
            [
                webob.exc.HTTPBadRequest('The name is too long.'),
                webob.exc.HTTPBadRequest('The size is not a number.'),
            ]
        )
    if name == 'moved':
        raise webob.exc.HTTPFound(location=request.url[:-5] + 'not-found')
    if name in REFUSALS:
        kind, text, *more = REFUSALS[name]
        raise kind(text, headers=more[0] if more else None)
    return webob.Response(json_body=_versions(request))


def _versions(request):
    # Discovery reads it below the endpoint and at its root.
    kind = request.environ['refusing.service_type']
    prefix, newest = SERVICES[kind]
    version = {
        'id': f'v{prefix[2:]}' if '.' in prefix else f'v{prefix[2:]}.0',
        'status': 'CURRENT',
        'version': newest,
        'max_version': newest,
        'min_version': f'{newest.partition(".")[0]}.'
        f'{"1" if kind == "compute" else "0"}',
        'links': [
            {'rel': 'self', 'href': request.application_url + prefix + '/'}
        ],
    }
    if request.path_info.strip('/') in ('v3', 'v2.1'):
        return {'version': version}
    return {'versions': [version]}


def mounted(inside=service):
    """Return an application wrapped for all formats and service types."""
    stacks = {}
    for form in (*FORMATS, 'reject', 'one-id'):
        for kind, (_, newest) in SERVICES.items():
            oldest = '2.1' if kind == 'compute' else '3.0'
            legacy = ['X-OpenStack-Nova-API-Version'] * (kind == 'compute')
            stacks[f'/{form}/{kind}'] = errorkit.wrap(
                inside,
                service_type=kind,
                versions=f'{oldest}-{newest}',
                legacy_headers=legacy,
                format=form if form in FORMATS else 'bridge',
                on_invalid='reject' if form == 'reject' else 'ignore',
                compat_headers=[COMPAT_HEADER] * (form != 'one-id'),
            )

    def application(environ, start_response):
        path = environ['PATH_INFO']
        mount = '/'.join(path.split('/', 3)[:3])
        environ['SCRIPT_NAME'] += mount
        environ['PATH_INFO'] = path[len(mount):]
        environ['refusing.service_type'] = mount.rpartition('/')[2]
        return stacks[mount](environ, start_response)

    return application


class Sent:
    """What left the service since it was cleared, and what it was sent."""

    def __init__(self, application):
        self._application = application
        self.clear()

    def clear(self):
        """Forget what was sent so far."""
        self.answers = []
        self.global_ids = []
        self.accepted = []

    def __call__(self, environ, start_response):
        """Note the path, status, headers and body of each answer."""

        def noting(status, headers, exc_info=None):
            self.answers.append((path, status, dict(headers)))
            return start_response(status, headers, exc_info)

        path = environ['PATH_INFO']
        self.accepted.append(environ.get('HTTP_ACCEPT'))
        try:
            return self._application(environ, noting)
        finally:
            # What the service made of the caller's id.
            self.global_ids.append(environ.get(keys.GLOBAL_REQUEST_ID))

    @property
    def request_id(self):
        """The local id of the last answer."""
        return self.answers[-1][2]['X-Openstack-Request-Id']
