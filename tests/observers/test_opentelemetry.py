# SPDX-License-Identifier: Apache-2.0
"""The live server span has the ids, the status, the code and the bug."""

import functools
import logging
import re
import subprocess
import sys

import apps
import assertions
import observed_shop as shop
import pytest
import webob.dec
import webob.exc
from apps import request, serve
from opentelemetry import trace
from opentelemetry.instrumentation.wsgi import OpenTelemetryMiddleware
from opentelemetry.metrics import NoOpMeterProvider
from opentelemetry.sdk.trace import TracerProvider, sampling
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import (
    InMemorySpanExporter,
)

import errorkit
from errorkit import keys
from errorkit.exceptions import ConfigError
from errorkit.observers import Observers, of_failure, opentelemetry
from errorkit.observers.opentelemetry import SpanErrors, Spans

ERROR, UNSET = trace.StatusCode.ERROR, trace.StatusCode.UNSET
TRACE_ID = '0af7651916cd43dd8448eb211c80319c'
TRACEPARENT = f'00-{TRACE_ID}-b7ad6b7169203331-01'


class Traced:
    """The service and an OpenTelemetry SDK, one around the other."""

    def __init__(self, place='outside', inner=shop.routed, sampled=True,
                 **options):
        self.exporter = InMemorySpanExporter()
        provider = TracerProvider(
            sampler=sampling.ALWAYS_ON if sampled else sampling.ALWAYS_OFF)
        provider.add_span_processor(SimpleSpanProcessor(self.exporter))
        self.tracer = provider.get_tracer('test')
        instrumented = functools.partial(
            OpenTelemetryMiddleware, tracer_provider=provider,
            meter_provider=NoOpMeterProvider())
        options = {'service_type': 'shop', 'catalog': shop.CODES,
                   'observers': [SpanErrors()], **options}
        #: What the innermost application found in environ.
        self.seen = {}

        def application(environ, start_response):
            self.seen = dict(environ)
            return inner(environ, start_response)

        if place == 'inside':
            self.application = errorkit.wrap(
                instrumented(Spans(application)), **options)
        else:
            self.application = Spans(errorkit.wrap(application, **options))
            if place == 'outside':
                self.application = instrumented(self.application)

    def serve(self, path, **more):
        """Serve a request."""
        return serve(self.application, request(path, **more))

    def span(self):
        """Return the one span that was finished."""
        [span] = self.exporter.get_finished_spans()
        return span


def ours(span):
    """Return the exceptions on a span that errorkit has recorded."""
    return [event.attributes for event in span.events
            if event.name == 'exception'
            and 'exception.escaped' not in event.attributes]


@pytest.fixture(params=['outside', 'inside'])
def traced(request):
    return Traced(request.param)


# -- what a span is told, wherever it was made

def test_a_success_has_the_status_and_both_ids(traced):
    exchange = traced.serve(
        '/ok', x_openstack_request_id=assertions.GLOBAL_ID)
    span = traced.span()
    assert span.attributes['http.response.status_code'] == 200
    assert span.attributes['openstack.request_id'] == exchange.request_id
    assert (span.attributes['openstack.global_request_id']
            == assertions.GLOBAL_ID)
    assert 'error.type' not in span.attributes
    assert span.status.status_code is UNSET
    assert not span.events


def test_a_409_has_its_code_and_is_no_failure_of_the_server(traced):
    exchange = traced.serve('/conflict')
    span = traced.span()
    assert span.attributes['error.type'] == 'shop.name_exists'
    assert span.attributes['http.response.status_code'] == 409
    assert span.attributes['openstack.request_id'] == exchange.request_id
    assert 'openstack.global_request_id' not in span.attributes
    assert span.status.status_code is UNSET
    assert not span.events


def test_a_503_has_its_code_and_is_a_failure(traced):
    traced.serve('/closed')
    span = traced.span()
    assert span.attributes['error.type'] == 'shop.closed'
    assert span.attributes['http.response.status_code'] == 503
    assert span.status.status_code is ERROR
    assert not ours(span)


def test_a_bug_has_a_code_and_its_exception(traced):
    exchange = traced.serve('/bug')
    assert exchange.code == 500
    span = traced.span()
    assert span.attributes['error.type'] == 'shop.undefined_code'
    assert span.attributes['http.response.status_code'] == 500
    assert span.attributes['openstack.request_id'] == exchange.request_id
    assert span.status.status_code is ERROR
    [recorded] = ours(span)
    assert recorded['exception.type'] == 'observed_shop.Broken'
    assert recorded['exception.message'].startswith('no login with')
    assert 'shop.py' in recorded['exception.stacktrace']


def test_what_is_recorded_holds_no_secret(traced):
    traced.serve('/bug', x_auth_token=shop.TOKEN, cookie=shop.TOKEN)
    span = traced.span()
    assert shop.PASSWORD not in str(ours(span))
    assert 'today' in str(ours(span))
    assert shop.TOKEN not in span.to_json()


def test_a_stream_that_breaks_off_is_recorded_while_the_span_lives(traced):
    exchange = traced.serve('/breaks')
    assert isinstance(exchange.raised, shop.Broken)
    span = traced.span()
    assert span.attributes['error.type'] == 'shop.undefined_code'
    assert span.attributes['http.response.status_code'] == 200
    assert span.attributes['openstack.request_id'] == exchange.request_id
    assert span.status.status_code is ERROR
    [recorded] = ours(span)
    assert recorded['exception.type'] == 'observed_shop.Broken'
    assert shop.PASSWORD not in str(recorded)


def test_a_stream_that_ends_well_is_told_as_a_success(traced):
    exchange = traced.serve('/stream')
    span = traced.span()
    assert exchange.chunks == [b'1\n', b'2\n']
    assert span.attributes['http.response.status_code'] == 200
    assert span.status.status_code is UNSET


def test_another_layers_error_has_its_status_for_a_type(traced):
    traced.serve('/foreign/404')
    span = traced.span()
    assert span.attributes['http.response.status_code'] == 404
    # Inside FaultWrapper nobody has given it a code yet.
    assert span.attributes['error.type'] in ('404', 'shop.undefined_code')


# -- errors raised past the instrumentation, to FaultWrapper outside

@pytest.mark.parametrize(('raised', 'status', 'kind'), [
    (webob.exc.HTTPConflict('x', comment=shop.NAME_EXISTS), 409,
     'shop.name_exists'),
    (webob.exc.HTTPFound(location='/elsewhere'), 302, None),
    (shop.Broken('x'), 500, 'shop.undefined_code'),
])
def test_what_is_raised_past_the_span_is_told_as_it_is_answered(
        raised, status, kind):
    traced = Traced('inside', apps.raising_at_once(raised))
    assert traced.serve('/').code == status
    span = traced.span()
    assert span.attributes['http.response.status_code'] == status
    assert span.attributes.get('error.type') == kind
    assert len(ours(span)) == (status == 500)


def test_an_exception_that_lies_about_itself_is_a_bug():
    class Lying(webob.exc.HTTPConflict):
        @property
        def headerlist(self):
            raise shop.Broken('no')

    traced = Traced('inside', apps.raising_at_once(Lying('x')))
    assert traced.serve('/').code == 500
    assert traced.span().attributes['http.response.status_code'] == 500


def test_a_plain_webob_handler_tells_at_least_the_status():
    @webob.dec.wsgify
    def conflicts(req):
        raise webob.exc.HTTPConflict('x', comment=shop.NAME_EXISTS)

    for place in ('inside', 'outside'):
        traced = Traced(place, conflicts)
        traced.serve('/')
        attributes = traced.span().attributes
        assert attributes['http.response.status_code'] == 409
        assert attributes['error.type'] == (
            'shop.name_exists' if place == 'outside' else '409')


# -- the trace, for all that is inside

def test_the_live_span_takes_the_place_of_the_clients_header(traced):
    traced.serve('/ok', traceparent=TRACEPARENT, tracestate='a=1')
    span = traced.span()
    assert f'{span.context.trace_id:032x}' == TRACE_ID
    assert traced.seen[keys.HTTP_TRACEPARENT] == (
        f'00-{TRACE_ID}-{span.context.span_id:016x}-01')
    assert traced.seen[keys.HTTP_TRACESTATE] == 'a=1'


def test_a_trace_begun_here_is_handed_on_too(traced):
    traced.serve('/ok', tracestate='of=another')
    span = traced.span()
    assert traced.seen[keys.HTTP_TRACEPARENT].startswith(
        f'00-{span.context.trace_id:032x}-{span.context.span_id:016x}-0')
    assert keys.HTTP_TRACESTATE not in traced.seen


def test_no_id_is_ever_zero(traced):
    for path in ('/ok', '/conflict', '/bug', '/breaks'):
        traced.serve(path)
        assert re.fullmatch('00-[0-9a-f]{32}-[0-9a-f]{16}-0[13]',
                            traced.seen[keys.HTTP_TRACEPARENT])
        assert not re.search('-0+(-|$)', traced.seen[keys.HTTP_TRACEPARENT])
    for span in traced.exporter.get_finished_spans():
        assert span.context.trace_id and span.context.span_id


def test_a_trace_that_is_not_sampled_is_handed_on_all_the_same():
    traced = Traced(sampled=False)
    assert traced.serve('/bug', traceparent=TRACEPARENT).code == 500
    assert traced.exporter.get_finished_spans() == ()
    assert TRACE_ID in traced.seen[keys.HTTP_TRACEPARENT]


# -- no span

@pytest.mark.parametrize('path', ['/ok', '/conflict', '/bug', '/breaks'])
def test_without_a_span_nothing_happens(path):
    traced = Traced('none')
    bare = serve(shop.stack(), request(path))
    exchange = traced.serve(path)
    assert exchange.code == bare.code
    assert len(exchange.body) == len(bare.body)
    assert keys.HTTP_TRACEPARENT not in traced.seen
    assert traced.exporter.get_finished_spans() == ()


def test_without_a_span_the_clients_header_stays():
    traced = Traced('none')
    traced.serve('/ok', traceparent='whatever', tracestate='a=1')
    assert traced.seen[keys.HTTP_TRACEPARENT] == 'whatever'
    assert traced.seen[keys.HTTP_TRACESTATE] == 'a=1'


@pytest.mark.parametrize('application', [
    apps.a_list, apps.a_tuple, apps.a_streamed_body, apps.a_generator,
    apps.a_lazy_generator, apps.a_file, apps.one_write,
    apps.writes_and_a_body, apps.no_chunks, apps.a_body_with_len,
    apps.not_modified, apps.a_redirect])
@pytest.mark.parametrize('is_live', [True, False])
def test_what_the_application_answers_is_not_changed(application, is_live):
    bare = serve(application)
    spans = Spans(application)
    tracer = Traced().tracer
    if is_live:
        with tracer.start_as_current_span('live') as span:
            exchange = serve(spans)
        assert span.attributes['http.response.status_code'] == bare.code
    else:
        exchange = serve(spans)
    assert (exchange.status, exchange.headers, exchange.chunks) == (
        bare.status, bare.headers, bare.chunks)
    assert exchange.seen.closed == bare.seen.closed


def test_alone_it_tells_of_a_stream_that_broke_off():
    tracer = Traced().tracer
    with tracer.start_as_current_span('live') as span:
        serve(Spans(apps.raises_after_a_chunk))
    assert span.attributes['error.type'] == 'apps.Boom'
    assert span.status.status_code is ERROR


# -- workers

def test_a_workers_span_gets_the_exception_of_a_failed_action():
    traced = Traced()
    observers = Observers([SpanErrors()])
    raised = shop.fail()
    with traced.tracer.start_as_current_span('work') as span:
        observers.tell(
            of_failure(raised, kind='action', service='shop'), raised)
    [recorded] = ours(span)
    assert recorded['exception.type'] == 'observed_shop.Broken'
    assert shop.PASSWORD not in str(recorded)
    assert 'http.response.status_code' not in span.attributes


# -- failures, options, extras

def test_a_span_that_fails_changes_no_response(caplog):
    class FailingSpan(trace.NonRecordingSpan):
        def is_recording(self):
            return True

        def set_attributes(self, attributes):
            raise shop.Broken('exporter')

    context = trace.SpanContext(1, 2, False)
    with trace.use_span(FailingSpan(context), record_exception=False):
        spans = Spans(shop.stack(observers=[SpanErrors()]))
        for path, status in (
                ('/ok', 200), ('/stream', 200), ('/conflict', 409),
                ('/bug', 500)):
            exchange = serve(spans, request(path))
            assert exchange.raised is None
            assert exchange.code == status
        assert isinstance(
            serve(spans, request('/breaks')).raised, shop.Broken)
    said = [one for one in caplog.records if one.levelno >= logging.ERROR
            and one.name == 'errorkit.observers.opentelemetry']
    assert len(said) == 1


def test_paste_makes_the_layer():
    layer = opentelemetry.paste_filter({})
    assert isinstance(layer(shop.stack()), Spans)
    with pytest.raises(ConfigError, match=r'errorkit#opentelemetry.*colour'):
        opentelemetry.paste_filter({}, colour='red')


def test_a_missing_extra_is_named():
    code = (
        'import sys; sys.modules["opentelemetry"] = None\n'
        'try:\n'
        '    import errorkit.observers.opentelemetry\n'
        'except ImportError as exc:\n'
        '    print(exc)\n')
    found = subprocess.run([sys.executable, '-c', code], check=True,
                           capture_output=True, text=True).stdout
    assert "pip install 'errorkit[opentelemetry]'" in found


def test_the_api_alone_is_enough():
    code = (
        'import sys; sys.modules["opentelemetry.sdk"] = None\n'
        'import errorkit.observers.opentelemetry\n'
        'print([name for name in sys.modules if "sdk" in name\n'
        '       and name.startswith("opentelemetry") and sys.modules[name]])')
    found = subprocess.run([sys.executable, '-c', code], check=True,
                           capture_output=True, text=True).stdout
    assert found == '[]\n'
