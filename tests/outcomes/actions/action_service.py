# SPDX-License-Identifier: Apache-2.0
"""A service with pages of actions, and who asks it."""

import webob
import webob.dec
from message_samples import CODES
from paste.urlmap import URLMap
from rest_service import Context

import errorkit
from errorkit.outcomes.rest.actions import ActionPages, declare

NEWEST = '2.104'
OWNER, ADMIN, OTHER = 'ada:alpha', 'root:ops:admin', 'eve:beta'
CATALOG = errorkit.Catalog('compute', strict=True)
declare(CATALOG)
VOLUMES = errorkit.Catalog(
    'volume', help_base='https://volumes.example/errors/')
VOLUMES.define('volume.no_room', status=503)
declare(VOLUMES)
assert CODES.service_type == 'volume'


def believing(default):
    """Return the auth layer: who has no token is who is named here."""

    def auth(application):
        def authenticate(environ, start_response):
            token = environ.get('HTTP_X_AUTH_TOKEN')
            if token in (None, 'notused'):  # so says keystoneauth's type none
                token = default
            user, project, role = (*token.split(':'), '', '')[:3]
            for name, value in (
                    ('USER_ID', user), ('PROJECT_ID', project),
                    ('ROLES', role or 'member')):
                if value:
                    environ[f'HTTP_X_{name}'] = value
            return application(environ, start_response)

        return authenticate

    return auth


@webob.dec.wsgify
def versions(request):
    """Answer with the version document that clients ask for first."""
    href = request.host_url + '/v2.1/'
    one = {
        'id': 'v2.1', 'status': 'CURRENT', 'version': NEWEST,
        'min_version': '2.1', 'links': [{'rel': 'self', 'href': href}]}
    return webob.Response(
        json_body={'version': one} if request.path_info != '/'
        else {'versions': [one]})


def wrapped(pages, default=OWNER, mount='/v2.1', service_type='compute',
            catalog=CATALOG):
    """Return pages, mounted in a service."""
    below = URLMap()
    below[mount] = pages

    def application(environ, start_response):
        found = versions if environ['PATH_INFO'] in (
            '/', '/v2.1', '/v2.1/') else below
        return found(environ, start_response)

    return errorkit.wrap(
        application, service_type=service_type,
        versions=f'2.1-{NEWEST}', catalog=catalog,
        auth=believing(default), context_class=Context,
        compat_headers=['X-Compute-Request-Id'], format='bridge',
        legacy_headers=['X-OpenStack-Nova-API-Version'])


def nova(actions, default=OWNER, **options):
    """Return nova's pages of volumes, as a service."""
    return wrapped(ActionPages(
        actions, service_type='compute', resource_type='VOLUME',
        preset='nova', **options), default)


def neutral(actions, default=OWNER, **options):
    """Return the neutral pages of volumes, as a service."""
    return wrapped(
        ActionPages(actions, **{
            'service_type': 'volume', 'resource_type': 'VOLUME',
            'collection': 'volumes', 'catalog': VOLUMES, **options}),
        default, '/v3', 'volume', VOLUMES)


class Asks:
    """Asks a service as somebody, in a microversion."""

    def __init__(self, application, token=OWNER, version=None,
                 root='/v2.1/servers/vol-1/os-instance-actions'):
        self.application = application
        self.token = token
        self.version = version
        self.root = root

    def __call__(self, path='', method='GET', **environ):
        """Return the response to a request."""
        if not path.startswith(('/v', 'http')):
            path = self.root + path
        request = webob.Request.blank(path, method=method)
        request.environ.update(environ)
        request.headers['X-Auth-Token'] = self.token
        if self.version:
            request.headers['OpenStack-API-Version'] = (
                f'compute {self.version}')
        return request.get_response(self.application)


def told(response, status, code):
    """Return the text of an error, in both of its forms."""
    assert response.status_int == status, response.text
    body = response.json
    name, errors = body
    assert errors == 'errors'
    [error] = body['errors']
    assert error['code'] == code
    assert error['status'] == body[name]['code'] == status
    assert error['detail'] == body[name]['message']
    return name, error['detail']
