# SPDX-License-Identifier: Apache-2.0
"""A shop in Falcon, with every error it can make."""

import inspect

import falcon
from falcon.media.validators import jsonschema
from one_shape import SECRET, TEXT

HREF = 'https://docs.example/cakes'
#: What else an error of a class has to be given.
_NEEDED = {
    'HTTPMethodNotAllowed': {'allowed_methods': ['PUT']},
    'HTTPRangeNotSatisfiable': {'resource_length': 47},
}


def _is_plain(kind):
    names = inspect.signature(kind).parameters
    return 'description' in names and 'title' in names


ERRORS = {
    name: kind
    for name, kind in vars(falcon).items()
    if name.startswith('HTTP')
    and inspect.isclass(kind)
    and issubclass(kind, falcon.HTTPError)
    and kind is not falcon.HTTPError
    and _is_plain(kind)
}


class _Raised:
    def on_get(self, req, resp, name):
        raise ERRORS[name](**_NEEDED.get(name, {}))

    on_head = on_get


class _Said:
    def on_get(self, req, resp, name):
        raise ERRORS[name](
            title='Out of <cake>',
            description=TEXT,
            code=17,
            href=HREF,
            href_text='Cakes',
            headers={'X-Cake': 'none'},
            **_NEEDED.get(name, {}),
        )

    on_head = on_get


_SCHEMA = {
    'type': 'object',
    'properties': {'size': {'type': 'integer'}},
    'required': ['name'],
}


class _Order:
    @jsonschema.validate(_SCHEMA)
    def on_patch(self, req, resp):
        resp.media = {}

    def on_put(self, req, resp):
        req.get_param_as_int('size', required=True, max_value=9)
        req.get_header('X-Cake', required=True)
        resp.media = req.get_media()


class _Various:
    def on_get(self, req, resp, name):
        getattr(self, name)(req, resp)

    on_head = on_get

    def who(self, req, resp):
        raise falcon.HTTPUnauthorized(
            description=TEXT, challenges=['Basic realm="shop"', 'Bearer']
        )

    def slow_down(self, req, resp):
        raise falcon.HTTPTooManyRequests(description=TEXT, retry_after=30)

    def away(self, req, resp):
        raise falcon.HTTPServiceUnavailable(description=TEXT, retry_after=120)

    def sold_out(self, req, resp):
        raise falcon.HTTPError('420 Sold Out', description=TEXT)

    def status(self, req, resp):
        raise falcon.HTTPStatus(falcon.HTTP_410, text=TEXT)

    def media(self, req, resp):
        resp.status = 409
        resp.media = {'error': {'message': TEXT, 'code': 'shop.full'}}

    def text(self, req, resp):
        resp.status = falcon.HTTP_409
        resp.content_type = falcon.MEDIA_TEXT
        resp.text = TEXT
        resp.set_cookie('basket', 'empty')
        resp.etag = 'abc'

    def moved(self, req, resp):
        raise falcon.HTTPMovedPermanently('/elsewhere')

    def bug(self, req, resp):
        raise ValueError(SECRET)


def make_app(xml=True, **options):
    """Return the application.

    :param xml: its errors may be XML
    """
    app = falcon.App(**options)
    app.resp_options.xml_error_serialization = xml
    app.add_route('/raise/{name}', _Raised())
    app.add_route('/say/{name}', _Said())
    app.add_route('/order', _Order())
    app.add_route('/{name}', _Various())
    return app


def app_factory(global_conf, **local_conf):
    """Return the application to PasteDeploy."""
    return make_app()
