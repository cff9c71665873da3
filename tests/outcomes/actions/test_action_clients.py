# SPDX-License-Identifier: Apache-2.0
"""The clients people have, against nova's pages on loopback."""

import contextlib
import json
import subprocess
import sys
import uuid

import pytest
import webob
import webob.dec
from action_service import ADMIN, NEWEST, OWNER, wrapped
from keystoneauth1 import noauth, session
from loopback import serving
from message_samples import NO_ROOM, NoRoom
from novaclient import api_versions, exceptions
from novaclient import client as nova_client
from recorded import ASKED, asked
from rest_service import Noted

from errorkit.domain import Known
from errorkit.outcomes.actions import Actions
from errorkit.outcomes.actions.memory import MemoryActions
from errorkit.outcomes.rest.actions import ActionPages

pytestmark = [pytest.mark.server, pytest.mark.filterwarnings(
    'ignore::openstack.warnings.RemovedInSDK50Warning')]

SERVER = str(uuid.uuid4())
FIRST = 'req-33333333-3333-4333-8333-333333333333'
VERSIONS = ['2.1', '2.51', '2.58', '2.84']
ROLES = ['owner', 'admin']


class WithServers:
    """The pages, and the server itself, which clients look for first."""

    def __init__(self, pages):
        self._pages = pages

    def __call__(self, environ, start_response):
        found = self._pages
        if environ['PATH_INFO'] == f'/servers/{SERVER}':
            found = self._show
        return found(environ, start_response)

    @webob.dec.wsgify
    def _show(self, request):
        return webob.Response(json_body={'server': {
            'id': SERVER, 'name': 'web', 'status': 'ERROR', 'links': []}})


@pytest.fixture(scope='module')
def actions():
    """A recorder with an action that went well and one that did not."""
    found = Actions(MemoryActions(), host='here', exceptions={
        NoRoom: Known(503, str(NO_ROOM), detail='No backend has room.')})
    with found.record(asked(request_id=FIRST), 'create', 'SERVER',
                      SERVER) as action, action.event('build'):
        pass
    with (
        contextlib.suppress(NoRoom),
        found.record(asked(), 'resize', 'SERVER', SERVER) as action,
        action.event('migrate'),
    ):
        raise NoRoom('storage-3')
    return found


@pytest.fixture(scope='module')
def urls(actions):
    """Where owners and admins find them, each their own; and what was asked.

    With the authentication of type none nobody says who he is.
    """
    with contextlib.ExitStack() as stack:
        found = {}
        for role, who in zip(ROLES, (OWNER, ADMIN), strict=True):
            noted = Noted(wrapped(WithServers(ActionPages(
                actions, service_type='compute', resource_type='SERVER',
                preset='nova')), who))
            found[role] = stack.enter_context(serving(noted)), noted
        yield found


@pytest.fixture
def connected():
    """A session of keystoneauth1 without authentication."""
    found = session.Session(auth=noauth.NoAuth())
    yield found
    found.session.close()


def calls(urls, connected, role, version):
    """Return python-novaclient's calls for actions."""
    return nova_client.Client(
        version, session=connected,
        endpoint_override=f'{urls[role][0]}/v2.1').instance_action


@pytest.mark.parametrize('version', VERSIONS)
@pytest.mark.parametrize('role', ROLES)
def test_novaclient_lists_and_shows(urls, connected, role, version):
    found = calls(urls, connected, role, version)
    assert [(one.action, one.request_id, one.message)
            for one in found.list(SERVER)] == [
        ('resize', ASKED, 'Error'), ('create', FIRST, None)]
    shown = found.get(SERVER, ASKED)
    assert (shown.action, shown.instance_uuid, shown.project_id) == (
        'resize', SERVER, 'alpha')
    has_events = role == 'admin' or version != '2.1'
    assert hasattr(shown, 'events') == has_events
    assert hasattr(shown, 'updated_at') == (version in ('2.58', '2.84'))
    if has_events:
        [event] = shown.events
        assert (event['event'], event['result']) == ('migrate', 'Error')
        assert ('traceback' in event) == (role == 'admin')
        assert ('hostId' in event) == (version == '2.84')
        assert ('host' in event) == ('details' in event) == (
            version == '2.84' and role == 'admin')


@pytest.mark.parametrize('role', ROLES)
def test_novaclient_goes_from_page_to_page(urls, connected, role):
    found = calls(urls, connected, role, '2.84')
    [first] = found.list(SERVER, limit=1)
    [second] = found.list(SERVER, limit=1, marker=first.request_id)
    assert (first.request_id, second.request_id) == (ASKED, FIRST)
    assert found.list(SERVER, limit=1, marker=FIRST) == []
    assert [one.action for one in found.list(
        SERVER, changes_since=f'{first.updated_at}Z')] == ['resize']
    assert [one.action for one in found.list(
        SERVER, changes_since='2020-01-01T00:00:00+00:00',
        changes_before=f'{second.updated_at}Z')] == ['create']


def test_novaclient_tells_what_was_wrong(urls, connected):
    found = calls(urls, connected, 'owner', '2.84')
    with pytest.raises(exceptions.NotFound) as caught:
        found.get(SERVER, 'req-none')
    assert caught.value.message == 'Action req-none not found'
    assert caught.value.request_id.startswith('req-')
    with pytest.raises(exceptions.NotFound, match='could not be found'):
        found.list('none')
    with pytest.raises(exceptions.BadRequest, match='Marker none'):
        found.list(SERVER, marker='none')
    with pytest.raises(exceptions.BadRequest, match='less than or equal'):
        found.list(SERVER, changes_since='2026-01-02T00:00:00Z',
                   changes_before='2026-01-01T00:00:00Z')


def test_novaclient_finds_the_newest_version(urls, connected):
    found = api_versions.discover_version(
        nova_client.Client(
            '2.1', session=connected,
            endpoint_override=f'{urls["owner"][0]}/v2.1'),
        api_versions.APIVersion('2.latest'))
    # The newest that both know.
    assert api_versions.APIVersion('2.90') <= found
    assert found <= api_versions.APIVersion(NEWEST)


def command(urls, role, version, *arguments, status=0):
    """Run ``openstack server event``; return what it printed and said."""
    done = subprocess.run(
        [sys.executable, '-W', 'ignore', '-m', 'openstackclient.shell',
         '--os-auth-type', 'none', '--os-endpoint', f'{urls[role][0]}/v2.1',
         '--os-compute-api-version', version, 'server', 'event', *arguments],
        capture_output=True, text=True, timeout=120, check=False,
        env={'PATH': '/usr/bin:/bin', 'HOME': '/nonexistent',
             'LC_ALL': 'C.UTF-8'},
    )
    assert done.returncode == status, done.stderr
    return done.stdout, done.stderr


@pytest.mark.parametrize(('version', 'role'), [
    ('2.1', 'admin'), ('2.51', 'owner'), ('2.58', 'owner'),
    ('2.84', 'admin')])
def test_the_openstack_command_lists_and_shows(urls, role, version):
    listed = json.loads(command(
        urls, role, version, 'list', SERVER, '--long', '-f', 'json')[0])
    assert [(one['Request ID'], one['Action'], one['Message'])
            for one in listed] == [
        (ASKED, 'resize', 'Error'), (FIRST, 'create', None)]
    shown = json.loads(command(
        urls, role, version, 'show', SERVER, ASKED, '-f', 'json')[0])
    assert (shown['action'], shown['message']) == ('resize', 'Error')
    [event] = shown['events']
    assert event['event'] == 'migrate'
    if version == '2.84':
        assert event['details'] == 'No backend has room.'


def test_the_openstack_command_lists_for_an_owner_at_2_1(urls):
    # It shows none: it reckons with events, which owners get from 2.51 on.
    listed = json.loads(command(
        urls, 'owner', '2.1', 'list', SERVER, '-f', 'json')[0])
    assert [one['Action'] for one in listed] == ['resize', 'create']


def test_the_openstack_command_pages_and_tells_what_was_wrong(urls):
    noted = urls['owner'][1]
    noted.answers.clear()
    out, _ = command(
        urls, 'owner', '2.84', 'list', SERVER, '--limit', '1', '--marker',
        ASKED, '--changes-since', '2020-01-01T00:00:00Z',
        '--changes-before', '2099-01-01T00:00:00Z', '-f', 'json')
    assert [one['Action'] for one in json.loads(out)] == ['create']
    assert 'Action req-none not found' in command(
        urls, 'owner', '2.84', 'show', SERVER, 'req-none', status=1)[1]
    assert {status for *_, status in noted.answers} == {200, 404}
