# SPDX-License-Identifier: Apache-2.0
"""The pages of actions and faults from a paste ini file."""

import contextlib
import sys
import types

import pytest
import webob
from action_service import VOLUMES
from message_samples import NO_ROOM, NoRoom, context
from paste.deploy import loadapp
from recorded import ASKED, Book, asked

from errorkit.exceptions import ConfigError
from errorkit.outcomes.actions.memory import MemoryActions

NEEDED = {'actions': 'volumes_of_paste:ACTIONS', 'service_type': 'volume'}
PAGES = {**NEEDED, 'resource_type': 'VOLUME'}


@pytest.fixture(autouse=True)
def _service(monkeypatch):
    """A module of a service, as an ini file names it."""
    book = Book(MemoryActions(), exceptions={NoRoom: (503, str(NO_ROOM))})
    with (
        contextlib.suppress(NoRoom),
        book.record() as action,
        action.event('resize'),
    ):
        raise NoRoom
    made = types.ModuleType('volumes_of_paste')
    made.ACTIONS = book.actions
    made.CATALOG = VOLUMES
    made.resource = lambda context, id: 'deleted'
    made.refuse = lambda *asked: False
    made.context_of = lambda environ: asked()
    made.admin_of = lambda environ: context('ops', is_admin=True)
    monkeypatch.setitem(sys.modules, made.__name__, made)


@pytest.fixture
def load(tmp_path):
    """Load an application by its options."""
    def loaded(name, options):
        config = tmp_path / 'service.ini'
        config.write_text('\n'.join([
            '[app:main]', f'use = egg:errorkit#{name}',
            *(f'{option} = {value}' for option, value in options.items())]))
        return loadapp(f'config:{config}')

    return loaded


def ask(application, path):
    """Return the response to a request."""
    return webob.Request.blank(path).get_response(application)


def test_the_neutral_pages_with_all_options(load):
    application = load('actions', {
        **PAGES, 'collection': 'volumes',
        'catalog': 'volumes_of_paste:CATALOG',
        'context_of': 'volumes_of_paste:context_of',
        'public_endpoint': 'https://api.example/', 'what': 'Volume',
        'format': 'errors'})
    [shown] = ask(application, '/volumes/vol-1/actions').json['actions']
    assert shown['code'] == 'volume.no_room'
    assert shown['links'][0]['href'] == (
        f'https://api.example/volumes/vol-1/actions/{ASKED}')
    assert shown['links'][1]['rel'] == 'help'
    missing = ask(application, '/volumes/vol-2/actions').json
    assert list(missing) == ['errors']
    assert missing['errors'][0]['detail'] == (
        'Volume vol-2 could not be found.')


def test_novas_pages(load):
    application = load('actions', {
        **PAGES, 'preset': 'nova', 'resource': 'volumes_of_paste:resource',
        'context_of': 'volumes_of_paste:context_of'})
    body = ask(application, '/servers/vol-1/os-instance-actions').json
    assert body['instanceActions'][0]['action'] == 'extend'


def test_the_page_of_faults(load):
    options = {**NEEDED, 'context_of': 'volumes_of_paste:admin_of',
               'catalog': 'volumes_of_paste:CATALOG',
               'public_endpoint': 'https://api.example', 'format': 'bridge'}
    body = ask(load('faults', options), '/faults?limit=1').json
    assert body['faults'][0]['error_code'] == 'volume.no_room'
    assert body['faults_links'][0]['href'].startswith(
        'https://api.example/faults?limit=1&marker=')


@pytest.mark.parametrize(('name', 'path'), [
    ('actions', '/resources/vol-1/actions'), ('faults', '/faults')])
def test_a_policy_is_named_too(load, name, path):
    options = {**(PAGES if name == 'actions' else NEEDED),
               'policy': 'volumes_of_paste:refuse',
               'context_of': 'volumes_of_paste:admin_of'}
    assert ask(load(name, options), path).status_int == 403


@pytest.mark.parametrize(('name', 'options', 'word'), [
    ('actions', {}, 'actions'), ('actions', NEEDED, 'resource_type'),
    ('actions', {**PAGES, 'colour': 'red'}, 'colour'),
    ('actions', {**PAGES, 'preset': 'cinder'}, 'preset'),
    ('actions', {**PAGES, 'actions': 'volumes_of_paste:CATALOG'}, 'actions'),
    ('actions', {**PAGES, 'policy': 'no.such:thing'}, 'policy'),
    ('actions', {**PAGES, 'format': 'xml'}, 'format'),
    ('faults', {}, 'actions'), ('faults', {**NEEDED, 'x': '1'}, 'x'),
    ('faults', {**NEEDED, 'public_endpoint': 'x'}, 'public_endpoint'),
])
def test_a_bad_option_is_named(load, name, options, word):
    with pytest.raises(ConfigError, match=word):
        load(name, options)
