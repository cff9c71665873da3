# SPDX-License-Identifier: Apache-2.0
"""Error bodies as services and frameworks send them, and what they say.

Written by hand in the shapes that are known of each, not recorded; what is
expected stands beside each. The bodies of the frameworks installed for the
tests are also made by them, in tests/test_foreign.py.
"""

import json
from dataclasses import dataclass

ID = 'req-6f1a8d5e-8a55-4d6f-9d3c-2f6a0f0a7b22'
OTHER_ID = 'req-0b8c8d5e-8a55-4d6f-9d3c-2f6a0f0a7b33'
UUID = '1f4e3c1a-7a0f-4b5e-9d1e-52a3c6a9e0b1'

JSON = {'Content-Type': 'application/json'}
JSON_ID = {**JSON, 'X-Openstack-Request-Id': ID}
COMPUTE = {**JSON_ID, 'X-Compute-Request-Id': ID}
COMPAT = {**JSON, 'X-Compute-Request-Id': ID}
HTML = {'Content-Type': 'text/html; charset=UTF-8'}
HTML_ID = {**HTML, 'X-Openstack-Request-Id': ID}
TEXT = {'Content-Type': 'text/plain; charset=utf-8'}
PROBLEM = {'Content-Type': 'application/problem+json'}
XML = {'Content-Type': 'application/xml'}


@dataclass(frozen=True)
class Told:
    """One answer: what was sent, and what it says."""

    status: int
    headers: dict
    body: bytes
    title: str
    detail: str
    code: str | None = None
    request_id: str | None = None
    #: pointer, parameter or header and detail of the errors after the first
    more: tuple = ()
    source: dict | None = None
    retry: str | None = None
    links: tuple = ()


def told(status, headers, body, title, detail, *rest, **more):
    """Return an answer whose body is text, bytes or what JSON can hold."""
    if isinstance(body, (dict, list)):
        body = json.dumps(body)
    if isinstance(body, str):
        body = body.encode()
    return Told(status, headers, body, title, detail, *rest, **more)


def fault(name, status, message, **more):
    """Return a compute fault."""
    return {name: {'code': status, 'message': message, **more}}


def webob_page(line, text):
    """Return the page that a webob exception writes."""
    return (
        f'<html>\n <head>\n  <title>{line}</title>\n </head>\n <body>\n'
        f'  <h1>{line}</h1>\n  {text}\n\n </body>\n</html>'
    )


def faultstring(text, faultcode='Client'):
    """Return what WSME says."""
    return {'faultcode': faultcode, 'faultstring': text, 'debuginfo': None}


NGINX = (
    '<html>\r\n<head><title>{0}</title></head>\r\n<body>\r\n<center><h1>{0}'
    '</h1></center>\r\n<hr><center>nginx/1.24.0</center>\r\n</body>\r\n'
    '</html>\r\n'
)
APACHE = (
    '<!DOCTYPE HTML PUBLIC "-//IETF//DTD HTML 2.0//EN">\n<html><head>\n'
    '<title>{0} {1}</title>\n</head><body>\n<h1>{1}</h1>\n<p>{2}</p>\n<hr>\n'
    '<address>Apache/2.4.57 (Ubuntu) Server at controller Port 5000'
    '</address>\n</body></html>\n'
)

OPENSTACK = {
    'nova, no such server': told(
        404, COMPUTE,
        fault('itemNotFound', 404, f'Instance {UUID} could not be found.'),
        'Not Found', f'Instance {UUID} could not be found.', None, ID),
    'nova, a schema': told(
        400, COMPUTE,
        fault('badRequest', 400,
              "Invalid input for field/attribute name. Value: . '' is too "
              'short'),
        'Bad Request',
        "Invalid input for field/attribute name. Value: . '' is too short",
        None, ID),
    'nova, a state': told(
        409, COMPUTE,
        fault('conflictingRequest', 409,
              f"Cannot 'start' instance {UUID} while it is in vm_state "
              'active'),
        'Conflict',
        f"Cannot 'start' instance {UUID} while it is in vm_state active",
        None, ID),
    'nova, a policy': told(
        403, COMPUTE,
        fault('forbidden', 403,
              "Policy doesn't allow os_compute_api:servers:create to be "
              'performed.'),
        'Forbidden',
        "Policy doesn't allow os_compute_api:servers:create to be "
        'performed.', None, ID),
    'nova, a rate': told(
        413, {**COMPUTE, 'Retry-After': '30'},
        fault('overLimit', 413, 'This request was rate-limited.',
              retryAfter='30'),
        'Request Entity Too Large', 'This request was rate-limited.', None,
        ID),
    'nova, a bug': told(
        500, COMPUTE,
        fault('computeFault', 500,
              'Unexpected API Error. Please report this at '
              'http://bugs.launchpad.net/nova/ and attach the Nova API log '
              "if possible.\n<class 'oslo_messaging.exceptions."
              "MessagingTimeout'>"),
        'Internal Server Error',
        'Unexpected API Error. Please report this at '
        'http://bugs.launchpad.net/nova/ and attach the Nova API log if '
        "possible.\n<class 'oslo_messaging.exceptions.MessagingTimeout'>",
        None, ID),
    'nova, a microversion': told(
        406, COMPUTE,
        fault('computeFault', 406,
              'Version 2.999 is not supported by the API. Minimum is 2.1 '
              'and maximum is 2.96.'),
        'Not Acceptable',
        'Version 2.999 is not supported by the API. Minimum is 2.1 and '
        'maximum is 2.96.', None, ID),
    'nova, an old release': told(
        404, COMPAT, fault('itemNotFound', 404, 'Flavor 9 is gone.'),
        'Not Found', 'Flavor 9 is gone.', None, ID),
    'placement, a name': told(
        409, JSON_ID,
        {'errors': [{
            'status': 409, 'request_id': ID,
            'code': 'placement.duplicate_name', 'title': 'Conflict',
            'detail': 'There was a conflict when trying to complete your '
            'request.\n\n Conflicting resource provider name: rp already '
            'exists.  '}]},
        'Conflict',
        'There was a conflict when trying to complete your request.\n\n '
        'Conflicting resource provider name: rp already exists.  ',
        'placement.duplicate_name', ID),
    'placement, before codes': told(
        404, JSON_ID,
        {'errors': [{'status': 404, 'request_id': ID, 'title': 'Not Found',
                     'detail': 'No such resource provider.'}]},
        'Not Found', 'No such resource provider.', None, ID),
    'placement, a microversion': told(
        406, JSON_ID,
        {'errors': [{'status': 406, 'request_id': ID,
                     'title': 'Not Acceptable', 'max_version': '1.39',
                     'min_version': '1.0',
                     'detail': 'Unacceptable version header: 1.99'}]},
        'Not Acceptable', 'Unacceptable version header: 1.99', None, ID),
    'cinder, no such volume': told(
        404, COMPUTE,
        fault('itemNotFound', 404, f'Volume {UUID} could not be found.'),
        'Not Found', f'Volume {UUID} could not be found.', None, ID),
    'cinder, a quota': told(
        413, {**COMPUTE, 'Retry-After': '0'},
        fault('overLimit', 413,
              'VolumeLimitExceeded: Maximum number of volumes allowed (10) '
              "exceeded for quota 'volumes'.", retryAfter='0'),
        'Request Entity Too Large',
        'VolumeLimitExceeded: Maximum number of volumes allowed (10) '
        "exceeded for quota 'volumes'.", None, ID),
    'cinder, a status': told(
        400, COMPUTE,
        fault('badRequest', 400,
              'Invalid volume: Volume status must be available or error, '
              'but current status is: in-use.'),
        'Bad Request',
        'Invalid volume: Volume status must be available or error, but '
        'current status is: in-use.', None, ID),
    'glance, no such image': told(
        404, HTML_ID,
        webob_page('404 Not Found',
                   f'No image found with ID {UUID}<br /><br />\n\n\n'),
        'Not Found', f'No image found with ID {UUID}', None, ID),
    'glance, a protected image': told(
        403, HTML_ID,
        webob_page(
            '403 Forbidden',
            f'Image {UUID} is protected and cannot be deleted.<br /><br />'
            '\n\n\n'),
        'Forbidden', f'Image {UUID} is protected and cannot be deleted.',
        None, ID),
    'glance, escapes': told(
        409, HTML_ID,
        webob_page('409 Conflict',
                   'Image &lt;a&gt; &amp; b exists.<br /><br />\n\n\n'),
        'Conflict', 'Image <a> & b exists.', None, ID),
    'keystone, no token': told(
        401, {**JSON_ID, 'WWW-Authenticate': 'Keystone uri="http://k"'},
        {'error': {'code': 401, 'title': 'Unauthorized',
                   'message': 'The request you have made requires '
                   'authentication.'}},
        'Unauthorized', 'The request you have made requires authentication.',
        None, ID),
    'keystone, no such project': told(
        404, JSON_ID,
        {'error': {'code': 404, 'title': 'Not Found',
                   'message': f'Could not find project: {UUID}.'}},
        'Not Found', f'Could not find project: {UUID}.', None, ID),
    'keystone, a name': told(
        409, JSON_ID,
        {'error': {'code': 409, 'title': 'Conflict',
                   'message': 'Conflict occurred attempting to store user - '
                   'Duplicate entry found with name anna at domain ID '
                   'default.'}},
        'Conflict',
        'Conflict occurred attempting to store user - Duplicate entry found '
        'with name anna at domain ID default.', None, ID),
    'keystonemiddleware': told(
        401, {**JSON, 'WWW-Authenticate': "Keystone uri='http://k'"},
        {'error': {'code': 401, 'title': 'Unauthorized',
                   'message': 'The request you have made requires '
                   'authentication.'}},
        'Unauthorized',
        'The request you have made requires authentication.'),
    'neutron, no such network': told(
        404, JSON_ID,
        {'NeutronError': {'type': 'NetworkNotFound', 'detail': '',
                          'message': f'Network {UUID} could not be found.'}},
        'Not Found', f'Network {UUID} could not be found.', None, ID),
    'neutron, a quota': told(
        409, JSON_ID,
        {'NeutronError': {'type': 'OverQuota', 'detail': '',
                          'message': "Quota exceeded for resources: "
                          "['port']."}},
        'Conflict', "Quota exceeded for resources: ['port'].", None, ID),
    'neutron, a policy': told(
        403, JSON_ID,
        {'NeutronError': {'type': 'PolicyNotAuthorized', 'detail': '',
                          'message': '(rule:create_network) is disallowed '
                          'by policy'}},
        'Forbidden', '(rule:create_network) is disallowed by policy', None,
        ID),
    'neutron, an attribute': told(
        400, JSON_ID,
        {'NeutronError': {'message': 'Unrecognized attribute(s) '
                          "'port_security_enabled'",
                          'type': 'HTTPBadRequest', 'detail': ''}},
        'Bad Request', "Unrecognized attribute(s) 'port_security_enabled'",
        None, ID),
    'ironic, JSON in JSON': told(
        404, JSON_ID,
        {'error_message': json.dumps(
            faultstring(f'Node {UUID} could not be found.'))},
        'Not Found', f'Node {UUID} could not be found.', None, ID),
    'ironic, an object': told(
        409, JSON_ID,
        {'error_message': faultstring(
            f'Node {UUID} is locked by host conductor-1, please retry after '
            'the current operation is completed.')},
        'Conflict',
        f'Node {UUID} is locked by host conductor-1, please retry after the '
        'current operation is completed.', None, ID),
    'ironic, a microversion': told(
        406, JSON,
        {'error_message': json.dumps(faultstring(
            'Version 1.999 was requested but is not supported by the API '
            'service. Supported version range is: [1.1, 1.82].'))},
        'Not Acceptable',
        'Version 1.999 was requested but is not supported by the API '
        'service. Supported version range is: [1.1, 1.82].'),
    'ironic-inspector': told(
        404, JSON, {'error': {'message': f'Could not find node {UUID}'}},
        'Not Found', f'Could not find node {UUID}'),
    'swift, no such object': told(
        404, {**HTML, 'X-Trans-Id': 'tx0001',
              'X-Openstack-Request-Id': 'tx0001'},
        '<html><h1>Not Found</h1><p>The resource could not be found.</p>'
        '</html>',
        'Not Found', 'The resource could not be found.'),
    'swift, no token': told(
        401, HTML,
        '<html><h1>Unauthorized</h1><p>This server could not verify that '
        'you are authorized to access the document you requested.</p>'
        '</html>',
        'Unauthorized',
        'This server could not verify that you are authorized to access the '
        'document you requested.'),
    'swift, a bad name': told(
        412, {'Content-Type': 'text/plain'}, 'Bad URL',
        'Precondition Failed', 'Bad URL'),
    'swift as S3': told(
        404, XML,
        "<?xml version='1.0' encoding='UTF-8'?>\n<Error><Code>NoSuchKey"
        '</Code><Message>The specified key does not exist.</Message>'
        '<RequestId>tx0001</RequestId><Key>a</Key></Error>',
        'Not Found',
        'The specified key does not exist.'),
    'heat, no such stack': told(
        404, JSON_ID,
        {'explanation': 'The resource could not be found.', 'code': 404,
         'error': {'message': 'The Stack (a) could not be found.',
                   'traceback': None, 'type': 'EntityNotFound'},
         'title': 'Not Found'},
        'Not Found', 'The Stack (a) could not be found.', None, ID),
    'heat, with a traceback': told(
        400, JSON_ID,
        {'explanation': 'The server could not comply with the request since '
         'it is either malformed or otherwise incorrect.', 'code': 400,
         'error': {'message': 'The template is invalid.',
                   'traceback': 'Traceback (most recent call last):\n\n  '
                   'File "/heat/engine.py", line 1, in wrap\n',
                   'type': 'StackValidationFailed'},
         'title': 'Bad Request'},
        'Bad Request', 'The template is invalid.', None, ID),
    'octavia, no such balancer': told(
        404, JSON_ID, faultstring(f'Load Balancer {UUID} not found.'),
        'Not Found', f'Load Balancer {UUID} not found.', None, ID),
    'octavia, immutable': told(
        409, JSON_ID,
        faultstring(f'Load Balancer {UUID} is immutable and cannot be '
                    'updated.'),
        'Conflict',
        f'Load Balancer {UUID} is immutable and cannot be updated.', None,
        ID),
    'manila, no such share': told(
        404, COMPUTE,
        fault('itemNotFound', 404, f'Share {UUID} could not be found.'),
        'Not Found', f'Share {UUID} could not be found.', None, ID),
    'manila, a share that is busy': told(
        403, COMPUTE,
        fault('forbidden', 403,
              f'Invalid share: Share {UUID} has 1 snapshots.'),
        'Forbidden', f'Invalid share: Share {UUID} has 1 snapshots.', None,
        ID),
    'barbican, no such secret': told(
        404, JSON_ID,
        {'code': 404, 'title': 'Not Found',
         'description': 'Not Found. Sorry but your secret is in another '
         'castle.'},
        'Not Found',
        'Not Found. Sorry but your secret is in another castle.', None, ID),
    'barbican, a failure': told(
        500, JSON_ID,
        {'code': 500, 'title': 'Internal Server Error',
         'description': 'Secret creation failure seen - please contact site '
         'administrator.'},
        'Internal Server Error',
        'Secret creation failure seen - please contact site administrator.',
        None, ID),
    'designate, no such zone': told(
        404, JSON,
        {'code': 404, 'type': 'zone_not_found',
         'message': 'Could not find Zone', 'request_id': ID},
        'Not Found', 'Could not find Zone', None, ID),
    'designate, a zone that exists': told(
        409, JSON_ID,
        {'code': 409, 'type': 'duplicate_zone', 'message': 'Duplicate Zone',
         'request_id': OTHER_ID},
        'Conflict', 'Duplicate Zone', None, OTHER_ID),
    'magnum': told(
        404, JSON_ID,
        {'errors': [{'request_id': '', 'code': 'client', 'status': 404,
                     'title': 'Cluster a could not be found',
                     'detail': 'Cluster a could not be found.',
                     'links': []}]},
        'Cluster a could not be found', 'Cluster a could not be found.',
        None, ID),
    'zaqar': told(
        503, JSON,
        {'title': 'Service temporarily unavailable',
         'description': 'Queue could not be created. Please try again in a '
         'few seconds.'},
        'Service temporarily unavailable',
        'Queue could not be created. Please try again in a few seconds.'),
    'mistral': told(
        404, JSON_ID, faultstring("Workflow not found [name=a]"),
        'Not Found', 'Workflow not found [name=a]', None, ID),
    'sahara': told(
        404, JSON_ID,
        {'error_code': 404, 'error_name': 'NOT_FOUND',
         'error_message': "Object 'a' not found"},
        'Not Found', "Object 'a' not found", None, ID),
    'blazar': told(
        404, JSON,
        {'error_name': 404, 'error_code': 404,
         'error_message': 'Object with {lease_id} not found'},
        'Not Found', 'Object with {lease_id} not found'),
    'senlin': told(
        404, JSON_ID,
        {'code': 404, 'title': 'Not Found',
         'explanation': 'The resource could not be found.',
         'error': {'code': 404, 'type': 'ResourceNotFound',
                   'message': "The cluster 'a' could not be found."}},
        'Not Found', "The cluster 'a' could not be found.", None, ID),
    'aodh': told(
        404, JSON, {'error_message': faultstring(f'Alarm {UUID} not found')},
        'Not Found', f'Alarm {UUID} not found'),
    'trove': told(
        404, JSON,
        fault('itemNotFound', 404, 'Resource a cannot be found.'),
        'Not Found', 'Resource a cannot be found.'),
    'oslo.middleware, a body that is too long': told(
        413, {'Content-Type': 'text/plain; charset=UTF-8'},
        '413 Request Entity Too Large\n\nRequest is too large.\n\n   ',
        'Request Entity Too Large', 'Request is too large.'),
}

PROBLEMS = {
    'RFC 9457, the first example': told(
        403, PROBLEM,
        {'type': 'https://example.com/probs/out-of-credit',
         'title': 'You do not have enough credit.',
         'detail': 'Your current balance is 30, but that costs 50.',
         'instance': '/account/12345/msgs/abc', 'balance': 30,
         'accounts': ['/account/12345', '/account/67890']},
        'You do not have enough credit.',
        'Your current balance is 30, but that costs 50.',
        links=(('help', 'https://example.com/probs/out-of-credit'),)),
    'RFC 9457, the second example': told(
        422, PROBLEM,
        {'type': 'https://example.net/validation-error',
         'title': 'Your request is not valid.',
         'errors': [
             {'detail': 'must be a positive integer', 'pointer': '#/age'},
             {'detail': "must be 'green', 'red' or 'blue'",
              'pointer': '#/profile/color%20of~1car'}]},
        'Your request is not valid.', '',
        links=(('help', 'https://example.net/validation-error'),),
        more=(({'pointer': '/age'}, 'must be a positive integer'),
              ({'pointer': '/profile/color of~1car'},
               "must be 'green', 'red' or 'blue'"))),
    'RFC 9457, about:blank': told(
        404, PROBLEM,
        {'type': 'about:blank', 'title': 'Not Found', 'status': 404},
        'Not Found', ''),
    'RFC 9457, nothing at all': told(
        410, PROBLEM, {}, 'Gone', ''),
    'errorkit, problem details': told(
        409, PROBLEM,
        {'type': 'https://docs.example/volume.in_use',
         'title': 'Volume in use', 'status': 409, 'detail': 'Detach it.',
         'instance': 'urn:uuid:' + ID[4:], 'code': 'volume.in_use',
         'request_id': ID, 'retry': 'after-refresh'},
        'Volume in use', 'Detach it.', 'volume.in_use', ID,
        retry='after-refresh',
        links=(('help', 'https://docs.example/volume.in_use'),)),
    'errorkit, errors': told(
        400, JSON_ID,
        {'errors': [
            {'code': 'volume.invalid', 'status': 400, 'title': 'Bad Request',
             'detail': 'Too long.', 'request_id': ID,
             'source': {'pointer': '/name'}},
            {'code': 'volume.invalid', 'status': 400, 'title': 'Bad Request',
             'detail': 'Not a number.', 'source': {'pointer': '/size'}}]},
        'Bad Request', 'Too long.', 'volume.invalid', ID,
        source={'pointer': '/name'},
        more=(({'pointer': '/size'}, 'Not a number.'),)),
    'errorkit, a bridge': told(
        429, {**COMPUTE, 'Retry-After': '30'},
        {**fault('overLimit', 429, 'Slower.', retryAfter='30'),
         'errors': [{'code': 'volume.too_fast', 'status': 429,
                     'title': 'Too Many Requests', 'detail': 'Slower.',
                     'request_id': ID, 'retry': 'later'}]},
        'Too Many Requests', 'Slower.', 'volume.too_fast', ID,
        retry='later'),
    'errorkit, HEAD': told(
        404, {**JSON_ID, 'OpenStack-Error-Code': 'volume.not_found'}, b'',
        'Not Found', '', 'volume.not_found', ID),
    'errorkit, plain text': told(
        409, TEXT,
        '409 Volume in use\n\nDetach <it>.\n\ncode: volume.in_use\n'
        f'request id: {ID}\nretry: after-refresh\n',
        'Volume in use', 'Detach <it>.', 'volume.in_use', ID,
        retry='after-refresh'),
}

FRAMEWORKS = {
    'Flask, a page': told(
        404, HTML,
        '<!doctype html>\n<html lang=en>\n<title>404 Not Found</title>\n'
        '<h1>Not Found</h1>\n<p>The requested URL was not found on the '
        'server. If you entered the URL manually please check your spelling '
        'and try again.</p>\n',
        'Not Found',
        'The requested URL was not found on the server. If you entered the '
        'URL manually please check your spelling and try again.'),
    'Flask, as its documentation has JSON': told(
        409, JSON,
        {'code': 409, 'name': 'Conflict', 'description': 'It exists.'},
        'Conflict', 'It exists.'),
    'Django, a page': told(
        404, HTML,
        '\n<!doctype html>\n<html lang="en">\n<head>\n  <title>Not Found'
        '</title>\n</head>\n<body>\n  <h1>Not Found</h1><p>The requested '
        'resource was not found on this server.</p>\n</body>\n</html>\n',
        'Not Found', 'The requested resource was not found on this server.'),
    'Django, a bug': told(
        500, HTML,
        '\n<!doctype html>\n<html lang="en">\n<head>\n  <title>Server Error '
        '(500)</title>\n</head>\n<body>\n  <h1>Server Error (500)</h1><p>'
        '</p>\n</body>\n</html>\n',
        'Internal Server Error', ''),
    'DRF, a detail': told(
        404, JSON, {'detail': 'No Volume matches the given query.'},
        'Not Found', 'No Volume matches the given query.'),
    'DRF, throttled': told(
        429, {**JSON, 'Retry-After': '42'},
        {'detail': 'Request was throttled. Expected available in 42 '
         'seconds.'},
        'Too Many Requests',
        'Request was throttled. Expected available in 42 seconds.'),
    'DRF, fields': told(
        400, JSON,
        {'name': ['This field is required.'],
         'size': ['A valid integer is required.'],
         'non_field_errors': ['The whole is wrong.']},
        'Bad Request', 'This field is required.',
        source={'pointer': '/name'},
        more=(({'pointer': '/size'}, 'A valid integer is required.'),
              (None, 'The whole is wrong.'))),
    'Falcon': told(
        409, JSON,
        {'title': 'Name exists', 'description': 'A volume has this name.',
         'code': 17, 'link': {'text': 'Documentation', 'rel': 'help',
                              'href': 'https://docs.example/17'}},
        'Name exists', 'A volume has this name.',
        links=(('help', 'https://docs.example/17'),)),
    'Falcon, only a status': told(
        404, JSON, {'title': '404 Not Found'}, 'Not Found', ''),
    'Pecan with WSME': told(
        400, JSON,
        faultstring("Invalid input for field/attribute size. Value: 'a'. "
                    'unable to convert to int'),
        'Bad Request',
        "Invalid input for field/attribute size. Value: 'a'. unable to "
        'convert to int'),
    'Pecan, a page': told(
        404, HTML,
        webob_page('404 Not Found',
                   'The resource could not be found.<br /><br />\n\n\n'),
        'Not Found', 'The resource could not be found.'),
    'FastAPI, a detail': told(
        404, JSON, {'detail': 'Item not found'}, 'Not Found',
        'Item not found'),
    'FastAPI, a model': told(
        422, JSON,
        {'detail': [
            {'type': 'missing', 'loc': ['body', 'name'],
             'msg': 'Field required', 'input': {}},
            {'type': 'int_parsing', 'loc': ['query', 'limit'],
             'msg': 'Input should be a valid integer', 'input': 'a'}]},
        'Unprocessable Entity', 'Field required',
        source={'pointer': '/name'},
        more=(({'parameter': 'limit'}, 'Input should be a valid integer'),)),
    'Starlette, text': told(
        405, TEXT, 'Method Not Allowed', 'Method Not Allowed', ''),
    'aiohttp, text': told(
        404, TEXT, '404: Not Found', 'Not Found', ''),
    'Tornado': told(
        404, HTML,
        '<html><title>404: Not Found</title><body>404: Not Found</body>'
        '</html>',
        'Not Found', ''),
    'Bottle': told(
        400, HTML,
        '<!DOCTYPE HTML PUBLIC "-//IETF//DTD HTML 2.0//EN">\n<html>\n'
        '<head><title>Error: 400 Bad Request</title></head>\n<body>\n'
        '<h1>Error: 400 Bad Request</h1>\n<pre>No name.</pre>\n</body>\n'
        '</html>\n',
        'Bad Request', 'No name.'),
    'Express': told(
        404, HTML,
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<title>Error</title>\n</head>\n<body>\n<pre>Cannot GET /v1/x</pre>'
        '\n</body>\n</html>\n',
        'Not Found', 'Cannot GET /v1/x'),
    'Express, a stack': told(
        500, HTML,
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<title>Error</title>\n</head>\n<body>\n<pre>Error: secret<br> '
        '&nbsp; &nbsp;at /srv/app.js:3:9<br> &nbsp; &nbsp;at next '
        '(/srv/route.js:144:13)</pre>\n</body>\n</html>\n',
        'Internal Server Error', ''),
    'NestJS': told(
        400, JSON,
        {'statusCode': 400, 'error': 'Bad Request',
         'message': ['name must be a string', 'size must be positive']},
        'Bad Request', 'name must be a string',
        more=((None, 'size must be positive'),)),
    'Spring Boot': told(
        404, JSON,
        {'timestamp': '2026-01-01T00:00:00.000+00:00', 'status': 404,
         'error': 'Not Found', 'path': '/v1/x'},
        'Not Found', 'Not Found'),
    'Spring Boot, a message': told(
        400, JSON,
        {'timestamp': '2026-01-01T00:00:00.000+00:00', 'status': 400,
         'error': 'Bad Request', 'message': 'The name is taken.',
         'path': '/v1/x'},
        'Bad Request', 'The name is taken.'),
    'ASP.NET, fields': told(
        400, {'Content-Type': 'application/problem+json; charset=utf-8'},
        {'type': 'https://tools.ietf.org/html/rfc9110#section-15.5.1',
         'title': 'One or more validation errors occurred.', 'status': 400,
         'errors': {'Name': ['The Name field is required.']},
         'traceId': '00-84c1fd4063c38d9f3900d06e56542d48-85d1d4-00'},
        'One or more validation errors occurred.', '',
        links=(('help',
                'https://tools.ietf.org/html/rfc9110#section-15.5.1'),),
        more=(({'pointer': '/Name'}, 'The Name field is required.'),)),
    'ASP.NET, Message': told(
        404, JSON, {'Message': 'No such controller.'}, 'Not Found',
        'No such controller.'),
    'Go': told(
        404, TEXT, '404 page not found\n', 'Not Found', ''),
    'Go, a text': told(
        400, TEXT, 'invalid size\n', 'Bad Request', 'invalid size'),
    'Rails': told(
        404, JSON, {'status': 404, 'error': 'Not Found'}, 'Not Found',
        'Not Found'),
    'Laravel': told(
        422, JSON,
        {'message': 'The name field is required.',
         'errors': {'name': ['The name field is required.']}},
        'Unprocessable Entity', 'The name field is required.',
        more=(({'pointer': '/name'}, 'The name field is required.'),)),
    'JSON:API': told(
        422, {'Content-Type': 'application/vnd.api+json'},
        {'errors': [{'status': '422', 'source': {'pointer': '/data/name'},
                     'title': 'Invalid name', 'detail': 'Too short.'}]},
        'Invalid name', 'Too short.', source={'pointer': '/data/name'}),
    'OAuth': told(
        400, JSON,
        {'error': 'invalid_grant', 'error_description': 'The code expired.'},
        'Bad Request', 'The code expired.'),
    'Kubernetes': told(
        404, JSON,
        {'kind': 'Status', 'apiVersion': 'v1', 'metadata': {},
         'status': 'Failure', 'message': 'pods "a" not found',
         'reason': 'NotFound', 'details': {'name': 'a', 'kind': 'pods'},
         'code': 404},
        'Not Found', 'pods "a" not found'),
    'Google': told(
        404, JSON,
        {'error': {'code': 404, 'message': 'The bucket does not exist.',
                   'status': 'NOT_FOUND'}},
        'Not Found', 'The bucket does not exist.'),
    'GitHub': told(
        404, JSON,
        {'message': 'Not Found', 'status': '404',
         'documentation_url': 'https://docs.github.com/rest'},
        'Not Found', 'Not Found'),
    'AWS, JSON': told(
        400, {'Content-Type': 'application/x-amz-json-1.1',
              'x-amzn-RequestId': UUID},
        {'__type': 'ResourceNotFoundException',
         'message': 'Requested resource not found'},
        'Bad Request', 'Requested resource not found'),
    'AWS, XML': told(
        403, {**XML, 'x-amz-request-id': '4442587FB7D0A2F9'},
        '<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>AccessDenied'
        '</Code><Message>Access Denied</Message><RequestId>4442587FB7D0A2F9'
        '</RequestId><HostId>a+b=</HostId></Error>',
        'Forbidden',
        'Access Denied'),
    'nginx': told(
        502, HTML, NGINX.format('502 Bad Gateway'), 'Bad Gateway', ''),
    'nginx, 504': told(
        504, HTML, NGINX.format('504 Gateway Time-out'), 'Gateway Timeout',
        ''),
    'haproxy': told(
        503, {'Content-Type': 'text/html'},
        '<html><body><h1>503 Service Unavailable</h1>\nNo server is '
        'available to handle this request.\n</body></html>\n',
        'Service Unavailable',
        'No server is available to handle this request.'),
    'Apache': told(
        404, HTML,
        APACHE.format(404, 'Not Found',
                      'The requested URL was not found on this server.'),
        'Not Found', 'The requested URL was not found on this server.'),
    'Apache, a proxy': told(
        503, HTML,
        APACHE.format(503, 'Service Unavailable',
                      'The server is temporarily unable to service your\n'
                      'request due to maintenance downtime or capacity\n'
                      'problems. Please try again later.'),
        'Service Unavailable',
        'The server is temporarily unable to service your request due to '
        'maintenance downtime or capacity problems. Please try again later.'),
    'Envoy': told(
        503, TEXT, 'no healthy upstream', 'Service Unavailable',
        'no healthy upstream'),
    'gunicorn': told(
        400, HTML,
        '<html>\n  <head>\n    <title>Bad Request</title>\n  </head>\n  '
        '<body>\n    <h1><p>Bad Request</p></h1>\n    Invalid header\n  '
        '</body>\n</html>\n',
        'Bad Request', 'Invalid header'),
    'uwsgi, nothing': told(500, {}, b'', 'Internal Server Error', ''),
}

ALL = {**OPENSTACK, **PROBLEMS, **FRAMEWORKS}
