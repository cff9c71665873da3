# SPDX-License-Identifier: Apache-2.0
"""The clients people have, against the messages API on loopback."""

import csv
import io
import json

import openstack
import pytest
import warm_python
from cinderclient import client as cinder
from cinderclient import exceptions
from keystoneauth1 import noauth, session
from loopback import serving
from message_samples import (
    CREATE,
    SNAPSHOT,
    UNABLE_TO_ALLOCATE,
    VOLUME,
    TooBig,
    context,
)
from openstack import exceptions as sdk_exceptions
from rest_service import Noted, api_of, wrapped

# openstacksdk warns of what it calls in itself.
pytestmark = pytest.mark.filterwarnings(
    'ignore::openstack.warnings.RemovedInSDK50Warning'
)

# What the commands import, but for their own modules.
IMPORTS = '''
import cinderclient.v3.client, cinderclient.v3.shell, cliff.app
import cliff.formatters.table, openstack.connection, osc_lib.shell
import openstackclient.common.clientmanager
import openstackclient.volume.v3.volume_message
import openstack.block_storage.v3._proxy
'''
TEXT = 'No storage could be allocated for this volume request.'


@pytest.fixture
def api():
    return api_of()


@pytest.fixture
def noted(api):
    """The service; it notes what it was asked."""
    return Noted(wrapped(api, for_sdk=True))


@pytest.fixture
def url(noted):
    """The URL of the service's root."""
    with serving(noted) as found:
        yield found


@pytest.fixture
def made(api):
    """The ids of five messages of the project, the newest first."""
    found = [
        api.create(context(request_id=f'req-{number}'), UNABLE_TO_ALLOCATE,
                   'alpha', VOLUME, f'volume-{number % 2}').id
        for number in range(4)]
    found.append(api.create(
        context(request_id='req-4'), CREATE, 'alpha', SNAPSHOT, 's', 'INFO',
        exception=TooBig(4)).id)
    api.create(context('beta'), UNABLE_TO_ALLOCATE, 'beta')
    return found[::-1]


@pytest.fixture
def connected():
    """A session of keystoneauth1 without authentication."""
    found = session.Session(auth=noauth.NoAuth())
    yield found
    found.session.close()


@pytest.fixture
def messages(url, connected):
    """python-cinderclient's calls for messages."""
    return cinder.Client(
        '3.70', session=connected, endpoint_override=f'{url}/v3/alpha',
    ).messages


@pytest.fixture
def volume(url, connected):
    """openstacksdk's calls for volumes."""
    return openstack.connection.Connection(
        session=connected,
        block_storage_endpoint_override=f'{url}/v3/alpha',
        block_storage_api_version='3',
        block_storage_default_microversion='3.70',
    ).block_storage


def ids(found):
    """Return the ids of messages."""
    return [one.id for one in found]


def test_cinderclient_lists_with_filters_order_and_limit(messages, made):
    assert ids(messages.list()) == made
    assert ids(messages.list(sort='created_at:asc')) == made[::-1]
    assert ids(messages.list(
        search_opts={'request_id': 'req-2'})) == [made[2]]
    assert ids(messages.list(search_opts={
        'resource_type': 'VOLUME', 'resource_uuid': 'volume-1',
    }, sort='created_at')) == [made[1], made[3]]
    assert ids(messages.list(search_opts={'message_level': 'INFO'})) == (
        made[:1])
    assert ids(messages.list(limit=2)) == made[:2]
    assert ids(messages.list(marker=made[1], limit=2)) == made[2:4]
    assert messages.list(search_opts={'request_id': 'none'}) == []


def test_cinderclient_follows_the_pages_itself(api, messages, made, noted):
    api.max_limit = 2
    assert ids(messages.list()) == made
    assert ids(messages.list(limit=3)) == made[:3]
    assert ids(messages.list(sort='created_at:asc')) == made[::-1]
    assert len([one for one in noted.answers if 'marker=' in one[2]]) == 5


def test_cinderclient_shows_and_deletes(messages, made):
    one = messages.get(made[0])
    assert one.user_message == 'create volume:At most 4 GiB.'
    assert one.event_id == 'VOLUME_VOLUME_SNAPSHOT_006_008'
    assert one.message_level == 'INFO'
    one.delete()
    messages.delete(made[1])
    for id in made[:2]:
        for call in (messages.get, messages.delete):
            with pytest.raises(exceptions.NotFound) as caught:
                call(id)
            assert caught.value.message == (
                f'Message {id} could not be found.')
            assert caught.value.request_id.startswith('req-')
    assert ids(messages.list()) == made[2:]


def test_cinderclient_finds_one_of_its_own_project(api, messages, made):
    # It always asks for all tenants.
    found = messages.find(request_id='req-3')
    assert (found.id, found.user_message) == (made[1], TEXT)
    with pytest.raises(exceptions.NotFound):
        messages.find(request_id='none')


@pytest.mark.parametrize(('arguments', 'word'), [
    ({'limit': -1}, 'limit'), ({'limit': 'x'}, 'limit'),
    ({'search_opts': {'colour': 'red'}}, 'colour'),
])
def test_cinderclient_tells_what_was_wrong(messages, arguments, word):
    with pytest.raises(exceptions.BadRequest) as caught:
        messages.list(**arguments)
    assert word in caught.value.message


def test_cinderclient_tells_which_marker_is_not_there(messages):
    with pytest.raises(exceptions.NotFound) as caught:
        messages.list(marker='nothing')
    assert 'nothing' in caught.value.message


@pytest.mark.parametrize('version', ['3.3', '3.4'])
def test_an_older_cinderclient_gets_all(url, connected, made, version):
    older = cinder.Client(
        version, session=connected, endpoint_override=f'{url}/v3/alpha')
    assert ids(older.messages.list()) == made


def test_openstacksdk_lists_shows_and_deletes(volume, made):
    assert ids(volume.messages()) == made
    assert ids(volume.messages(limit=2)) == made
    assert ids(volume.messages(marker=made[2])) == made[3:]
    assert volume.get_message(made[1]).user_message == TEXT
    volume.delete_message(made[1], ignore_missing=False)
    with pytest.raises(sdk_exceptions.NotFoundException):
        volume.delete_message(made[1], ignore_missing=False)
    volume.delete_message(made[1])


def test_openstacksdk_lists_a_project_for_an_admin(api, volume, made):
    [foreign] = volume.messages(project_id='beta')
    assert foreign.id not in made


@pytest.fixture(scope='module')
def run(tmp_path_factory):
    """What runs a client's command; gives what it printed and what it said."""
    folder = tmp_path_factory.mktemp('clients')
    with warm_python.having(
            IMPORTS, folder, '-W', 'ignore') as python:

        def run(module, *arguments, status=0):
            found, out, err = python.run(module, arguments, folder, {
                'PATH': '/usr/bin:/bin', 'HOME': '/nonexistent',
                'LC_ALL': 'C.UTF-8'})
            assert found == status, err
            return out, err

        yield run


def test_the_openstack_command_lists_shows_and_deletes(
        run, url, made, noted):
    def message(*arguments, status=0):
        return run(
            'openstackclient.shell', '--os-auth-type', 'none',
            '--os-endpoint', f'{url}/v3/alpha',
            '--os-volume-api-version', '3.70', 'volume', 'message',
            *arguments, status=status)

    listed = json.loads(message('list', '-f', 'json')[0])
    assert [one['ID'] for one in listed] == made
    assert listed[1]['User Message'] == TEXT
    assert listed[1]['Request ID'] == 'req-3'
    rows = list(csv.DictReader(io.StringIO(message(
        'list', '--limit', '2', '-f', 'csv')[0])))
    # It takes the limit for the size of a page, and follows the links.
    assert [row['ID'] for row in rows] == made
    shown = json.loads(message('show', made[0], '-f', 'json')[0])
    assert shown['User Message'] == 'create volume:At most 4 GiB.'
    assert shown['Resource UUID'] == 's'
    assert message('delete', made[0], made[1]) == ('', '')
    assert 'Failed to delete 1 of 1' in message(
        'delete', made[0], status=1)[1]
    assert 'could not be found' in message('show', made[0], status=1)[1]
    assert {status for *_, status in noted.answers} == {200, 204, 404}


def test_the_cinder_command_lists_shows_and_deletes(run, url, made):
    def command(*arguments, status=0):
        return run(
            'cinderclient.shell', '--os-auth-type', 'noauth',
            '--os-user-id', 'ada', '--os-project-id', 'alpha',
            '--os-endpoint', f'{url}/v3',
            '--os-volume-api-version', '3.70', *arguments, status=status)

    listed, _ = command('message-list')
    assert [id for id in made if id in listed] == made
    listed, _ = command(
        'message-list', '--filters', 'request_id=req-2', '--limit', '4')
    assert [id for id in made if id in listed] == [made[2]]
    assert TEXT in listed
    assert TEXT in command('message-show', made[1])[0]
    assert command('message-delete', made[1]) == ('', '')
    assert made[1] in command('message-show', made[1], status=1)[1]
    assert 'colour' in command(
        'message-list', '--filters', 'colour=red', status=1)[1]
