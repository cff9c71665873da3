# SPDX-License-Identifier: Apache-2.0
"""The cake shop: ``python cakes.py`` serves it, and prints its address."""

from wsgiref.simple_server import make_server

import cake_codes
import webob
import webob.dec
import webob.exc

import errorkit


@webob.dec.wsgify
def shop(request):
    """Sell pie by day."""
    if request.path == '/night':
        raise webob.exc.HTTPServiceUnavailable(
            'Come back.', comment=cake_codes.SHUT
        )
    name = request.path.removeprefix('/')
    if name != 'pie':
        raise webob.exc.HTTPNotFound(
            f'There is no <{name}>.', comment=cake_codes.GONE
        )
    return webob.Response(json={'name': name, 'instead': 'rye'})


def application():
    """Return the shop under errorkit."""
    return errorkit.wrap(
        shop, service_type='cakes', catalog=cake_codes.CATALOG
    )


if __name__ == '__main__':
    with make_server('127.0.0.1', 0, application()) as server:
        print(f'http://127.0.0.1:{server.server_port}', flush=True)
        server.serve_forever()
