# SPDX-License-Identifier: Apache-2.0
"""Every environ key and header name errorkit reads or writes.

The ``openstack.*`` keys are read by oslo.context and by keystonemiddleware,
so their names are not ours. Everything new is ``errorkit.*``.
"""

# environ, by agreement with oslo.context
REQUEST_ID = 'openstack.request_id'
GLOBAL_REQUEST_ID = 'openstack.global_request_id'

# environ, our own
CONTEXT = 'errorkit.context'
#: The identity headers as the client sent them, before any auth layer.
CLAIMS = 'errorkit.claims'
#: A valid global id that waits for the auth layer to vouch for its sender.
PENDING_GLOBAL_ID = 'errorkit.pending_global_id'
#: The body of the request is closed: nobody's current context any more.
CLOSED = 'errorkit.closed'
#: The Formatter of the FaultWrapper outside, for errors answered inside it.
FORMATTER = 'errorkit.formatter'
#: The errors of a response that an inner layer has already shaped.
ANSWERED = 'errorkit.answered'
#: The error of the response, for the request log.
ERROR = 'errorkit.error'
#: The application's own error response was answered in our words.
RESHAPED = 'errorkit.reshaped'
#: A RequestLog is outside and will say what came of the request.
REQUEST_LOG = 'errorkit.request_log'
#: The error json_error_formatter has written for webob, and what it wrote.
FORMATTED = 'errorkit.formatted'
#: The client's own Accept, where an inner layer sees a widened one.
ACCEPT = 'errorkit.accept'
#: The version headers that an error made outside Microversion has to carry.
VERSION_HEADERS = 'errorkit.version_headers'
#: The code for webob's ``json_formatter=``; taken out again when read.
ERROR_CODE = 'errorkit.error_code'

# environ, left by keystonemiddleware and by no client
KEYSTONE_MARKS = ('keystone.token_auth', 'keystone.token_info')

# headers
REQUEST_ID_HEADER = 'X-Openstack-Request-Id'
HTTP_REQUEST_ID = 'HTTP_X_OPENSTACK_REQUEST_ID'
HTTP_TRACEPARENT = 'HTTP_TRACEPARENT'
HTTP_TRACESTATE = 'HTTP_TRACESTATE'
#: ``pass`` lets an application's own error response go out as it is.
OPT_OUT_HEADER = 'X-Errorkit'
#: The code of an error, beside the body.
CODE_HEADER = 'OpenStack-Error-Code'
VERSION_HEADER = 'OpenStack-API-Version'
HTTP_VERSION = 'HTTP_OPENSTACK_API_VERSION'
SERVICE_ROLES = 'HTTP_X_SERVICE_ROLES'


def is_opt_out(name: str, value: str) -> bool:
    """Tell whether a header lets a response go out as it is."""
    return (
        name.lower() == OPT_OUT_HEADER.lower()
        and value.strip().lower() == 'pass'
    )


def microversion(service_type: str) -> str:
    """Return the environ key of a service's parsed microversion."""
    return f'{service_type}.microversion'
