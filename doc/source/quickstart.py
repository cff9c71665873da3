# SPDX-License-Identifier: Apache-2.0
"""The application of the quickstart page."""

import logging

import webob.dec
import webob.exc

import errorkit
import errorkit.log

CATALOG = errorkit.Catalog('volume')
NAME_EXISTS = CATALOG.define(
    'volume.name_exists', status=409, title='Name exists',
    meaning='Another volume of the project has this name.')


@webob.dec.wsgify
def volumes(request):
    """Answer a few paths of a service that has hardly any volumes."""
    name = request.path_info.strip('/')
    if name == 'data':
        raise webob.exc.HTTPConflict(
            f'A volume named <{name}> exists.', comment=NAME_EXISTS)
    if name == 'bug':
        raise KeyError('a mistake in the service')
    return webob.Response(json_body={'volumes': []})


handler = logging.StreamHandler()
handler.addFilter(errorkit.log.ContextFilter())
handler.setFormatter(logging.Formatter(
    '%(asctime)s %(levelname)s %(name)s [%(request_id)s] %(message)s'))
logging.basicConfig(level=logging.INFO, handlers=[handler])

application = errorkit.wrap(
    volumes, service_type='volume', versions='3.0-3.70', code_version='3.5',
    catalog=CATALOG)
