# SPDX-License-Identifier: Apache-2.0
"""The version document: what clients ask for first, without a token."""

from webob.dec import wsgify

from . import wire


@wsgify
def index(request):
    version = {
        'id': 'v3.0',
        'status': 'CURRENT',
        'version': '3.70',
        'min_version': '3.0',
        'links': [{'rel': 'self', 'href': f'{request.application_url}/v3/'}],
    }
    return wire.answer(200, versions=[version])
