# SPDX-License-Identifier: Apache-2.0
"""A volume service with the messages API, as real clients find it."""

import webob
import webob.dec
from message_samples import PERMITTED
from paste.urlmap import URLMap

import errorkit
from errorkit.outcomes.memory import MemoryStore
from errorkit.outcomes.messages import API
from errorkit.outcomes.rest import Messages, declare

NEWEST = '3.71'
#: It raises for a code that is not declared, or not with that status.
CATALOG = errorkit.Catalog('volume', strict=True)
declare(CATALOG)


class Context(errorkit.context.RequestContext):
    """The service's own contexts: who has the role admin is one."""

    @classmethod
    def from_environ(cls, environ, **more):
        """Return the context of a request."""
        made = super().from_environ(environ, **more)
        made.is_admin = 'admin' in made.roles
        return made


def auth(application):
    """Believe a token ``user:project:role``, or, without one, the path."""

    def authenticate(environ, start_response):
        token = environ.get('HTTP_X_AUTH_TOKEN')
        if token in (None, 'notused'):  # so says keystoneauth's type none
            parts = environ['PATH_INFO'].split('/')
            token = f'none:{parts[2]}:admin' if len(parts) > 2 else ''
        user, _, rest = token.partition(':')
        project, _, role = rest.partition(':')
        if user:
            environ['HTTP_X_USER_ID'] = user
            environ['HTTP_X_ROLES'] = role or 'member'
        if project:
            environ['HTTP_X_PROJECT_ID'] = project
        return application(environ, start_response)

    return authenticate


@webob.dec.wsgify
def versions(request):
    """Answer with the version documents that clients ask for first."""
    href = request.host_url + '/v3/'
    return webob.Response(json_body={'versions': [{
        'id': 'v3.0',
        'status': 'CURRENT',
        'version': NEWEST,
        'min_version': '3.0',
        'updated': '2026-01-01T00:00:00Z',
        'links': [{'rel': 'self', 'href': href}],
    }]})


class Mounted:
    """Answers below /v3 with messages, and elsewhere with the versions."""

    def __init__(self, messages):
        self._map = URLMap()
        self._map['/'] = versions
        self._map['/v3'] = messages

    def __call__(self, environ, start_response):
        # A client that looks for versions asks at its endpoint, too.
        parts = environ['PATH_INFO'].strip('/').split('/')
        if parts[0] == 'v3' and parts[1:] != ['messages'] and len(parts) < 3:
            return versions(environ, start_response)
        return self._map(environ, start_response)


def wrapped(api, mount=Mounted, **options):
    """Return the messages of an API, mounted in a service."""
    return errorkit.wrap(
        mount(Messages(api, **options)),
        service_type='volume',
        versions=f'3.0-{NEWEST}',
        catalog=CATALOG,
        auth=auth,
        context_class=Context,
        compat_headers=['X-Compute-Request-Id'],
        format='bridge',
    )


def api_of(store=None, **options):
    """Return an API on a store, in memory if none is given."""
    return API(store or MemoryStore(), permitted=PERMITTED, **options)


class Caller:
    """Asks the service as a user of a project.

    :param application: the service
    :param token: ``user:project:role``
    :param version: a microversion, or None
    """

    def __init__(self, application, token='ada:alpha', version='latest'):
        self.application = application
        self.token = token
        self.version = version

    def __call__(self, path, method='GET', **headers):
        """Return the response to a request."""
        if not path.startswith(('/', 'http')):
            path = f'/v3/{self.token.split(":")[1]}/messages{path[1:]}'
        request = webob.Request.blank(path, method=method)
        if self.token:
            request.headers['X-Auth-Token'] = self.token
        if self.version:
            request.headers['OpenStack-API-Version'] = (
                f'volume {self.version}')
        for name, value in headers.items():
            request.headers[name.replace('_', '-')] = value
        return request.get_response(self.application)

    def ids(self, path='.'):
        """Return the ids of a list."""
        response = self(path)
        assert response.status_int == 200, response.text
        return [one['id'] for one in response.json['messages']]


class Noted:
    """What an application was asked and answered."""

    def __init__(self, application):
        self._application = application
        self.answers = []

    def __call__(self, environ, start_response):
        """Note method, path, query and status of each request."""

        def noting(status, headers, exc_info=None):
            self.answers.append((
                environ['REQUEST_METHOD'], path,
                environ['QUERY_STRING'], int(status[:3])))
            return start_response(status, headers, exc_info)

        path = environ['PATH_INFO']
        return self._application(environ, noting)
