# SPDX-License-Identifier: Apache-2.0
"""The example service: in process, and twice under gunicorn."""

import ast
import contextlib
import functools
import gc
import json
import logging
import os
import pathlib
import re
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time
import unittest

import gabbi.driver
import pytest
import webtest
from loopback import serving
from paste.deploy import loadapp

from errorkit import cli
from errorkit.testing.asserting import assert_error as assert_sound
from errorkit.testing.gabbi import gabbi_response_handlers

ROOT = pathlib.Path(__file__).resolve().parent.parent
FOLDER = ROOT / 'examples' / 'volumes'
INI = f'config:{FOLDER / "volumes.ini"}'
ARCS = sorted(ROOT.glob('gabbits/volumes-*.yaml'))
ID = re.compile(r'req-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}')
VOLUMES = '/v3/bakery/volumes'
SNAPSHOTS = '/v3/bakery/snapshots'
PROBLEM = 'application/problem+json'
PRIVATE = ('storage-3', 'rack-12', 'nvme', 'KeyError', 'Traceback')


class Client:
    """Ada of the bakery, who asks for microversion 3.70."""

    def __init__(self, application):
        self._app = webtest.TestApp(application)

    def __call__(self, method, path, body=b'', headers=()):
        sent = {
            'OpenStack-API-Version': 'volume 3.70',
            'X-User-Id': 'ada',
            'X-Project-Id': 'bakery',
        }
        sent.update(headers)
        if isinstance(body, bytes):
            return self._app.request(
                path,
                method=method,
                body=body,
                headers=sent,
                expect_errors=True,
            )
        send = getattr(self._app, f'{method.lower()}_json')
        return send(path, body, headers=sent, expect_errors=True)

    def volume(self, name='ice cream', size=1, **more):
        """Make a volume, and return its path."""
        wanted = {'name': name, 'size': size, **more}
        reply = self('POST', VOLUMES, {'volume': wanted})
        assert reply.status_int == 202
        return f'{VOLUMES}/{reply.json["volume"]["id"]}'

    def snapshot(self, volume):
        """Take a snapshot of the volume at a path, and return its path."""
        wanted = {'name': 'before lunch', 'volume_id': volume.split('/')[-1]}
        reply = self('POST', SNAPSHOTS, {'snapshot': wanted})
        assert reply.status_int == 202
        return f'{SNAPSHOTS}/{reply.json["snapshot"]["id"]}'

    def failed(self, size=600):
        """Ask for what no backend has room for; return the reply of then."""
        wanted = {'name': 'the sea', 'size': size}
        reply = self('POST', VOLUMES, {'volume': wanted})
        assert reply.status_int == 202
        volume = f'{VOLUMES}/{reply.json["volume"]["id"]}'
        assert self.settled(volume)['status'] == 'error'
        return reply

    def settled(self, path):
        """Return the volume at a path when it is no longer being made."""
        for _ in range(1000):
            volume = self('GET', path).json['volume']
            if volume['status'] != 'creating':
                return volume
            time.sleep(0.01)
        raise AssertionError(f'{path} is still being made')

    def attach(self, volume):
        body = {'os-attach': {'instance_uuid': 'web-1'}}
        return self('POST', f'{volume}/action', body)


def worked_off():
    """Let the process that extends volumes do what there is, in this one."""
    from volumes import extender
    from volumes.outcomes import Outcomes
    from volumes.store import Store

    database = os.environ['VOLUMES_DATABASE']
    outcomes = Outcomes(database)
    try:
        return extender.work_off(Store(database), outcomes.actions)
    finally:
        outcomes.messages.store.database.dispose()


def assert_error(reply, status, code):
    """Check the one error of a reply, and return it."""
    return assert_sound(
        reply, status=status, code=code, count=1, kind='application/json'
    )


def note(kept, kind, *args):
    """Make something, and keep it."""
    kept.append(kind(*args))
    return kept[-1]


@pytest.fixture(name='environment')
def _environment(monkeypatch, tmp_path):
    monkeypatch.syspath_prepend(FOLDER.parent)
    monkeypatch.setenv('VOLUMES_DATABASE', str(tmp_path / 'volumes.sqlite'))
    from volumes import app

    made = {'Worker': [], 'Outcomes': []}
    for name, kept in made.items():
        noted = functools.partial(note, kept, getattr(app, name))
        monkeypatch.setattr(app, name, noted)
    yield
    # First those who would open the database once more.
    for worker in made['Worker']:
        worker.close()
    for outcomes in made['Outcomes']:
        outcomes.messages.store.database.dispose()


@pytest.fixture(name='ada')
def _ada(environment):
    return Client(loadapp(INI))


@pytest.fixture(name='records')
def _records(environment):
    """Collect what is logged, as the example's own handler would."""
    from errorkit.log import ContextFilter

    found = []
    handler = logging.Handler()
    handler.addFilter(ContextFilter())
    handler.emit = found.append
    root = logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    yield found
    root.removeHandler(handler)
    root.setLevel(level)


def imports(path):
    """Return the names of the modules that a file imports."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding='utf-8'))):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            found.add(node.module or '')
    return found


def test_no_handler_and_no_store_knows_errorkit():
    knowing = {
        path.name
        for path in FOLDER.glob('*.py')
        if any(name.split('.')[0] == 'errorkit' for name in imports(path))
    }
    assert knowing == {
        'codes.py',
        # Keeps house beside its work.
        'extender.py',
        # Each is a whole service in one file.
        'image_service.py',
        'neighbours.py',
        'outcomes.py',
        'permitted.py',
        'quota_service.py',
        'registry.py',
        'servers.py',
        'told.py',
        'worker.py',
        'wsgi.py',
    }


def test_its_codes_are_as_published(environment, capsys):
    lock = FOLDER / 'error-codes.lock'
    asked = ['codes', 'check', 'volumes.codes:CATALOG', '--file', str(lock)]
    assert cli.main(asked) == 0, capsys.readouterr().out
    published = json.loads(lock.read_text(encoding='utf-8'))['codes']
    assert len(published) >= 17
    assert published['volume.in_use']['retry'] == 'after-refresh'


def test_every_error_has_a_code_and_every_code_an_error(capsys):
    asked = ['codes', 'lint', str(FOLDER), '--require-codes']
    assert cli.main(asked) == 0, capsys.readouterr().out
    assert '27 codes' in capsys.readouterr().out


def test_a_code_that_goes_is_noticed(environment, tmp_path, capsys):
    lock = tmp_path / 'error-codes.lock'
    text = (FOLDER / lock.name).read_text(encoding='utf-8')
    lock.write_text(text.replace('volume.in_use', 'volume.busy'))
    asked = ['codes', 'check', 'volumes.codes:CATALOG', '--file', str(lock)]
    assert cli.main(asked) == 1
    assert 'volume.busy: the code is gone.' in capsys.readouterr().out


def test_a_volume_is_accepted_with_202(ada):
    reply = ada('POST', VOLUMES, {'volume': {'name': 'ice', 'size': 2}})
    assert reply.status_int == 202
    assert reply.json['volume']['name'] == 'ice'
    assert reply.json['volume']['size'] == 2


def test_every_reply_has_its_id_under_both_names_and_its_version(ada):
    for path in (VOLUMES, f'{VOLUMES}/lost', '/v3/bakery/reports/usage'):
        reply = ada('GET', path)
        [own] = reply.headers.getall('X-Openstack-Request-Id')
        assert ID.fullmatch(own)
        assert reply.headers.getall('X-Compute-Request-Id') == [own]
        assert reply.headers['OpenStack-API-Version'] == 'volume 3.70'
        assert 'OpenStack-API-Version' in reply.headers['Vary']


def test_the_409s_are_told_apart_by_their_codes(ada):
    volume = ada.volume('ice cream')
    again = {'volume': {'name': 'ice cream', 'size': 1}}
    assert_error(ada('POST', VOLUMES, again), 409, 'volume.name_exists')
    ada.attach(volume)
    assert_error(ada.attach(volume), 409, 'volume.in_use')
    assert_error(ada('DELETE', volume), 409, 'volume.in_use')
    detach = {'os-detach': {}}
    assert ada('POST', f'{volume}/action', detach).status_int == 202
    reply = ada('POST', f'{volume}/action', detach)
    assert_error(reply, 409, 'volume.not_in_use')
    ada.snapshot(volume)
    assert_error(ada('DELETE', volume), 409, 'volume.has_snapshots')


@pytest.mark.parametrize(
    ('more', 'code'),
    [
        ({'snapshot_id': 'lost'}, 'volume.snapshot_not_found'),
        ({'imageRef': 'lost'}, 'volume.image_not_found'),
    ],
)
def test_the_404s_of_one_request_are_told_apart(ada, more, code):
    wanted = {'name': 'ice cream', 'size': 1, **more}
    assert_error(ada('POST', VOLUMES, {'volume': wanted}), 404, code)


@pytest.mark.parametrize(
    ('method', 'path', 'code'),
    [
        ('GET', f'{VOLUMES}/lost', 'volume.volume_not_found'),
        ('DELETE', f'{VOLUMES}/lost', 'volume.volume_not_found'),
        ('GET', f'{VOLUMES}/lost/export', 'volume.volume_not_found'),
        ('GET', f'{SNAPSHOTS}/lost', 'volume.snapshot_not_found'),
        ('DELETE', f'{SNAPSHOTS}/lost', 'volume.snapshot_not_found'),
        ('GET', '/v3/bakery/cakes', 'volume.not_found'),
        ('GET', '/v3/bakery/reports/cakes', 'volume.not_found'),
        ('GET', '/errors/cakes', 'volume.not_found'),
    ],
)
def test_a_404_says_what_is_missing(ada, method, path, code):
    assert_error(ada(method, path), 404, code)


@pytest.mark.parametrize(
    ('body', 'code'),
    [
        (b'', 'volume.malformed_json'),
        (b'{"volume": ', 'volume.malformed_json'),
        (b'\xff', 'volume.malformed_json'),
        (b'[' * 100_000, 'volume.malformed_json'),
        ([], 'volume.malformed_body'),
        ({}, 'volume.malformed_body'),
        ({'volume': 1}, 'volume.malformed_body'),
        ({'volume': {}}, 'volume.invalid_name'),
        ({'volume': {'name': '', 'size': 1}}, 'volume.invalid_name'),
        ({'volume': {'name': 'x' * 256, 'size': 1}}, 'volume.invalid_name'),
        ({'volume': {'name': '\ud800', 'size': 1}}, 'volume.invalid_name'),
        ({'volume': {'name': 'a\nb', 'size': 1}}, 'volume.invalid_name'),
        ({'volume': {'name': 'ice'}}, 'volume.invalid_size'),
        ({'volume': {'name': 'ice', 'size': 0}}, 'volume.invalid_size'),
        ({'volume': {'name': 'ice', 'size': True}}, 'volume.invalid_size'),
        ({'volume': {'name': 'ice', 'size': '1'}}, 'volume.invalid_size'),
        (
            {'volume': {'name': 'ice', 'size': 1, 'snapshot_id': 1}},
            'volume.malformed_body',
        ),
    ],
)
def test_bad_input_is_a_400_with_a_code(ada, body, code):
    assert_error(ada('POST', VOLUMES, body), 400, code)


@pytest.mark.parametrize('limit', ['-1', '1001', 'x', '%ff', ''])
def test_a_bad_limit_is_a_400_with_a_code(ada, limit):
    reply = ada('GET', f'{VOLUMES}?limit={limit}')
    assert_error(reply, 400, 'volume.invalid_limit')


def test_a_list_is_newest_first_and_obeys_its_limit(ada):
    first, second = ada.volume('one'), ada.volume('two')
    found = ada('GET', VOLUMES).json['volumes']
    assert [f'{VOLUMES}/{each["id"]}' for each in found] == [second, first]
    found = ada('GET', f'{VOLUMES}?limit=1').json['volumes']
    assert [each['name'] for each in found] == ['two']


def test_a_volume_grows_within_the_quota_and_never_shrinks(ada):
    volume = ada.volume(size=5)

    def extend(size):
        body = {'os-extend': {'new_size': size}}
        return ada('POST', f'{volume}/action', body)

    assert ada.settled(volume)['status'] == 'available'
    assert extend(6).status_int == 202
    assert ada('GET', volume).json['volume']['status'] == 'extending'
    assert_error(extend(7), 409, 'volume.is_extending')
    assert worked_off() == 1
    assert ada('GET', volume).json['volume']['size'] == 6
    assert_error(extend(6), 400, 'volume.invalid_size')
    assert_error(extend(1001), 413, 'volume.quota_exceeded')
    reply = ada('POST', f'{volume}/action', {'os-dance': {}})
    assert_error(reply, 400, 'volume.unknown_action')


def test_another_project_sees_nothing_and_may_not_look(ada):
    volume = ada.volume()
    other = volume.replace('bakery', 'smithy')
    reply = ada('GET', other, headers={'X-Project-Id': 'smithy'})
    assert_error(reply, 404, 'volume.volume_not_found')
    assert_error(ada('GET', other), 403, 'volume.other_project')


def test_a_wrong_method_is_a_405_with_allow_and_its_code(ada):
    reply = ada('PUT', VOLUMES)
    assert_error(reply, 405, 'volume.method_not_allowed')
    assert reply.headers['Allow'] == 'GET, POST'


def test_a_client_from_before_the_codes_gets_none(ada):
    for version, code in (('3.4', None), ('3.5', 'volume.volume_not_found')):
        reply = ada(
            'GET',
            f'{VOLUMES}/lost',
            headers={'OpenStack-API-Version': f'volume {version}'},
        )
        error = assert_error(reply, 404, code)
        assert ('code' in error) == (code is not None)


def test_raised_errors_and_those_of_wsgify_look_the_same(ada):
    # The volumes' handlers are under wsgify, the snapshots' let errors out.
    inside, through = (
        ada('GET', f'{path}/%3Clost%3E') for path in (VOLUMES, SNAPSHOTS)
    )
    a = assert_error(inside, 404, 'volume.volume_not_found')
    b = assert_error(through, 404, 'volume.snapshot_not_found')
    assert a['detail'] == 'There is no volume <lost>.'
    assert b['detail'] == 'There is no snapshot <lost>.'
    assert list(a) == list(b)
    assert sorted(inside.headers) == sorted(through.headers)
    # Those came by the registry, and these are errors of WebOb.
    inside, through = (
        ada('POST', path, b'{') for path in (VOLUMES, SNAPSHOTS)
    )
    a = assert_error(inside, 400, 'volume.malformed_json')
    b = assert_error(through, 400, 'volume.malformed_json')
    del a['request_id'], b['request_id']
    assert a == b
    assert sorted(inside.headers) == sorted(through.headers)


def test_the_bug_tells_the_client_its_id_and_the_log_its_traceback(
    ada, records
):
    volume = ada.volume()
    reply = ada('GET', f'{volume}/statistics')
    error = assert_error(reply, 500, 'volume.undefined_code')
    told = reply.text + str(reply.headers)
    assert [word for word in PRIVATE if word in told] == []
    [record] = [each for each in records if each.exc_info]
    assert record.exc_info[0] is KeyError
    assert record.request_id == error['request_id']


def test_a_download_is_logged_with_its_id_while_it_is_made(ada, records):
    volume = ada.volume(size=2)
    reply = ada('GET', f'{volume}/export')
    assert reply.body == bytes(2 * 4 * 65536)
    [last] = [each for each in records if 'Exported' in each.getMessage()]
    assert last.request_id == reply.headers['X-Openstack-Request-Id']
    assert last.project_id == 'bakery'


def test_the_handlers_log_has_both_ids_and_the_user(ada, records):
    one = 'req-7ccb8d5e-8b1c-4b3e-9f43-6a3f4c1f2b10'
    wanted = {'volume': {'name': 'ice', 'size': 1}}
    headers = {'X-Openstack-Request-Id': one}
    reply = ada('POST', VOLUMES, wanted, headers=headers)
    [line] = [each for each in records if 'Created' in each.getMessage()]
    assert line.global_request_id == one
    assert line.request_id == reply.headers['X-Openstack-Request-Id'] != one
    assert (line.user_id, line.project_id) == ('ada', 'bakery')


def test_the_flask_report_counts_the_volumes(ada):
    ada.volume('one', size=2)
    ada.volume('two', size=3)
    reply = ada('GET', '/v3/bakery/reports/usage')
    assert reply.json == {'usage': {'volumes': 2, 'gigabytes': 5}}


def test_the_errors_of_flask_have_the_one_shape_and_its_headers(ada):
    report = '/v3/bakery/reports/usage'
    error = assert_error(
        ada('GET', '/v3/bakery/reports/weather'), 404, 'volume.not_found'
    )
    assert error['detail'] == 'There is no report weather.'
    reply = ada('DELETE', report)
    assert_error(reply, 405, 'volume.method_not_allowed')
    allowed = set(reply.headers['Allow'].split(', '))
    assert allowed == {'GET', 'HEAD', 'OPTIONS'}
    reply = ada('GET', f'{report}?since=monday')
    error = assert_error(reply, 400, 'volume.undefined_code')
    assert error['detail'] == 'The report usage takes no parameters.'


def test_every_help_link_leads_to_the_page_of_its_code(environment, ada):
    from volumes import codes

    listed = {each['code'] for each in ada('GET', '/errors').json['codes']}
    declared = {str(code) for code in codes.CATALOG}
    assert listed == declared
    assert len(declared) >= 17
    for code in declared:
        link = codes.CATALOG[code].help
        for accept in ('*/*', 'text/html'):
            reply = ada('GET', link, headers={'Accept': accept})
            assert reply.status_int == 200
            assert code in reply.text
            assert ID.fullmatch(reply.headers['X-Openstack-Request-Id'])


def test_an_error_says_whether_to_try_again(ada):
    again = {'volume': {'name': 'ice cream', 'size': 1}}
    volume = ada.volume('ice cream')
    ada.attach(volume)
    error = assert_error(ada('DELETE', volume), 409, 'volume.in_use')
    assert error['retry'] == 'after-refresh'
    reply = ada('POST', VOLUMES, again)
    assert assert_error(reply, 409, 'volume.name_exists')['retry'] == 'never'


def test_a_client_that_names_problem_details_gets_them(ada):
    reply = ada('GET', f'{VOLUMES}/lost', headers={'Accept': PROBLEM})
    assert_sound(
        reply,
        status=404,
        code='volume.volume_not_found',
        detail='There is no volume lost.',
        kind=PROBLEM,
    )
    assert reply.json['type'] == '/errors/volume.volume_not_found'


# WebOb leaves the files open that it keeps large bodies in.
@pytest.mark.filterwarnings('ignore:unclosed file')
@pytest.mark.parametrize('how', ['from_ini()', 'from_code()'])
def test_errorkit_check_finds_nothing_that_fails(
    environment, monkeypatch, capsys, how
):
    from volumes import wsgi

    monkeypatch.setattr('logging.config.dictConfig', lambda _: None)
    volume = Client(wsgi.from_code()).volume()
    status = cli.main([
        'check',
        f'volumes.wsgi:{how}',
        '--json',
        '--code-version=3.5',
        f'--path={VOLUMES}',
        f'--post={VOLUMES}',
        f'--fault={volume}/statistics',
    ])
    assert_all_hold(status, capsys.readouterr().out)
    # While the filter above is still there.
    gc.collect()


def assert_all_hold(status, printed):
    """Check what ``errorkit check --json`` said of the example."""
    checks = json.loads(printed)['checks']
    failed = [each for each in checks if each['verdict'] == 'fails']
    assert (status, failed) == (0, [])
    held = {each['id'] for each in checks if each['verdict'] == 'holds'}
    assert len(held) > 95
    assert {'source.body.deep', 'fault.silent', 'accept.vary'} <= held


@pytest.mark.parametrize('how', ['main', 'layers', 'code'])
def test_one_filter_five_filters_and_one_call_answer_alike(
    environment, monkeypatch, how
):
    from volumes import wsgi

    monkeypatch.setattr('logging.config.dictConfig', lambda _: None)
    ada = Client(wsgi.from_code() if how == 'code' else wsgi.from_ini(how))
    reply = ada('GET', f'{VOLUMES}/lost')
    error = assert_error(reply, 404, 'volume.volume_not_found')
    assert error['title'] == 'Volume not found'
    reply = ada('GET', '/v3/bakery/reports/weather')
    assert_error(reply, 404, 'volume.not_found')
    assert ada('GET', '/errors/volume.in_use').status_int == 200
    own = reply.headers['X-Openstack-Request-Id']
    assert reply.headers['X-Compute-Request-Id'] == own
    assert reply.headers['OpenStack-API-Version'] == 'volume 3.70'


def test_clients_find_the_version_before_they_have_a_token(environment):
    application = webtest.TestApp(loadapp(INI))
    for path in ('/', '/v3', '/v3/'):
        [version] = application.get(path).json['versions']
        assert (version['min_version'], version['version']) == ('3.0', '3.70')
        assert version['links'][0]['href'].endswith('/v3/')


def test_the_link_of_a_202_leads_to_why_it_failed(ada, records):
    reply = ada.failed()
    link = re.fullmatch(r'<(\S+)>; rel="monitor"', reply.headers['Link'])
    ada.volume('one that is made')
    found = ada('GET', link[1])
    [message] = found.json['messages']
    asked = reply.headers['X-Openstack-Request-Id']
    assert message['request_id'] == asked
    assert message['event_id'] == '000002'
    assert message['resource_uuid'] == reply.json['volume']['id']
    assert message['user_message'].startswith('No storage could be alloc')
    assert message['links'][0]['href'].endswith(
        f'/v3/bakery/messages/{message["id"]}')
    # Only the log knows the backends, and by the same id.
    failed = [each for each in records if each.exc_info]
    told = [(each.name, each.getMessage()) for each in failed]
    assert [name for name, _ in told] == ['volumes.worker'], told
    [record] = failed
    assert 'storage-1' in str(record.exc_info[1])
    assert record.request_id == asked
    assert 'storage-1' not in found.text


def test_a_message_is_read_in_the_readers_language(ada):
    ada.failed()
    for asked, given, text in (
        ('de', 'de', 'Für diese Anforderung'),
        ('fi', 'en', 'No storage could be'),
    ):
        reply = ada(
            'GET', '/v3/bakery/messages', headers={'Accept-Language': asked}
        )
        assert reply.headers['Content-Language'] == given
        assert reply.json['messages'][0]['user_message'].startswith(text)


def test_its_permitted_messages_are_fit_for_users(environment):
    from volumes.permitted import PERMITTED

    assert PERMITTED.lint() == []


def test_every_worker_process_has_the_same_messages(environment):
    Client(loadapp(INI)).failed()
    found = Client(loadapp(INI))('GET', '/v3/bakery/messages')
    assert len(found.json['messages']) == 1


def test_threads_that_come_first_together_share_one_file(
    environment, tmp_path
):
    from volumes.store import Store

    path = tmp_path / 'new.sqlite'
    start = threading.Barrier(8)
    failures = []

    def work(number):
        store = Store(path)
        start.wait()
        try:
            store.create_volume('bakery', f'cake {number}', 1, None, None)
        except Exception as error:
            failures.append(error)

    threads = [threading.Thread(target=work, args=(i,)) for i in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert dict(Store(path).usage('bakery')) == {'volumes': 8, 'gigabytes': 8}
    assert [each.name for each in tmp_path.glob('new.sqlite.*-*')] == []


def test_an_extension_that_fails_is_told_under_one_request_id(ada, records):
    volume = ada.volume(size=5)
    ada.settled(volume)
    body = {'os-extend': {'new_size': 800}}
    accepted = ada('POST', f'{volume}/action', body)
    assert accepted.status_int == 202
    request_id = accepted.headers['X-Openstack-Request-Id']
    action = accepted.headers['Location']
    assert action.endswith(f'{volume}/actions/{request_id}')
    assert accepted.headers['Link'] == f'<{action}>; rel="monitor"'
    told = ada('GET', action).json['action']
    assert (told['status'], told['events']) == ('in_progress', [])
    assert worked_off() == 1

    listed = ada('GET', f'{volume}/actions').json['actions']
    assert [one['action'] for one in listed] == ['extend', 'create']
    told = ada('GET', action).json['action']
    assert told['request_id'] == request_id
    assert (told['status'], told['code']) == ('error', 'volume.no_room')
    assert [
        (event['event'], event['status']) for event in told['events']
    ] == [('resize', 'error'), ('check_quota', 'success')]
    [reason, _] = [event.get('message') for event in told['events']]
    assert reason == 'No backend has room for a volume of this size.'
    fault = ada('GET', volume).json['volume']['fault']
    assert set(fault) == {'code', 'created', 'message'}
    assert (fault['code'], fault['message']) == (503, reason)
    [message] = ada(
        'GET', f'/v3/bakery/messages?request_id={request_id}'
    ).json['messages']
    assert message['resource_uuid'] == volume.rpartition('/')[2]
    for path in (action, volume, f'{volume}/actions'):
        assert 'storage-1' not in ada('GET', path).text
    [line] = [one for one in records if 'Failed to extend' in one.msg]
    assert line.request_id == request_id

    admin = {'X-Roles': 'admin'}
    [found] = ada(
        'GET', f'/v3/faults?request_id={request_id}', headers=admin
    ).json['faults']
    assert found['error_code'] == 'volume.no_room'
    assert 'None of storage-1 has 800 GiB.' in found['details']
    refused = ada('GET', f'/v3/faults?request_id={request_id}')
    assert_error(refused, 403, 'volume.action.forbidden')


def test_the_same_is_told_in_the_form_of_a_compute_service(ada):
    volume = ada.volume(size=5)
    ada.settled(volume)
    body = {'os-extend': {'new_size': 800}}
    accepted = ada('POST', f'{volume}/action', body)
    request_id = accepted.headers['X-Openstack-Request-Id']
    assert worked_off() == 1
    server = f'/v2.1/servers/{volume.rpartition("/")[2]}'
    assert ada('GET', '/v2.1/').json['version']['min_version'] == '2.1'
    shown = ada('GET', server).json['server']
    assert (shown['status'], shown['fault']['code']) == ('ERROR', 503)
    path = f'{server}/os-instance-actions'
    listed = ada('GET', path).json
    assert list(listed) == ['instanceActions']
    assert [
        (one['action'], one['message']) for one in listed['instanceActions']
    ] == [('extend', 'Error'), ('create', None)]
    old = ada('GET', f'{path}/{request_id}').json['instanceAction']
    assert 'events' not in old
    new = ada(
        'GET', f'{path}/{request_id}',
        headers={'OpenStack-API-Version': 'compute 2.51'},
    ).json['instanceAction']
    assert [(one['event'], one['result']) for one in new['events']] == [
        ('resize', 'Error'), ('check_quota', 'Success'),
    ]


STUCK = """
import sys
import time

from volumes import extender
from volumes.outcomes import Outcomes
from volumes.store import Store


class Stuck(Store):
    def extend(self, volume_id, size):
        print('in the second step', flush=True)
        time.sleep(600)


extender.work_off(Stuck(sys.argv[1]), Outcomes(sys.argv[1]).actions)
"""


@contextlib.contextmanager
def beside(*arguments):
    """Run Python beside the service; what it works on has a lease of 1 s."""
    with subprocess.Popen(
        [sys.executable, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={
            **os.environ,
            'VOLUMES_LEASE': '1',
            'PYTHONPATH': os.pathsep.join([str(FOLDER.parent), str(ROOT)]),
        },
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def eventually(ask, condition):
    """Ask until an answer is as it should be; return the last one."""
    end = time.monotonic() + 30
    while not condition(answer := ask()) and time.monotonic() < end:
        time.sleep(0.02)
    return answer


def test_an_extension_whose_process_is_killed_is_lost(ada):
    volume = ada.volume(size=5)
    ada.settled(volume)
    body = {'os-extend': {'new_size': 6}}
    accepted = ada('POST', f'{volume}/action', body)
    request_id = accepted.headers['X-Openstack-Request-Id']
    database = os.environ['VOLUMES_DATABASE']

    def shown():
        return ada('GET', volume).json['volume']

    with beside('-c', STUCK, database) as stuck:
        assert stuck.stdout.readline() == 'in the second step\n'
        assert shown()['status'] == 'extending'
    assert stuck.returncode == -signal.SIGKILL
    with beside(FOLDER / 'extender.py', database) as sweeping:
        last = eventually(shown, lambda one: one['status'] != 'extending')
        assert (last['status'], last['size']) == ('error_extending', 5)
        # The message of it is written behind that.
        messages = f'/v3/bakery/messages?request_id={request_id}'
        [message] = eventually(
            lambda: ada('GET', messages).json['messages'], bool
        )
        sweeping.terminate()
        log = sweeping.stderr.read()
    assert message['resource_uuid'] == volume.rpartition('/')[2]
    assert message['user_message'] == 'The volume could not be made larger.'
    action = ada('GET', accepted.headers['Location']).json['action']
    assert action['status'] == 'lost'
    assert [
        (event['event'], event['status']) for event in action['events']
    ] == [('resize', 'lost'), ('check_quota', 'success')]
    assert f'action extend of request {request_id}' in log


def test_what_is_too_old_is_deleted_and_nothing_else(ada, tmp_path):
    reply = ada.failed()
    volume = f'{VOLUMES}/{reply.json["volume"]["id"]}'
    actions = f'{volume}/actions'
    # There is no room for two of them.
    assert ada('DELETE', volume).status_int == 202
    young = ada.failed()
    with contextlib.closing(
        sqlite3.connect(tmp_path / 'volumes-outcomes.sqlite')
    ) as db, db:
        for table, column in (
            ('errorkit_messages', 'expires_at'),
            ('errorkit_actions', 'updated_at'),
        ):
            changed = db.execute(
                f"UPDATE {table} SET {column} = '2001-01-01 00:00:00.000000'"
                ' WHERE request_id = ?',
                [reply.headers['X-Openstack-Request-Id']],
            )
            assert changed.rowcount == 1
    database = os.environ['VOLUMES_DATABASE']
    with beside(FOLDER / 'extender.py', database):
        gone = eventually(lambda: ada('GET', actions), lambda one: (
            one.status_int == 404
        ))
        assert_error(gone, 404, 'volume.action.resource_not_found')
        left = eventually(
            lambda: ada('GET', '/v3/bakery/messages').json['messages'],
            lambda all_: len(all_) == 1,
        )
    own = young.headers['X-Openstack-Request-Id']
    assert [one['request_id'] for one in left] == [own]
    actions = f'{VOLUMES}/{young.json["volume"]["id"]}/actions'
    assert len(ada('GET', actions).json['actions']) == 1


@pytest.fixture(name='asking')
def _asking(environment, monkeypatch):
    """The service with neighbours, which are served in this process."""
    monkeypatch.setattr('logging.config.dictConfig', lambda _: None)
    from volumes import image_service, quota_service

    with (
        serving(image_service.from_code()) as images,
        serving(quota_service.from_code()) as quota,
    ):
        monkeypatch.setenv('VOLUMES_IMAGE_URL', images)
        monkeypatch.setenv('VOLUMES_QUOTA_URL', quota)
        yield Client(loadapp(INI))


def test_neighbours_are_asked_and_say_yes(asking, records):
    volume = asking.volume(size=5, imageRef='debian-13')
    assert asking.settled(volume)['status'] == 'available'
    body = {'os-extend': {'new_size': 6}}
    assert asking('POST', f'{volume}/action', body).status_int == 202
    calls = [
        one.getMessage().split(' for ')[0]
        for one in records if 'used request id' in one.getMessage()
    ]
    assert calls == [
        'GET call to image', 'PUT call to quota', 'PUT call to quota'
    ]


@pytest.mark.parametrize('name', ['lemon', 'a/b', '..', '.', '', 'ü?#%2f'])
def test_an_image_that_the_image_service_has_not_is_our_404(asking, name):
    wanted = {'name': 'ice', 'size': 1, 'imageRef': name}
    reply = asking('POST', VOLUMES, {'volume': wanted})
    error = assert_error(reply, 404, 'volume.image_not_found')
    assert error['detail'] == f'There is no image {name}.'
    assert 'image.no' not in reply.text


def test_a_refusal_of_the_quota_service_is_our_413(asking, records):
    wanted = {'name': 'ice', 'size': 5000}
    reply = asking('POST', VOLUMES, {'volume': wanted})
    error = assert_error(reply, 413, 'volume.quota_exceeded')
    assert error['detail'] == 'The project may not have 5000 GiB in all.'
    assert 'quota.limit_exceeded' not in reply.text
    [line] = [
        one for one in records
        if 'an upstream service answered' in one.getMessage()
    ]
    assert '409 quota.limit_exceeded' in line.getMessage()
    assert line.request_id == error['request_id']
    volume = asking.volume(size=5)
    asking.settled(volume)
    body = {'os-extend': {'new_size': 1001}}
    reply = asking('POST', f'{volume}/action', body)
    assert_error(reply, 413, 'volume.quota_exceeded')
    assert asking('GET', volume).json['volume']['status'] == 'available'


def broken(environ, start_response):
    start_response('500 Sorry', [('Content-Type', 'text/plain')])
    return [b'KeyError in storage-3']


def moved(environ, start_response):
    start_response('304 Not Modified', [])
    return []


@pytest.mark.parametrize('kind', ['away', broken, moved])
@pytest.mark.parametrize('service', ['image', 'quota'])
def test_a_neighbour_that_fails_is_a_502_that_says_nothing_private(
    environment, monkeypatch, service, kind
):
    with contextlib.ExitStack() as stack:
        if kind == 'away':
            with socket.create_server(('127.0.0.1', 0)) as gone:
                url = f'http://127.0.0.1:{gone.getsockname()[1]}'
        else:
            url = stack.enter_context(serving(kind))
        monkeypatch.setenv(f'VOLUMES_{service.upper()}_URL', url)
        ada = Client(loadapp(INI))
        wanted = {'name': 'ice', 'size': 1, 'imageRef': 'cirros'}
        reply = ada('POST', VOLUMES, {'volume': wanted})
    error = assert_error(reply, 502, 'volume.neighbour_failed')
    assert error['retry'] == 'later'
    told = reply.text + str(reply.headers)
    assert [word for word in (*PRIVATE, '127.0.0.1') if word in told] == []


def test_the_small_services_have_codes_of_their_own(environment, monkeypatch):
    monkeypatch.setattr('logging.config.dictConfig', lambda _: None)
    from volumes import image_service, quota_service

    images = Client(image_service.from_code())
    assert images('GET', '/v2/images/cirros').json['status'] == 'active'
    for method, path, status, code in (
        ('GET', '/v2/images/lemon', 404, 'image.no_such_image'),
        ('GET', '/v2/images/', 404, 'image.not_found'),
        ('GET', '/', 404, 'image.not_found'),
        ('PUT', '/v2/images/cirros', 405, 'image.method_not_allowed'),
    ):
        assert_error(images(method, path), status, code)
    quota = Client(quota_service.from_code())
    put = '/v1/bakery/reservations'
    assert quota('PUT', put, {'gigabytes': 1000}).json['limit'] == 1000
    for method, path, body, status, code in (
        ('PUT', put, {'gigabytes': 1001}, 409, 'quota.limit_exceeded'),
        ('PUT', put, {'gigabytes': True}, 400, 'quota.malformed_body'),
        ('PUT', put, {'gigabytes': -1}, 400, 'quota.malformed_body'),
        ('PUT', put, [], 400, 'quota.malformed_body'),
        ('PUT', put, b'\xff', 400, 'quota.malformed_body'),
        ('PUT', put, b'[' * 100_000, 400, 'quota.malformed_body'),
        ('GET', put, b'', 405, 'quota.method_not_allowed'),
        ('PUT', '/v1//reservations', b'', 404, 'quota.not_found'),
    ):
        assert_error(quota(method, path, body), status, code)


@pytest.mark.parametrize('arc', ARCS, ids=lambda path: path.stem)
def test_an_arc_of_the_gabbits_holds(environment, tmp_path, arc):
    # gabbi runs a whole folder; the other arcs are about other services.
    shutil.copy(arc, tmp_path)
    application = loadapp(INI)
    suite = gabbi.driver.build_tests(
        str(tmp_path),
        unittest.TestLoader(),
        intercept=lambda: application,
        response_handlers=gabbi_response_handlers,
    )
    result = unittest.TestResult()
    suite.run(result)
    assert [text for _, text in result.failures + result.errors] == []
    assert result.testsRun >= 13
    assert not result.skipped


@pytest.mark.server
def test_the_demonstration_finds_everything_as_it_says():
    done = subprocess.run(
        [sys.executable, FOLDER / 'demo.py'],
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert '\x1b' not in done.stdout
    assert max(len(line) for line in done.stdout.splitlines()) <= 100


@pytest.mark.server
def test_cinder_create_poll_tells_its_user_why_it_failed(
    environment, tmp_path
):
    from volumes.stage import Server

    with Server() as server:
        done = subprocess.run(
            [
                *(sys.executable, '-W', 'ignore', '-m', 'cinderclient.shell'),
                *('--os-auth-type', 'noauth', '--os-user-id', 'ada'),
                *('--os-project-id', 'bakery', '--os-volume-api-version'),
                *('3.70', '--os-endpoint'),
                f'http://127.0.0.1:{server.port}/v3/bakery',
                *('create', '--poll', '--name', 'the sea', '600'),
            ],
            capture_output=True,
            text=True,
            env={'HOME': str(tmp_path)},
            timeout=60,
        )
    assert done.returncode == 1, done.stdout + done.stderr
    assert 'No storage could be allocated for this volume request.' in (
        done.stderr
    )


@pytest.mark.server
def test_ctrl_c_stops_the_server_and_its_workers(tmp_path):
    database = tmp_path / 'volumes.sqlite'
    with subprocess.Popen(
        [
            sys.executable,
            FOLDER / 'serve.py',
            '--port=0',
            f'--database={database}',
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as server:
        for line in server.stdout:
            if 'Booting worker' in line:
                break
        server.send_signal(signal.SIGINT)
        rest = server.stdout.read()
    assert server.returncode == 0
    assert 'Traceback' not in rest


@pytest.mark.server
def test_a_port_that_is_taken_is_told_and_nothing_is_left_running():
    with socket.create_server(('127.0.0.1', 0)) as taken:
        # It returns when all that have its output are gone.
        done = subprocess.run(
            [
                *(sys.executable, FOLDER / 'serve.py'),
                f'--port={taken.getsockname()[1]}',
            ],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=60,
        )
    assert done.returncode == 2
    assert 'Address already in use' in done.stdout
    assert 'Traceback' not in done.stdout
