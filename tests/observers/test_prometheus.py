# SPDX-License-Identifier: Apache-2.0
"""Requests and errors are counted, under labels that no client can add to."""

import collections
import gzip
import logging
import random
import string
import subprocess
import sys
import threading
import time

import apps
import assertions
import observed_shop as shop
import pytest
import webob.exc
import workers
from apps import request, serve
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import openmetrics
from prometheus_client.mmap_dict import MmapedDict
from prometheus_client.openmetrics import parser as openmetrics_parser
from prometheus_client.parser import text_string_to_metric_families

import errorkit
from errorkit.exceptions import ConfigError
from errorkit.observers import prometheus
from errorkit.observers.prometheus import Metrics, MetricsPage, series


def samples(text):
    """Return the numbers of a page, by name and labels."""
    found = collections.Counter()
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            labels = tuple(sorted(sample.labels.items()))
            assert (sample.name, labels) not in found
            found[sample.name, labels] = sample.value
    return found


class Service:
    """The service with a registry of its own, and what it has counted."""

    def __init__(self, **options):
        self.registry = shop.fresh()
        self.application = shop.counted(registry=self.registry, **options)

    def ask(self, path='/', **given):
        """Answer a request, under the rules of PEP 3333."""
        return assertions.ask(self.application, path, **given)

    def numbers(self):
        """Return all numbers, by name and labels, read from the page."""
        return samples(self.ask('/metrics').text)

    def number(self, name, **labels):
        """Return one number."""
        return self.numbers()[name, tuple(sorted(labels.items()))]

    def errors(self):
        """Return the errors that were counted, by code and status."""
        return {
            (dict(labels)['code'], dict(labels)['status']): value
            for (name, labels), value in self.numbers().items()
            if name == 'errorkit_errors_total' and value
        }


@pytest.fixture
def service():
    return Service()


def test_requests_are_counted_by_method_and_class_of_status(service):
    for _ in range(3):
        service.ask('/volumes')
    service.ask('/volumes', method='POST')
    service.ask('/conflict')
    service.ask('/bug')

    def count(method, status):
        return service.number(
            'errorkit_requests_total', method=method, status=status)

    assert count('GET', '2xx') == 3
    assert count('POST', '2xx') == 1
    assert count('GET', '4xx') == 1
    assert count('GET', '5xx') == 1


def test_a_method_nobody_knows_is_counted_as_other(service):
    serve(service.application, request(method='BREW'))
    serve(service.application, request(method='get'))
    assert service.number('errorkit_requests_total',
                          method='other', status='2xx') == 2


def test_errors_are_counted_by_declared_code_and_status(service):
    service.ask('/conflict')
    service.ask('/conflict')
    service.ask('/closed')
    service.ask('/bug')
    assert service.errors() == {
        ('shop.name_exists', '409'): 2,
        ('shop.closed', '503'): 1,
        ('shop.undefined_code', '500'): 1,
    }


def test_a_code_that_is_not_declared_is_counted_as_other(service):
    service.ask('/undeclared/made.up')
    assert service.errors() == {('other', '409'): 1}


def test_a_declared_code_with_another_status_is_counted_as_other(service):
    service.ask('/undeclared/closed')
    assert service.errors() == {('other', '409'): 1}


def test_a_renamed_code_is_counted_under_its_own_name():
    catalog = errorkit.Catalog('old')
    catalog.define('old.taken', status=409, renames={'1.5': 'old.in_use'})

    def conflicts(req):
        raise webob.exc.HTTPConflict('x', comment='old.in_use')

    registry = shop.fresh()
    metrics = Metrics(
        errorkit.wrap(errorkit.wsgify(conflicts), service_type='old',
                      catalog=catalog),
        catalog=catalog, registry=registry)
    serve(metrics)
    assert registry.get_sample_value(
        'errorkit_errors_total',
        {'code': 'old.taken', 'status': '409'}) == 1


def test_a_first_error_is_an_increase_since_its_series_was_there(service):
    labels = (('code', 'shop.name_exists'), ('status', '409'))
    assert ('errorkit_errors_total', labels) in service.numbers()
    assert service.number('errorkit_errors_total', **dict(labels)) == 0


def test_without_a_catalog_every_code_is_other():
    registry = shop.fresh()
    serve(Metrics(shop.stack(), registry=registry), request('/conflict'))
    assert registry.get_sample_value(
        'errorkit_errors_total', {'code': 'other', 'status': '409'}) == 1


def test_a_body_that_breaks_off_is_an_aborted_error(service):
    with pytest.raises(shop.Broken):
        service.ask('/breaks')
    assert service.errors() == {('shop.undefined_code', 'aborted'): 1}
    assert service.number(
        'errorkit_requests_total', method='GET', status='2xx') == 1


def test_a_client_that_goes_away_is_no_error(service):
    serve(service.application, request('/stream'), take=1)
    assert service.errors() == {}
    assert service.number(
        'errorkit_requests_total', method='GET', status='2xx') == 1


@pytest.mark.parametrize('log_requests', [True, False])
def test_a_stream_is_counted_once_when_it_is_closed(log_requests):
    service = Service(log_requests=log_requests)
    exchange = apps.Exchange(service.application, request('/stream'))
    exchange.call()
    exchange.step()
    name, labels = 'errorkit_requests_total', {
        'method': 'GET', 'status': '2xx'}
    assert not service.number(name, **labels)
    while exchange.step():
        pass
    exchange.close()
    exchange.close()
    exchange.drop()
    assert service.number(name, **labels) == 1


@pytest.mark.parametrize('application', [
    apps.a_list, apps.a_tuple, apps.a_streamed_body, apps.a_generator,
    apps.a_lazy_generator, apps.a_file, apps.one_write,
    apps.writes_and_a_body, apps.no_chunks, apps.a_body_with_len,
    apps.not_modified, apps.a_redirect, apps.the_same_header_list_each_time])
def test_what_the_application_answers_is_not_changed(application):
    bare = serve(application)
    exchange = serve(Metrics(application, registry=shop.fresh()))
    assert (exchange.status, exchange.headers, exchange.chunks) == (
        bare.status, bare.headers, bare.chunks)
    assert exchange.seen.closed == bare.seen.closed


@pytest.mark.parametrize('log_requests', [True, False])
def test_a_list_of_one_chunk_still_has_a_length_for_the_server(log_requests):
    application = Metrics(
        shop.stack(log_requests=log_requests), registry=shop.fresh())
    started = []
    body = application(request(), lambda *args: started.append(args))
    assert len(body) == 1
    if hasattr(body, 'close'):
        body.close()


def test_an_exception_passes_and_is_counted_as_500():
    registry = shop.fresh()
    metrics = Metrics(apps.raising_at_once(shop.Broken('x')),
                      registry=registry)
    assert isinstance(serve(metrics).raised, shop.Broken)
    assert registry.get_sample_value(
        'errorkit_requests_total', {'method': 'GET', 'status': '5xx'}) == 1
    assert registry.get_sample_value(
        'errorkit_errors_total', {'code': 'other', 'status': '500'}) == 1


def test_request_ids_that_are_not_accepted_are_counted(service):
    header = 'X-Openstack-Request-Id'
    for value in ('req-1', assertions.GLOBAL_ID.upper(), 'x' * 5000):
        service.ask(headers={header: value})
    service.ask(headers={header: assertions.GLOBAL_ID})
    service.ask()
    assert service.number('errorkit_rejected_request_ids_total') == 3


def test_an_id_of_an_untrusted_client_is_counted_as_rejected():
    service = Service(trust=['10.0.0.0/8'])
    service.ask(headers={'X-Openstack-Request-Id': assertions.GLOBAL_ID})
    assert service.number('errorkit_rejected_request_ids_total') == 1


def test_reshaped_responses_are_counted(service):
    service.ask('/foreign/404')
    service.ask('/foreign/502')
    service.ask('/foreign/302')
    service.ask('/conflict')
    service.ask('/bug')
    assert service.number('errorkit_reshaped_responses_total') == 2


def test_latency_is_counted_once_for_each_request(service):
    for path in ('/ok', '/conflict', '/bug', '/stream'):
        service.ask(path)
    labels = {'method': 'GET'}
    assert service.number(
        'errorkit_request_duration_seconds_count', **labels) == 4
    total = service.number('errorkit_request_duration_seconds_sum', **labels)
    assert 0 < total < 60


def test_the_buckets_are_the_ones_asked_for():
    registry = shop.fresh()
    serve(Metrics(apps.a_list, registry=registry, buckets=[0.5, 2]))
    found = {
        sample.labels['le'] for family in registry.collect()
        for sample in family.samples if sample.name.endswith('_bucket')}
    assert found == {'0.5', '2.0', '+Inf'}


def test_what_observers_have_dropped_is_counted(service, monkeypatch):
    held, released = threading.Event(), threading.Event()

    def slow(record):
        held.set()
        released.wait(20)

    application = Metrics(
        shop.stack(observers=[slow]), registry=service.registry)
    monkeypatch.setattr('errorkit.observers.courier.QUEUE_SIZE', 5)
    monkeypatch.setattr('errorkit.observers.prometheus.counting._PERIOD', 0)
    try:
        serve(application, request('/bug'))
        assert held.wait(20)
        for _ in range(9):
            serve(application, request('/bug'))
        assert service.number(
            'errorkit_observer_records_total',
            observer='slow', outcome='dropped') == 4
    finally:
        released.set()


# -- labels

def hostile_requests(count, seed):
    """Return environs whose every part a client has made up."""
    rng = random.Random(seed)

    def word():
        return ''.join(rng.choices(string.ascii_lowercase + '_.', k=12))

    paths = (
        lambda: f'/{word()}', lambda: f'/undeclared/{word()}',
        lambda: f'/foreign/{rng.randrange(400, 600)}/{word()}',
        lambda: '/conflict', lambda: '/bug', lambda: f'/stream/{word()}',
        lambda: '/closed')
    for _ in range(count):
        yield request(
            rng.choice(paths)(),
            rng.choice(['GET', 'POST', 'PUT', 'DELETE', word().upper()]),
            query=f'{word()}={word()}',
            accept=rng.choice(['*/*', word()]),
            user_agent=word(),
            x_openstack_request_id=f'req-{word()}')


def test_no_client_adds_a_series(service):
    logging.getLogger('errorkit').setLevel(logging.CRITICAL)
    try:
        for status in range(400, 600):
            service.ask(f'/foreign/{status}')
        for environ in hostile_requests(500, 1):
            serve(service.application, environ)
        before = service.numbers()
        for environ in hostile_requests(3300, 2):
            serve(service.application, environ)
    finally:
        logging.getLogger('errorkit').setLevel(logging.NOTSET)
    after = service.numbers()
    assert set(after) == set(before)
    assert total(after, 'errorkit_requests_total') == 4000


@given(method=st.text(), digit=st.text(max_size=1), status=st.integers())
def test_labels_come_from_closed_sets(method, digit, status):
    assert series.method_label(method) in {
        *series.METHODS, 'other'}
    assert series.class_label(digit) in {
        '1xx', '2xx', '3xx', '4xx', '5xx', 'other'}
    label = series.status_label(status)
    assert label == str(status) or label in {
        '1xx', '2xx', '3xx', '4xx', '5xx', 'other'}


# -- what fails

class Failing:
    """A counter whose storage is gone."""

    def __call__(self, *args):
        raise OSError('no space left on device')


def test_a_counter_that_fails_changes_no_response(service, caplog):
    metrics = Metrics(shop.stack(), registry=service.registry)
    metrics._counts['GET', '2'] = Failing(), Failing()
    for _ in range(5):
        assert serve(metrics).code == 200
    [record] = [one for one in caplog.records
                if one.name == 'errorkit.observers.prometheus']
    assert record.levelno == logging.ERROR


def test_several_threads_lose_no_request(service):
    def many():
        for _ in range(200):
            serve(service.application, request('/conflict'))

    threads = [threading.Thread(target=many) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert service.errors() == {('shop.name_exists', '409'): 800}


# -- the page

def test_the_page_is_prometheus_own_text(service):
    reply = service.ask('/metrics')
    assert reply.one('Content-Type').startswith('text/plain; version=0.0.4')
    assert reply.one('Content-Length') == str(len(reply.body))
    assert reply.one('Cache-Control') == 'no-store'
    assert samples(reply.text)


def test_openmetrics_is_for_who_names_it(service):
    service.ask('/conflict')
    reply = service.ask('/metrics', headers={
        'Accept': 'application/openmetrics-text;version=1.0.0,text/plain'})
    assert reply.one('Content-Type').startswith(
        'application/openmetrics-text; version=1.0.0')
    names = {family.name for family in
             openmetrics_parser.text_string_to_metric_families(reply.text)}
    assert 'errorkit_requests' in names


def test_openmetrics_is_not_for_who_refuses_it(service):
    reply = service.ask('/metrics', headers={
        'Accept': 'application/openmetrics-text;q=0, text/plain'})
    assert reply.one('Content-Type').startswith('text/plain')


def test_the_page_is_packed_for_who_takes_gzip(service):
    reply = service.ask('/metrics', headers={'Accept-Encoding': 'gzip'})
    assert reply.one('Content-Encoding') == 'gzip'
    assert samples(gzip.decompress(reply.body).decode())
    assert reply.one('Vary') == 'Accept, Accept-Encoding'


def test_head_gives_the_headers_alone(service):
    reply = service.ask('/metrics', method='HEAD')
    assert reply.status == '200 OK'
    assert reply.body == b''
    assert int(reply.one('Content-Length')) > 0


@pytest.mark.parametrize('method', ['POST', 'PUT', 'DELETE', 'OPTIONS'])
def test_the_page_can_only_be_read(method):
    page = MetricsPage(shop.fresh())
    alone = assertions.ask(page, method=method)
    assert alone.status_int == 405
    assert alone.one('Allow') == 'GET, HEAD'
    inside = assertions.ask(
        errorkit.wrap(page, service_type='shop'), method=method)
    assertions.assert_error(
        inside, status=405, code='shop.undefined_code')
    assert inside.one('Allow') == 'GET, HEAD'


@given(accept=st.text(st.characters(max_codepoint=255)),
       encoding=st.text(st.characters(max_codepoint=255)))
def test_no_header_of_a_client_makes_the_page_fail(accept, encoding):
    page = MetricsPage(shop.fresh())
    for value in (accept, f'application/openmetrics-text; version={accept}',
                  f'text/plain; version={accept}; escaping={encoding}'):
        exchange = serve(page, request(
            HTTP_ACCEPT=value, HTTP_ACCEPT_ENCODING=encoding))
        assert exchange.code == 200
        assert exchange.header('Content-Type') in (
            'text/plain; version=0.0.4; charset=utf-8',
            openmetrics.exposition.CONTENT_TYPE_LATEST,
            openmetrics.exposition.CONTENT_TYPE_LATEST
            + '; escaping=underscores')


def test_nothing_of_a_request_is_on_the_page(service):
    service.ask(f'/{shop.TOKEN}?password={shop.PASSWORD}',
                headers={'X-Auth-Token': shop.TOKEN, 'Cookie': shop.TOKEN})
    service.ask('/bug')
    text = service.ask('/metrics').text
    assert shop.TOKEN not in text
    assert shop.PASSWORD not in text


# -- several processes

def page(port):
    """Return the page as some worker gives it."""
    return workers.ask(port, 'GET', '/metrics')[1].decode()


def total(found, name):
    """Return the sum of a name's numbers, whatever their labels."""
    return sum(value for (one, _), value in found.items() if one == name)


@pytest.mark.server
@pytest.mark.parametrize('kind', workers.KINDS)
def test_the_numbers_of_all_workers_add_up(kind, tmp_path):
    folder = tmp_path / 'numbers'
    folder.mkdir()
    sent = [('GET', '/ok'), ('POST', '/ok'), ('GET', '/conflict'),
            ('GET', '/bug'), ('DELETE', '/undeclared/code'),
            ('GET', '/stream')] * 40
    refused = {'X-Openstack-Request-Id': 'req-none'}

    def busy():
        return [file for file in folder.glob('counter_*.db')
                if any(value for _, value, *_ in
                       MmapedDict.read_all_values_from_file(str(file)))]

    rounds = 0
    with workers.running(kind, folder) as port:

        def send(each):
            for method, path in each:
                workers.ask(port, method, path, refused)

        # One worker may take all connections, until more come at once.
        while len(busy()) < 2 and rounds < 40:
            rounds += 1
            threads = [threading.Thread(target=send, args=(sent[one::12],))
                       for one in range(12)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        # A stream is counted when it is closed, after its client is gone.
        end = time.monotonic() + 20
        while total(samples(page(port)), 'errorkit_requests_total') < (
                len(sent) * rounds) and time.monotonic() < end:
            time.sleep(0.05)
        found, *others = [samples(page(port)) for _ in range(9)]
    assert len(busy()) > 1
    # Whichever worker answers, it tells of all of them.
    assert all(other == found for other in others)

    def number(name, **labels):
        return found[name, tuple(sorted(labels.items()))] / rounds

    name = 'errorkit_requests_total'
    assert total(found, name) == len(sent) * rounds
    assert number(name, method='GET', status='2xx') == 80
    assert number(name, method='POST', status='2xx') == 40
    assert number(name, method='GET', status='4xx') == 40
    assert number(name, method='DELETE', status='4xx') == 40
    assert number(name, method='GET', status='5xx') == 40
    name = 'errorkit_errors_total'
    assert total(found, name) == 120 * rounds
    assert number(name, code='shop.name_exists', status='409') == 40
    assert number(name, code='shop.undefined_code', status='500') == 40
    assert number(name, code='other', status='409') == 40
    assert number('errorkit_rejected_request_ids_total') == len(sent)
    assert total(found, 'errorkit_request_duration_seconds_count') == (
        len(sent) * rounds)


# -- options

@pytest.mark.parametrize(('option', 'value'), [
    ('catalog', ['shop.x']), ('registry', 'default'), ('buckets', []),
    ('buckets', [2, 1]), ('buckets', [1, 1]), ('buckets', [0, 1]),
    ('buckets', ['soon']), ('buckets', 3), ('buckets', [-1]),
    ('buckets', [float('nan')]), ('buckets', [float('inf')])])
def test_a_bad_option_is_refused_by_name(option, value):
    with pytest.raises(ConfigError) as caught:
        Metrics(apps.a_list, **{'registry': shop.fresh(), option: value})
    assert caught.value.option == option
    assert caught.value.value == value


def test_two_of_one_registry_share_its_series():
    registry = shop.fresh()
    serve(Metrics(apps.a_list, registry=registry))
    serve(Metrics(apps.a_list, registry=registry))
    assert registry.get_sample_value(
        'errorkit_requests_total', {'method': 'GET', 'status': '2xx'}) == 2


def test_two_of_one_registry_cannot_have_other_buckets():
    registry = shop.fresh()
    Metrics(apps.a_list, registry=registry)
    with pytest.raises(ConfigError, match='buckets'):
        Metrics(apps.a_list, registry=registry, buckets=[1, 2])


def test_a_registry_whose_names_are_taken_is_refused():
    registry = shop.fresh()
    prometheus.series.Counter('errorkit_requests_total', 'x',
                              registry=registry)
    with pytest.raises(ConfigError, match='registry'):
        Metrics(apps.a_list, registry=registry)


def test_a_page_of_no_registry_is_refused():
    with pytest.raises(ConfigError, match='registry'):
        MetricsPage('default')


def test_a_shared_folder_that_is_missing_is_refused(monkeypatch, tmp_path):
    monkeypatch.setenv('PROMETHEUS_MULTIPROC_DIR', str(tmp_path / 'gone'))
    with pytest.raises(ConfigError, match='PROMETHEUS_MULTIPROC_DIR'):
        MetricsPage()


REGISTRY = shop.fresh()


def test_paste_makes_the_filter_and_the_page():
    layer = prometheus.paste_filter(
        {}, catalog='observed_shop:CODES', registry='test_prometheus:REGISTRY',
        buckets='0.1 1')
    serve(layer(shop.stack()), request('/conflict'))
    page = prometheus.paste_app({}, registry='test_prometheus:REGISTRY')
    reply = assertions.ask(page)
    assert ('errorkit_errors_total{code="shop.name_exists",status="409"} 1.0'
            in reply.text)


def test_paste_names_an_option_that_it_does_not_know():
    with pytest.raises(ConfigError, match=r'errorkit#metrics.*colour'):
        prometheus.paste_app({}, colour='red')
    with pytest.raises(ConfigError, match=r'errorkit#prometheus.*colour'):
        prometheus.paste_filter({}, colour='red')


def test_a_missing_extra_is_named():
    code = (
        'import sys; sys.modules["prometheus_client"] = None\n'
        'try:\n'
        '    import errorkit.observers.prometheus\n'
        'except ImportError as exc:\n'
        '    print(exc)\n')
    found = subprocess.run([sys.executable, '-c', code], check=True,
                           capture_output=True, text=True).stdout
    assert "pip install 'errorkit[prometheus]'" in found
