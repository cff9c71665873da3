# SPDX-License-Identifier: Apache-2.0
"""A shop in Pecan and WSME, with every error it can make."""

import pecan
import pecan.rest
import webob.exc
import wsme.exc
import wsme.types
import wsmeext.pecan
from one_shape import SECRET, TEXT


class Volume(wsme.types.Base):
    """What a client may send."""

    name = wsme.types.wsattr(wsme.types.text, mandatory=True)
    size = int


class Volumes(pecan.rest.RestController):
    """Of WSME: its answers are faults."""

    @wsmeext.pecan.wsexpose(str, int)
    def get_one(self, number):
        """Refuse it, by its number."""
        if number == 1:
            raise wsme.exc.ClientSideError(TEXT, status_code=409)
        if number == 2:
            raise wsme.exc.ClientSideError(TEXT)
        if number == 3:
            raise wsme.exc.InvalidInput('size', 'huge', TEXT)
        if number == 4:
            pecan.response.headers['Retry-After'] = '30'
            return wsme.api.Response(TEXT, status_code=429)
        raise ValueError(SECRET)

    @wsmeext.pecan.wsexpose(Volume, body=Volume)
    def post(self, volume):
        """Take one."""
        return volume


class Rest(pecan.rest.RestController):
    """Has one method only."""

    @pecan.expose('json')
    def get_all(self):
        """Return nothing."""
        return {}


class Root:
    """The shop."""

    volumes = Volumes()
    rest = Rest()

    @pecan.expose()
    def say(self, status):
        """Abort with a text."""
        pecan.abort(int(status), TEXT)

    @pecan.expose()
    def abort(self, status):
        """Abort without a text."""
        pecan.abort(int(status))

    @pecan.expose('json')
    def as_json(self):
        """Abort where JSON is made."""
        pecan.abort(409, TEXT)

    @pecan.expose('json')
    def returned(self):
        """Return an object with a status of an error."""
        pecan.response.status = 409
        return {'error_message': TEXT, 'code': 'shop.full'}

    @pecan.expose()
    def who(self):
        """Ask for a password."""
        pecan.abort(
            401,
            TEXT,
            headers=[
                ('WWW-Authenticate', 'Basic realm="shop"'),
                ('WWW-Authenticate', 'Bearer'),
            ],
        )

    @pecan.expose()
    def coded(self):
        """Abort with a code."""
        pecan.abort(409, TEXT, comment='shop.full')

    @pecan.expose()
    def raised(self):
        """Raise what is webob's."""
        raise webob.exc.HTTPGone(TEXT, comment='shop.gone')

    @pecan.expose()
    def moved(self):
        """Redirect."""
        pecan.redirect('/elsewhere')

    @pecan.expose()
    def needs(self, cake):
        """Want an argument."""
        return cake

    @pecan.expose(content_type='text/plain')
    def text(self):
        """Answer with a text."""
        pecan.response.status = 410
        return TEXT

    @pecan.expose()
    def bug(self):
        """Fail."""
        raise ValueError(SECRET)

    @pecan.expose('json')
    def sorry(self, status=None):
        """Stand in for another page."""
        return {'message': TEXT}


def make_app(**options):
    """Return the application."""
    return pecan.make_app(Root(), **{'debug': False, **options})


def app_factory(global_conf, **local_conf):
    """Return the application to PasteDeploy."""
    return make_app()
