# SPDX-License-Identifier: Apache-2.0
"""The JSON formats: what each writes, reads back, loses, and who gets it."""

import dataclasses
import json

import pytest
import webob
import webob.exc
from assertions import GLOBAL_ID, ask, assert_error
from hypothesis import given
from hypothesis import strategies as st

import errorkit
from errorkit import error, formats, keys
from errorkit.exceptions import ConfigError
from errorkit.formats import api_sig, bridge, compute, problem
from errorkit.formats.formatter import Formatter

TEXT = st.text(st.characters(exclude_categories=()), max_size=40)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | TEXT,
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=6,
)
NO_PLACE = {'type', 'instance', 'errors'}
ERRORS = st.builds(
    errorkit.Error,
    status=st.integers(400, 599),
    title=TEXT,
    detail=TEXT,
    code=st.none() | st.just('volume.name_exists'),
    request_id=st.none() | st.just(GLOBAL_ID) | TEXT.filter(bool),
    links=st.lists(st.tuples(TEXT, TEXT), max_size=2).map(tuple),
    source=st.none()
    | st.dictionaries(
        st.sampled_from(['pointer', 'parameter', 'header']), TEXT, min_size=1
    ),
    retry=st.none() | st.sampled_from(['never', 'same', 'later']),
    max_version=st.none() | st.just('1.39'),
    min_version=st.none() | st.just('1.0'),
    trace_id=st.none() | TEXT.filter(bool),
    extra=st.none()
    | st.dictionaries(
        TEXT.filter(lambda name: name not in api_sig.RESERVED | NO_PLACE),
        JSON,
        min_size=1,
        max_size=3,
    ),
)
SEVERAL = st.lists(ERRORS, min_size=1, max_size=3).map(tuple)


def example(status=404, detail='No volume <x>.', **members):
    """Return an error with all that the formats show."""
    return errorkit.Error(
        status,
        error.title_of(status),
        detail,
        'volume.not_found',
        GLOBAL_ID,
        **members,
    )


@pytest.mark.parametrize('format', [api_sig, bridge, problem])
@given(errors=SEVERAL)
def test_what_carries_everything_is_read_back_equal(format, errors):
    assert format.load(json.loads(format.dump(errors))) == errors


@given(errors=SEVERAL)
def test_a_fault_carries_status_and_text_of_the_first(errors):
    [loaded] = compute.load(json.loads(compute.dump(errors)))
    assert loaded == errorkit.Error(
        errors[0].status, error.title_of(errors[0].status), errors[0].detail
    )


def test_that_there_were_more_is_said_and_not_read_back():
    errors = (example(), example())
    for format in (api_sig, bridge, problem):
        body = json.loads(format.dump(errors, True))
        assert body['errors'][-1]['truncated'] is True
        assert format.load(body) == errors


def test_the_extra_members_that_problem_details_have_no_place_for_are_lost():
    given = example(
        extra={'type': 'x', 'instance': 'y', 'errors': [1], 'a': 1}
    )
    [loaded] = problem.load(json.loads(problem.dump([given])))
    assert loaded == dataclasses.replace(given, extra={'a': 1})


@pytest.mark.parametrize(
    'data',
    [
        None,
        [],
        {},
        {'errors': []},
        {'errors': {}},
        {'errors': [1]},
        {'errors': [{'status': '404', 'title': 'a', 'detail': 'b'}]},
        {'errors': [{'status': True, 'title': 'a', 'detail': 'b'}]},
        {'errors': [{'status': 200, 'title': 'a', 'detail': 'b'}]},
        {'errors': [{'status': 404, 'title': 'a'}]},
        {'errors': [{'status': 404, 'title': 'a', 'detail': ['b']}]},
        {'errors': [{'status': 404, 'title': 'a', 'detail': 'b', 'code': 1}]},
        {'errors': [{'status': 404, 'title': 'a', 'detail': 'b',
                     'links': 1}]},
        {'errors': [{'status': 404, 'title': 'a', 'detail': 'b',
                     'links': [{'rel': 'help'}]}]},
        {'errors': [{'status': 404, 'title': 'a', 'detail': 'b',
                     'source': {'pointer': 1}}]},
        {'itemNotFound': {'code': 404}},
        {'itemNotFound': {'code': '404', 'message': 'x'}},
        {'itemNotFound': {'code': 404, 'message': 'x', 'trace': 'y'}},
        {'error': {'code': 404, 'message': 'x'}},
        {'itemNotFound': {'code': 404, 'message': 'x'}, 'errors': []},
    ],
)  # fmt: skip
def test_what_is_nearly_ours_is_not_ours(data):
    assert api_sig.load(data) is None
    assert bridge.load(data) is None
    assert compute.load(data) is None


FAULTS = [
    (400, 'badRequest'),
    (401, 'unauthorized'),
    (403, 'forbidden'),
    (404, 'itemNotFound'),
    (405, 'badMethod'),
    (406, 'computeFault'),
    (409, 'conflictingRequest'),
    (413, 'overLimit'),
    (415, 'badMediaType'),
    (422, 'computeFault'),
    (429, 'overLimit'),
    (500, 'computeFault'),
    (501, 'notImplemented'),
    (502, 'computeFault'),
    (503, 'serviceUnavailable'),
]


def service(raised, **options):
    """Return a wrapped service that raises an error."""

    def application(environ, start_response):
        raise raised

    return errorkit.wrap(application, service_type='compute', **options)


@pytest.mark.parametrize(('status', 'name'), FAULTS)
def test_a_fault_has_the_name_of_its_status(status, name):
    raised = webob.exc.status_map[status]
    if status == 500:
        raised = ValueError
    reply = ask(service(raised('x'), format='compute'))
    assert reply.status_int == status
    assert reply.one('Content-Type') == 'application/json'
    assert list(reply.json) == [name]
    fault = reply.json[name]
    assert list(fault) == ['code', 'message']
    assert fault['code'] == status
    if status == 500:
        assert fault['message'] == error.FAULT_DETAIL
    else:
        assert fault['message'] == 'x'


def test_a_fault_of_an_author_who_gave_an_explanation_has_that_text():
    raised = webob.exc.HTTPNotFound(explanation='Instance 1 is gone.')
    reply = ask(service(raised, format='compute'))
    assert reply.json == {
        'itemNotFound': {'code': 404, 'message': 'Instance 1 is gone.'}
    }


@pytest.mark.parametrize('status', [413, 429])
@pytest.mark.parametrize('format', ['compute', 'bridge'])
def test_over_limit_says_when_to_try_again(status, format):
    raised = webob.exc.status_map[status](
        'Slow down.', headers=[('Retry-After', '30')]
    )
    reply = ask(service(raised, format=format))
    assert reply.one('Retry-After') == '30'
    assert reply.json['overLimit'] == {
        'code': status,
        'message': 'Slow down.',
        'retryAfter': '30',
    }


def test_other_faults_do_not():
    raised = webob.exc.HTTPServiceUnavailable(headers=[('Retry-After', '30')])
    reply = ask(service(raised, format='compute'))
    assert reply.one('Retry-After') == '30'
    assert 'retryAfter' not in reply.json['serviceUnavailable']


def test_the_name_of_the_other_faults_can_be_chosen():
    application = service(
        ValueError(), format='compute', compute_fault='volumeFault'
    )
    assert list(ask(application).json) == ['volumeFault']


@pytest.mark.parametrize('name', ['', 'a b', 'a"', 'f\xe9', 1, None])
def test_what_is_no_name_cannot_be_that_of_a_fault(name):
    with pytest.raises(ConfigError) as raised:
        service(ValueError(), compute_fault=name)
    assert raised.value.option == 'compute_fault'


def test_the_bridge_holds_the_fault_first_and_the_errors_second():
    raised = webob.exc.HTTPNotFound('No <x>.', comment='compute.not_found')
    reply = ask(service(raised, format='bridge'))
    assert list(reply.json) == ['itemNotFound', 'errors']
    assert reply.json['itemNotFound'] == {'code': 404, 'message': 'No <x>.'}
    [shown] = reply.json['errors']
    assert shown['code'] == 'compute.not_found'
    assert shown['detail'] == 'No <x>.'
    assert shown['request_id'] == reply.one('X-Openstack-Request-Id')


def test_problem_details_are_for_who_names_them():
    raised = webob.exc.HTTPNotFound('No <x>.', comment='compute.not_found')
    reply = ask(
        service(raised), headers={'Accept': 'application/problem+json'}
    )
    assert reply.one('Content-Type') == 'application/problem+json'
    request_id = reply.one('X-Openstack-Request-Id')
    assert reply.json == {
        'type': 'about:blank',
        'title': 'Not Found',
        'status': 404,
        'detail': 'No <x>.',
        'instance': f'urn:uuid:{request_id[4:]}',
        'code': 'compute.not_found',
        'request_id': request_id,
    }
    assert 'accept' in reply.vary()


def test_the_type_of_a_problem_is_its_help_page():
    catalog = errorkit.Catalog('compute', help_base='https://h.example/')
    code = catalog.define('compute.not_found', status=404)
    reply = ask(
        service(webob.exc.HTTPNotFound(comment=code), catalog=catalog),
        headers={'Accept': 'application/problem+json'},
    )
    assert reply.json['type'] == 'https://h.example/compute.not_found'
    assert 'links' not in reply.json


@pytest.mark.parametrize(
    ('accept', 'kind'),
    [
        ('application/problem+json', 'application/problem+json'),
        ('application/json, application/problem+json',
         'application/problem+json'),
        ('application/problem+json, */*;q=0.1', 'application/problem+json'),
        ('Application/Problem+JSON;charset=utf-8',
         'application/problem+json'),
        ('application/problem+json, text/html;q=0.9',
         'application/problem+json'),
        ('application/json, application/problem+json;q=0.5',
         'application/json'),
        ('text/html, application/problem+json;q=0.5', 'text/html'),
        ('application/problem+json;q=0', 'application/json'),
        ('application/*', 'application/json'),
        ('*/*', 'application/json'),
        ('application/problem+xml', 'application/json'),
        ('application/vnd.example+json', 'application/json'),
    ],
)  # fmt: skip
@pytest.mark.parametrize('format', ['errors', 'compute', 'bridge'])
def test_naming_problem_details_is_what_counts(accept, kind, format):
    reply = ask(
        service(webob.exc.HTTPNotFound(), format=format),
        headers={'Accept': accept},
    )
    assert reply.one('Content-Type').partition(';')[0] == kind


def members_of(path, **options):
    application = service(webob.exc.HTTPNotFound(), **options)
    return sorted(ask(application, path).json)


@pytest.mark.parametrize(
    ('path', 'members'),
    [
        ('/', ['errors']),
        ('/v2.1', ['itemNotFound']),
        ('/v2.1/servers', ['itemNotFound']),
        ('/v2.10', ['errors']),
        ('/v2.1/servers/x', ['itemNotFound']),
        ('/v2.1/bridge', ['errors', 'itemNotFound']),
        ('/v2.1/bridge/x', ['errors', 'itemNotFound']),
        ('/v3/messages', ['errors', 'itemNotFound']),
    ],
)
def test_a_path_prefix_chooses_the_format(path, members):
    format = {
        '/v2.1/bridge': 'bridge',
        '/v2.1': 'compute',
        '/v3/': 'bridge',
    }
    assert members_of(path, format=format) == members


def test_where_the_service_is_mounted_is_part_of_the_path():
    application = service(
        webob.exc.HTTPNotFound(), format={'/compute/v2': 'compute'}
    )
    reply = ask(application, '/v2/x', environ={'SCRIPT_NAME': '/compute'})
    assert list(reply.json) == ['itemNotFound']


def test_a_function_chooses_the_format():
    def choose(environ):
        return environ['HTTP_X_FORMAT']

    application = service(webob.exc.HTTPNotFound(), format=choose)
    for name, members in (
        ('errors', ['errors']),
        ('compute', ['itemNotFound']),
        ('bridge', ['itemNotFound', 'errors']),
    ):
        reply = ask(application, headers={'X-Format': name})
        assert list(reply.json) == members


@pytest.mark.parametrize('headers', [{}, {'X-Format': 'yaml'}])
def test_a_function_that_fails_leaves_the_usual_format(headers, caplog):
    application = service(
        webob.exc.HTTPNotFound('secret-of-the-function'),
        format=lambda environ: environ['HTTP_X_FORMAT'],
    )
    reply = ask(application, headers=headers)
    assert_error(reply, status=404, code='compute.undefined_code')
    assert 'could not be chosen' in caplog.text


@pytest.mark.parametrize(
    'format',
    ['yaml', 'problem', '', None, 3, {'v2': 'compute'}, {'/v2': 'x'}],
)
def test_another_format_is_refused_at_start(format):
    with pytest.raises(ConfigError) as raised:
        service(ValueError(), format=format)
    assert raised.value.option == 'format'


def test_webobs_json_formatter_speaks_the_format_of_the_service():
    def application(environ, start_response):
        error = webob.exc.HTTPConflict(
            'Taken.',
            comment='compute.taken',
            json_formatter=errorkit.json_error_formatter,
        )
        return error(environ, start_response)

    wrapped = errorkit.wrap(
        application, service_type='compute', format='bridge'
    )
    reply = ask(wrapped, headers={'Accept': 'application/json'})
    assert list(reply.json) == ['conflictingRequest', 'errors']
    assert reply.json['errors'][0]['code'] == 'compute.taken'


def test_the_code_is_gated_in_every_format():
    raised = webob.exc.HTTPConflict('x', comment='compute.taken')
    options = {'versions': '2.1-2.90', 'code_version': '2.50'}
    for old, accept in ((True, None), (False, None), (True, 'problem'),
                        (False, 'problem')):
        headers = {
            'OpenStack-API-Version': f'compute 2.{49 if old else 50}',
            'Accept': 'application/problem+json' if accept else '*/*',
        }
        body = ask(
            service(raised, format='bridge', **options), headers=headers
        ).json
        shown = body if accept else body['errors'][0]
        assert ('code' in shown) == (not old)


@given(errors=SEVERAL, kind=st.sampled_from(
    ['errors', 'compute', 'bridge', 'problem', 'html', 'text']))
def test_every_format_is_read_back_by_the_one_reader(errors, kind):
    content_type, _, body = formats.dump(kind, errors)
    [first, *_] = formats.load(errors[0].status, content_type, body)
    assert first.status == errors[0].status


class Unreadable(dict):
    """What no format can write."""

    def items(self):
        raise ValueError('secret of a member')


@pytest.mark.parametrize(
    ('format', 'members'),
    [
        ('errors', ['errors']),
        ('bridge', ['volumeFault', 'errors']),
    ],
)
def test_the_last_resort_speaks_the_format_too(format, members):
    unreadable = example(409, extra=Unreadable(a=1))
    reply = ask(
        service(
            errorkit.MultiError([unreadable]),
            format=format,
            compute_fault='volumeFault',
        )
    )
    assert reply.status_int == 500
    assert list(reply.json) == members
    assert 'secret' not in reply.text
    [entry] = reply.json['errors']
    assert entry['request_id'] == reply.one('X-Openstack-Request-Id')


def test_the_last_resort_of_compute_is_a_fault():
    formatter = Formatter('compute', format='compute')
    _, _, body = formatter.constant({keys.REQUEST_ID: GLOBAL_ID})
    assert list(json.loads(body)) == ['computeFault']
    assert json.loads(body)['computeFault']['code'] == 500


@pytest.mark.parametrize(
    ('option', 'value'),
    [
        ('show_upstream', 'false'),
        ('code_header', None),
        ('max_detail', True),
        ('default_codes', ['x']),
        ('default_codes', {'404': 'compute.x'}),
        ('default_codes', {200: 'compute.x'}),
        ('observers', 5),
        ('observers', [5]),
    ],
)
def test_an_option_of_another_type_is_refused_by_its_name(option, value):
    with pytest.raises(ConfigError) as raised:
        service(ValueError(), **{option: value})
    assert raised.value.option == option


@pytest.mark.parametrize(
    'errors',
    [
        [errorkit.Error(200, 'a', 'b')],
        [errorkit.Error('404', 'a', 'b')],
        [errorkit.Error(404, 'a', 'b'), errorkit.Error(700, 'a', 'b')],
        [webob.exc.HTTPFound(location='/')],
        [ValueError()],
    ],
)
def test_several_errors_are_errors_each(errors):
    with pytest.raises(ValueError, match='400 to 599'):
        errorkit.MultiError(errors)


def test_errors_of_other_services_that_are_hidden_do_not_count():
    upstream = error.UpstreamError(404, 'x', 'y')
    own = [example(detail=f'{number}') for number in range(25)]
    raised = errorkit.MultiError([own[0], *[upstream] * 30, *own[1:]])
    entries = ask(service(raised)).json['errors']
    assert [entry['detail'] for entry in entries] == [
        f'{number}' for number in range(20)
    ]
    assert entries[-1]['truncated'] is True


def test_an_extra_member_without_a_text_is_null():
    members = {'a': object(), 'b': ValueError('secret'), 'c': [KeyError('s')]}
    [entry] = ask(
        service(errorkit.MultiError([example(extra=members)]))
    ).json['errors']
    assert (entry['a'], entry['b'], entry['c']) == (None, None, [None])
