# SPDX-License-Identifier: Apache-2.0
"""Faults in resources: exactly as the guide has them, for who may see them."""

import contextlib
import datetime

import pytest
import sqlalchemy.event
from action_engines import shared, store  # noqa: F401
from message_samples import NO_ROOM, VOLUME, NoRoom, context
from recorded import ASKED, Book, asked

from errorkit.domain import Known
from errorkit.exceptions import ConfigError
from errorkit.outcomes.actions.memory import MemoryActions
from errorkit.outcomes.actions.records import Fault
from errorkit.outcomes.exceptions import (
    InvalidInput,
    MarkerNotFound,
    NotAllowed,
)
from errorkit.outcomes.fault_listing import faults_of_all_projects
from errorkit.outcomes.faults import STATES, Faults

ROOT = context('ops', is_admin=True)
OWNER = context('alpha', user_id='ada')


class Private(Exception):
    """Its text is nobody's business."""


def fail(book, raised=None, id='vol-1', details=None, **members):
    """Let an action fail, and so leave a fault."""
    with (
        contextlib.suppress(type(raised or Private())),
        book.actions.record(
            asked(**members), 'extend', 'VOLUME', id, details=details),
    ):
        raise raised or Private('storage-3: password=hunter2')


def volume(id='vol-1', status='ERROR', **members):
    """Return a resource."""
    return {'id': id, 'status': status, **members}


def embedded(faults, resource=None, context=OWNER):
    """Return the fault that stands in a resource, or None."""
    resource = resource or volume()
    faults.embed(context, resource)
    return resource.get('fault')


@pytest.fixture
def book(store):  # noqa: F811
    """A recorder on each database, which is empty."""
    return Book(store, exceptions={NoRoom: Known(
        503, str(NO_ROOM), detail='No backend has room.')})


@pytest.fixture
def faults(book):
    """The faults of its volumes."""
    return Faults(book.reads, 'VOLUME')


def test_a_fault_is_exactly_the_guides(book, faults):
    fail(book)
    mine, admins = embedded(faults), embedded(faults, context=ROOT)
    assert list(mine) == ['code', 'created', 'message']
    assert (mine['code'], mine['message']) == (500, 'Private')
    assert datetime.datetime.strptime(
        mine['created'], '%Y-%m-%dT%H:%M:%SZ').year >= 2026
    assert list(admins) == ['code', 'created', 'message', 'details']
    assert admins['details'].startswith('Traceback')
    assert {**admins, 'details': None} == {**mine, 'details': None}


def test_the_times_of_the_guides_are_written_as_there():
    faults = Faults(MemoryActions(), 'VOLUME')
    fault = Fault(
        'f', 'alpha', 'VOLUME', 'v', 'a', 'e', 'r', 404,
        'Could not find image 5', details='Fault details', public=True,
        created_at=datetime.datetime(
            2010, 8, 10, 13, 59, 59, 999999, datetime.timezone(
                datetime.timedelta(hours=2))))
    assert faults.view(fault) == {
        'code': 404, 'created': '2010-08-10T11:59:59Z',
        'message': 'Could not find image 5', 'details': 'Fault details'}


def test_nothing_of_an_unsafe_exception_is_for_its_owner(book, faults):
    fail(book)
    assert 'storage-3' not in str(embedded(faults))
    admins = embedded(faults, context=ROOT)
    assert 'storage-3' in admins['details']
    assert 'hunter2' not in admins['details']


@pytest.mark.parametrize(('state', 'shows'), [
    ('ERROR', True), ('DELETED', True), ('error', True), ('ACTIVE', False),
    ('', False), (None, False), (5, False)])
def test_a_fault_is_there_in_its_states_and_absent_in_others(
        book, faults, state, shows):
    fail(book)
    resource = volume(status=state)
    faults.embed(OWNER, resource)
    assert ('fault' in resource) == shows
    assert {name: resource[name] for name in ('id', 'status')} == volume(
        status=state)
    everywhere = Faults(book.reads, 'VOLUME', states=None)
    assert embedded(everywhere, volume(status=state)) is not None


def test_the_states_and_members_are_the_services(book):
    fail(book)
    faults = Faults(
        book.reads, 'VOLUME', states=iter(['error_extending']),
        id_member='uuid', state_member='state', more=True)
    found = embedded(faults, {'uuid': 'vol-1', 'state': 'error_extending'})
    assert (found['request_id'], found['error_code']) == (ASKED, None)
    assert embedded(faults, {'id': 'vol-1', 'state': 'error_extending'}
                    ) is None
    assert embedded(faults, {'uuid': 'vol-1', 'state': 'ERROR'}) is None
    assert STATES == ('ERROR', 'DELETED')


@pytest.mark.parametrize(('raised', 'details', 'code', 'shown'), [
    (NoRoom(), None, 503, None),
    (NoRoom(), 'Zone 4 is full.', 503, 'Zone 4 is full.'),
    (NoRoom(), '', 503, None),
    (Private(), 'Zone 4 is full.', 500, None),
    (Private(), None, 500, None),
])
def test_an_owner_sees_details_that_are_his_and_of_no_500(
        book, faults, raised, details, code, shown):
    fail(book, raised, details=lambda exc: details)
    found = embedded(faults)
    assert (found['code'], found.get('details')) == (code, shown)
    admins = embedded(faults, context=ROOT)
    assert admins['details'] == details if details else (
        admins['details'].startswith('Traceback'))


def test_the_newest_is_shown_and_all_are_kept(book, faults):
    fail(book)
    fail(book, NoRoom(), request_id='req-2')
    assert embedded(faults)['message'] == 'No backend has room.'
    assert [one.message for one in book.faults] == [
        'Private', 'No backend has room.']


def test_a_resource_without_a_fault_has_no_member(faults):
    assert 'fault' not in volume()
    assert embedded(faults) is None


def test_the_fault_of_another_project_is_never_shown(book, faults):
    fail(book, project_id='beta')
    assert embedded(faults) is None
    assert embedded(faults, context=context('beta')) is not None
    assert embedded(faults, context=ROOT) is not None
    for nobody in (None, context(None), object()):
        assert embedded(faults, context=nobody) is None


def test_who_sees_all_is_the_services_to_say(book):
    fail(book, project_id='beta')
    asked_of = []
    for answer in (1, 'yes', None):
        def sees_all(context, answer=answer):
            asked_of.append(context)
            return answer

        faults = Faults(book.reads, 'VOLUME', sees_all=sees_all)
        assert embedded(faults) is None
    assert asked_of == [OWNER] * 3
    assert 'details' in embedded(Faults(
        book.reads, 'VOLUME', sees_all=lambda context: True))


def test_a_thousand_resources_are_one_query(book, faults):
    for number in range(3):
        fail(book, id=f'vol-{number}', request_id=f'req-{number}')
    resources = [volume(f'vol-{number}') for number in range(1000)]
    asked_for = []

    def see(connection, cursor, statement, *rest):
        asked_for.append(statement)

    engine = book.reads.database.engine
    sqlalchemy.event.listen(engine, 'before_cursor_execute', see)
    try:
        faults.embed_many(OWNER, resources)
        faults.embed_many(OWNER, [volume(status='ACTIVE')] * 10)
        faults.embed_many(OWNER, [])
    finally:
        sqlalchemy.event.remove(engine, 'before_cursor_execute', see)
    assert len(asked_for) == 1
    assert [one['id'] for one in resources if 'fault' in one] == [
        'vol-0', 'vol-1', 'vol-2']


def test_one_resource_may_be_listed_twice_and_lazily(book, faults):
    fail(book)
    made = [volume(), volume(), volume('vol-2')]
    faults.embed_many(OWNER, iter(made))
    assert ['fault' in one for one in made] == [True, True, False]


@pytest.mark.parametrize('id', [None, '', 'a\0', 'x' * 400, 5, '\ud800', []])
def test_an_id_that_no_store_has_gives_none(faults, id):
    assert embedded(faults, volume(id)) is None


def test_a_store_that_fails_leaves_the_resources_as_they_are(records):
    class Down:
        def latest_faults(self, *asked):
            raise OSError('down')

        latest_faults_of_any_project = latest_faults

    faults = Faults(Down(), 'VOLUME')
    for who in (OWNER, ROOT):
        resources = [volume(), volume('vol-2')]
        faults.embed_many(who, resources)
        assert resources == [volume(), volume('vol-2')]
    assert 'faults of 2 resources' in records[0].getMessage()


def test_states_that_are_a_text_are_refused():
    with pytest.raises(ConfigError, match='states'):
        Faults(MemoryActions(), 'VOLUME', states='ERROR')


# The list for admins.

def listed(book, filters=None, context=ROOT, **options):
    """Return the messages of a page of faults."""
    return [one.message for one in faults_of_all_projects(
        book.reads, context, filters, **options)]


def test_admins_list_the_faults_of_all(book):
    fail(book, project_id='beta', request_id='req-beta')
    fail(book, NoRoom(), id='vol-2')
    both = ['No backend has room.', 'Private']
    assert listed(book) == both
    for filters, found in (
            ({'resource_id': 'vol-2'}, both[:1]),
            ({'resource_type': 'VOLUME'}, both),
            ({'resource_type': 'SERVER'}, []),
            ({'request_id': 'req-beta'}, both[1:]),
            ({'error_code': 'volume.no_room'}, both[:1]),
            ({'global_request_id': book.faults[0].global_request_id}, both),
            ({'error_code': 'volume.no_room', 'resource_id': 'v'}, [])):
        assert listed(book, filters) == found
    first = book.faults[0].created_at
    second = book.faults[1].created_at
    assert listed(book, since=second) == both[:1]
    assert listed(book, before=second, since=first) == both[1:]
    assert listed(book, limit=1) == both[:1]
    assert listed(book, limit='0') == []


def test_faults_are_listed_by_a_declared_resource_type(book):
    fail(book)
    assert listed(book, {'resource_type': VOLUME}) == ['Private']


def test_pages_of_faults_show_each_once(book):
    for number in range(5):
        fail(book, id=f'vol-{number}', request_id=f'req-{number}')
    seen, marker = [], None
    for _ in range(6):
        page = faults_of_all_projects(
            book.reads, ROOT, None, marker, 2, cursor_key=b'key')
        seen += [one.resource_id for one in page]
        marker = page.next_marker
        if marker is None:
            break
    assert seen == [f'vol-{number}' for number in range(4, -1, -1)]


def test_nobody_else_lists_them(book):
    for who in (OWNER, None, context(None)):
        with pytest.raises(NotAllowed):
            listed(book, context=who)


@pytest.mark.parametrize('options', [
    {'filters': {'colour': 'red'}}, {'filters': {'request_id': 'a\0'}},
    {'limit': -1}, {'limit': 'x'},
    {'since': datetime.datetime(2026, 2, 1, tzinfo=datetime.UTC),
     'before': datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)}])
def test_a_list_that_cannot_be_is_refused(book, options):
    with pytest.raises(InvalidInput):
        listed(book, **options)


@pytest.mark.parametrize('marker', ['', 'x', 'm1.AAAA', 5])
def test_a_marker_of_nothing_is_refused(book, marker):
    with pytest.raises(MarkerNotFound):
        listed(book, marker=marker)
