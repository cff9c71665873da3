# SPDX-License-Identifier: Apache-2.0
"""The responses of what went well: JSON, and 202 for what is accepted."""

from __future__ import annotations

import json
from typing import Any

import webob


def json_response(content: Any) -> webob.Response:
    """Return a response with JSON that nobody shall keep."""
    body = json.dumps(content).encode('ascii')
    return webob.Response(
        headerlist=[
            ('Content-Type', 'application/json'),
            ('Content-Length', str(len(body))),
            ('X-Content-Type-Options', 'nosniff'),
            ('Cache-Control', 'no-store'),
        ],
        app_iter=[body],
    )


def accepted(address: str | None, json_body: Any) -> webob.Response:
    """Return a 202, and where to ask for what becomes of it.

    :param address: of the action; None: it leads nowhere
    :param json_body: what the body says; None: there is none
    """
    response = webob.Response(status=202)
    del response.headers['Content-Type']
    if json_body is not None:
        response.content_type = 'application/json'
        response.body = json.dumps(json_body).encode()
    if address is not None:
        # webob makes it absolute by the request's own host otherwise.
        response.headers['Location'] = address
        response.headers['Link'] = f'<{address}>; rel="monitor"'
    return response
