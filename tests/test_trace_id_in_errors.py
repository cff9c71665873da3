# SPDX-License-Identifier: Apache-2.0
"""By option, an error names the trace that the client's request is of."""

import json

import pytest
import webob.exc
from assertions import ask, assert_error

import errorkit
from errorkit import Error, MultiError
from errorkit.exceptions import ConfigError

TRACE_ID = '0af7651916cd43dd8448eb211c80319c'
TRACEPARENT = f'00-{TRACE_ID}-b7ad6b7169203331-01'


def refused(headers=(), raised=None, **options):
    def application(environ, start_response):
        raise raised or webob.exc.HTTPConflict('full', comment='volume.full')

    return ask(
        errorkit.wrap(application, service_type='volume', **options),
        headers=headers)


def test_an_error_has_the_trace_where_the_option_says_so():
    reply = refused({'traceparent': TRACEPARENT}, show_trace_id=True)
    assert_error(reply, status=409, code='volume.full')
    assert json.loads(reply.body)['errors'][0]['trace_id'] == TRACE_ID


@pytest.mark.parametrize(('headers', 'options'), [
    ({'traceparent': TRACEPARENT}, {}),
    ({}, {'show_trace_id': True}),
    ({'traceparent': 'nonsense'}, {'show_trace_id': True}),
])
def test_an_error_has_none_by_default_nor_where_the_client_sent_none(
    headers, options
):
    reply = refused(headers, **options)
    assert 'trace_id' not in json.loads(reply.body)['errors'][0]


def test_a_trace_that_the_author_gave_stays():
    own = MultiError([
        Error(409, 'Full', 'full', 'volume.full', trace_id='his'),
        Error(400, 'Bad', 'bad', 'volume.bad')])
    reply = refused({'traceparent': TRACEPARENT}, own, show_trace_id=True)
    assert [one['trace_id'] for one in json.loads(reply.body)['errors']] == [
        'his', TRACE_ID]


def test_a_bad_choice_is_named_at_once():
    with pytest.raises(ConfigError, match='show_trace_id'):
        errorkit.wrap(None, service_type='volume', show_trace_id='yes')
