# SPDX-License-Identifier: Apache-2.0
"""Reading messages: one's own, in one's language, page by page."""

import base64
import datetime
import json
import pickle

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from message_samples import (
    CREATE,
    DAY,
    LIMIT,
    NO_ROOM,
    NOW,
    PERMITTED,
    TOO_BIG,
    UNABLE_TO_ALLOCATE,
    VOLUME,
    Clock,
    TooBig,
    context,
    message,
)

from errorkit.outcomes import cursor, listing
from errorkit.outcomes.exceptions import (
    InvalidInput,
    MarkerNotFound,
    MessageNotFound,
    NotAllowed,
)
from errorkit.outcomes.memory import MemoryStore
from errorkit.outcomes.messages import API
from errorkit.outcomes.records import Order, Page

ORDER = (Order('created_at'), Order('id'))
ADMIN = context('beta', is_admin=True)


@pytest.fixture
def api():
    return API(MemoryStore(), permitted=PERMITTED, clock=Clock())


def fill(api, number, project='alpha'):
    """Create messages; return their ids, the newest first."""
    found = []
    for _ in range(number):
        api._clock.now += datetime.timedelta(microseconds=1)
        found.insert(0, api.create(None, UNABLE_TO_ALLOCATE, project).id)
    return found


class Id(str):
    """An id of a service's own type, whose text is for people."""

    def __str__(self):
        return f'<{str.__str__(self)}>'


def ids(views):
    """Return the ids of messages."""
    return [view.id for view in views]


def test_a_view_has_the_members_of_the_wire(api):
    made = api.create(
        context(request_id='req-1'), CREATE, 'alpha', VOLUME, 'v',
        exception=TooBig(4))
    view = api.get(context(), made.id)
    assert (view.id, view.event_id, view.user_message, view.message_level,
            view.resource_type, view.resource_uuid, view.created_at,
            view.guaranteed_until, view.request_id) == (
        made.id, 'VOLUME_VOLUME_006_008', 'create volume:At most 4 GiB.',
        'ERROR', 'VOLUME', 'v', NOW, NOW + 30 * DAY, 'req-1')
    assert view.code is TOO_BIG
    assert view.code is LIMIT.code
    assert pickle.loads(pickle.dumps(view)) == view


def test_a_list_of_many_texts_has_each_its_own(api):
    for limit in (1, 2):
        api.create(None, CREATE, 'alpha', VOLUME, exception=TooBig(limit))
    fill(api, 2)
    api.store.add(message(event_id='removed', created_at=NOW + DAY))
    found = [(view.user_message, view.code) for view in api.get_all(
        context(), sort_keys=['created_at'], sort_dirs=['asc'])]
    general = 'No storage could be allocated for this volume request.'
    assert sorted(found[:2]) == [
        ('create volume:At most 1 GiB.', TOO_BIG),
        ('create volume:At most 2 GiB.', TOO_BIG)]
    assert found[2:] == [
        (general, NO_ROOM), (general, NO_ROOM),
        ('An unknown error occurred.', None)]


def test_an_id_may_be_of_a_services_own_type(api):
    id, older = map(Id, fill(api, 2, 'beta'))
    own = context('beta')
    assert api.get(own, id).id == api.get_of_any_project(ADMIN, id).id == (
        str.__str__(id))
    assert ids(api.get_all(own, marker=id)) == [older]
    api.delete(own, id)
    api.delete_of_any_project(ADMIN, older)
    assert ids(api.get_all(own)) == []


@pytest.mark.parametrize('project', [None, '', 'beta', 'Alpha', 'a\0', 5])
def test_whoever_is_of_another_project_or_none_sees_nothing(api, project):
    one, two = fill(api, 2)
    stranger = context(is_admin=True)
    stranger.project_id = project
    assert api.get_all(stranger) == []
    assert api.get_all(stranger).next_marker is None
    for call in (api.get, api.delete):
        with pytest.raises(MessageNotFound):
            call(stranger, one)
    for marker in (one, api.get_all(context(), limit=1).next_marker):
        with pytest.raises(MarkerNotFound):
            api.get_all(stranger, marker=marker)
    with pytest.raises(InvalidInput):
        api.get_all(stranger, limit=-1)
    assert ids(api.get_all(context())) == [one, two]


def test_another_projects_message_is_as_one_that_is_not_there(api):
    one, = fill(api, 1)
    told = []
    for id in (one, 'nothing'):
        with pytest.raises(MessageNotFound) as caught:
            api.get(context('beta'), id)
        told.append((str(caught.value).replace(id, 'ID'),
                     type(caught.value)))
    assert told[0] == told[1]


@pytest.mark.parametrize('name', [
    'get_of_any_project', 'delete_of_any_project'])
def test_only_an_admin_reaches_any_project(api, name):
    one, = fill(api, 1)
    for who in (context(), None, context(roles=['admin'])):
        with pytest.raises(NotAllowed):
            getattr(api, name)(who, one)
        with pytest.raises(NotAllowed):
            api.get_all_of_all_projects(who)
    getattr(api, name)(ADMIN, one)
    with pytest.raises(MessageNotFound):
        getattr(api, name)(ADMIN, 'nothing')
    with pytest.raises(MessageNotFound):
        getattr(api, name)(ADMIN, '\ud800')


@pytest.mark.parametrize('almost', ['False', 'no', 1, object(), [0]])
def test_nothing_but_true_makes_an_admin(api, almost):
    one, = fill(api, 1)
    who = context('beta')
    for _ in range(2):
        with pytest.raises(NotAllowed):
            api.get_of_any_project(who, one)
        with pytest.raises(NotAllowed):
            api.delete_of_any_project(who, one)
        with pytest.raises(NotAllowed):
            api.get_all_of_all_projects(who)
        who.is_admin = almost
    api.sees_all = lambda context: almost
    with pytest.raises(NotAllowed):
        api.get_all_of_all_projects(who)


def test_who_sees_all_is_a_matter_of_policy():
    api = API(MemoryStore(), permitted=PERMITTED, clock=Clock(),
              sees_all=lambda one: 'auditor' in one.roles)
    one, = fill(api, 1)
    assert ids(api.get_all_of_all_projects(context(roles=['auditor']))) == [
        one]
    with pytest.raises(NotAllowed):
        api.get_all_of_all_projects(ADMIN)


def test_an_admin_lists_all_projects_or_one(api):
    mine, = fill(api, 1)
    other, = fill(api, 1, 'gamma')
    assert ids(api.get_all_of_all_projects(ADMIN)) == [other, mine]
    assert ids(api.get_all_of_all_projects(
        ADMIN, {'project_id': 'alpha'})) == [mine]
    assert ids(api.get_all(ADMIN)) == []
    page = api.get_all_of_all_projects(ADMIN, limit=1)
    assert ids(api.get_all_of_all_projects(
        ADMIN, marker=page.next_marker)) == [mine]
    with pytest.raises(MarkerNotFound):
        api.get_all_of_all_projects(
            ADMIN, {'project_id': 'alpha'}, marker=other)
    with pytest.raises(MarkerNotFound):
        api.get_all(context('gamma'), marker=page.next_marker)
    of_one = api.get_all_of_all_projects(
        ADMIN, {'project_id': 'alpha'}, limit=1).next_marker
    assert api.get_all_of_all_projects(
        ADMIN, {'project_id': 'alpha'}, of_one) == []
    for filters in (None, {'project_id': 'gamma'}):
        with pytest.raises(MarkerNotFound):
            api.get_all_of_all_projects(ADMIN, filters, of_one)
    with pytest.raises(InvalidInput):
        api.get_all(ADMIN, {'project_id': 'alpha'})


def test_a_page_that_is_full_has_a_next_one(api):
    due = fill(api, 4)
    first = api.get_all(context(), limit=2)
    second = api.get_all(context(), marker=first.next_marker, limit=2)
    third = api.get_all(context(), marker=second.next_marker, limit=2)
    assert ids([*first, *second]) == due
    assert third == []
    assert third.next_marker is None
    assert api.get_all(context(), limit=5).next_marker is None
    assert api.get_all(context(), limit=0).next_marker is None


def test_more_than_the_most_gives_the_most():
    api = API(MemoryStore(), permitted=PERMITTED, clock=Clock(), max_limit=3)
    due = fill(api, 5)
    for limit in (None, 4, '5', 10**30, '9' * 5000):
        page = api.get_all(context(), limit=limit)
        assert ids(page) == due[:3]
        assert page.next_marker is not None


def test_a_plain_id_is_a_marker(api):
    due = fill(api, 4)
    assert ids(api.get_all(context(), marker=due[1])) == due[2:]
    assert ids(api.get_all(context(), {'message_level': 'ERROR'},
                           due[1], 1, 1)) == [due[3]]
    assert ids(api.get_all(
        context(), None, due[1], None, None, ['created_at'], ['asc'])) == [
        due[0]]


def test_a_cursor_outlives_its_row_and_a_plain_id_does_not(api):
    due = fill(api, 4)
    marker = api.get_all(context(), limit=2).next_marker
    api.delete(context(), due[1])
    assert ids(api.get_all(context(), marker=marker)) == due[2:]
    with pytest.raises(MarkerNotFound) as caught:
        api.get_all(context(), marker=due[1])
    assert caught.value.id == due[1]
    assert due[1] in str(caught.value)


def test_a_cursor_can_stand_in_a_query_as_it_is(api):
    fill(api, 1)
    marker = api.get_all(context(), limit=1).next_marker
    assert set(marker) <= set(
        'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-')


def test_a_cursor_of_another_order_is_not_found(api):
    fill(api, 2)
    marker = api.get_all(context(), limit=1).next_marker
    with pytest.raises(MarkerNotFound):
        api.get_all(context(), marker=marker, sort_dirs=['asc'])


def test_every_host_reads_the_cursors_of_the_others():
    one = message()
    made = cursor.dump(one, ORDER, 'alpha')
    assert made == cursor.dump(one, ORDER, 'alpha')
    assert cursor.load(made, ORDER, 'alpha') == (one.created_at, one.id)


def test_with_a_key_nobody_else_makes_a_cursor():
    one = message()
    made = cursor.dump(one, ORDER, 'alpha', b'secret')
    assert cursor.load(made, ORDER, 'alpha', b'secret')
    for key in (b'', b'other'):
        with pytest.raises(MarkerNotFound):
            cursor.load(made, ORDER, 'alpha', key)


names = st.sampled_from(['created_at', 'expires_at', 'id', 'event_id',
                         'resource_uuid', 'request_id'])


@settings(deadline=None, max_examples=200)
@given(st.text(st.characters(exclude_categories=['C', 'Z']), max_size=255),
       st.lists(names, min_size=1, max_size=6, unique=True))
@example('é ' * 100 + '\N{PILE OF POO}', ['resource_uuid', 'id'])
def test_a_cursor_gives_back_what_it_was_given(text, columns):
    one = message(resource_uuid=text, created_at=datetime.datetime(
        2020, 1, 1, tzinfo=datetime.timezone(datetime.timedelta(hours=5))))
    order = tuple(Order(column) for column in columns)
    made = cursor.dump(one, order, 'alpha')
    assert cursor.load(made, order, 'alpha') == cursor.values_of(one, order)


def forged(body):
    """Return a cursor that anybody can make."""
    if not isinstance(body, bytes):
        body = json.dumps(body).encode()
    whole = cursor._digest(body, ORDER, 'alpha', b'') + body
    return 'm1.' + base64.urlsafe_b64encode(whole).decode().rstrip('=')


@pytest.mark.parametrize('body', [
    [], None, {}, 5, ['a'], ['2020-01-01T00:00:00.0'], ['x', 'y'],
    ['2020-01-01T00:00:00.000000', None],
    ['2020-01-01T00:00:00.000000', 5],
    ['2020-01-01T00:00:00.000000', 'a\0'],
    ['2020-01-01T00:00:00.000000', '\ud800'],
    ['2020-01-01T00:00:00.000000', 'a' * 256],
    ['0001-01-01T00:00:00.000000', 'a'],
    [None, 'a'], [1, 'a'], [['2020'], 'a'],
    ['2020-01-01T00:00:00.000000', 'a', 'b'],
    b'[' * 5000, b'\xff', b'', b'[1e999', b'9' * 5000,
], ids=lambda body: repr(body)[:30])
def test_a_forged_cursor_that_makes_no_sense_is_not_found(api, body):
    fill(api, 2)
    with pytest.raises(MarkerNotFound):
        api.get_all(context(), marker=forged(body))


def test_a_forged_cursor_reaches_nothing_but_ones_own(api):
    mine = fill(api, 2)
    fill(api, 3, 'beta')
    marker = forged(['2099-01-01T00:00:00.000000', 'zz'])
    assert ids(api.get_all(context(), marker=marker)) == mine


@settings(deadline=None, max_examples=300)
@given(st.one_of(st.text(max_size=80), st.text(max_size=80).map(
    lambda text: 'm1.' + text), st.binary(max_size=60).map(
    lambda data: 'm1.' + base64.urlsafe_b64encode(data).decode())))
def test_no_marker_does_more_than_not_to_be_found(marker):
    api = API(MemoryStore(), permitted=PERMITTED)
    with pytest.raises(MarkerNotFound):
        api.get_all(context(), marker=marker)


def test_a_cursor_that_is_changed_anywhere_is_not_found():
    made = cursor.dump(message(), ORDER, 'alpha')
    for place in range(len(made) - 1):
        other = 'A' if made[place] != 'A' else 'B'
        with pytest.raises(MarkerNotFound):
            cursor.load(made[:place] + other + made[place + 1:],
                        ORDER, 'alpha')


@pytest.mark.parametrize('value', [
    -1, '-1', 'x', '', ' 1', '1 ', '+1', '1.0', 1.0, True, None, '٣', '1_0',
    '0x1', b'1', [1], '\ud800'])
def test_what_is_no_number_of_rows_is_refused(value):
    with pytest.raises(InvalidInput) as caught:
        listing.number('limit', value)
    assert caught.value.parameter == 'limit'
    assert str(caught.value).startswith('limit: ')


def test_an_offset_has_an_end(api):
    due = fill(api, 3)
    assert ids(api.get_all(context(), offset='1')) == due[1:]
    assert api.get_all(context(), offset=2**31 - 1) == []
    for offset in (2**31, '9' * 400):
        with pytest.raises(InvalidInput) as caught:
            api.get_all(context(), offset=offset)
        assert caught.value.parameter == 'offset'


@pytest.mark.parametrize(('keys', 'directions', 'order'), [
    (None, None, '-created_at,-id'),
    ([], [], '-created_at,-id'),
    (None, ['asc'], '+created_at,+id'),
    (['event_id'], None, '-event_id,-created_at,-id'),
    (['event_id'], ['asc'], '+event_id,+created_at,+id'),
    (['event_id', 'request_id'], ['asc', 'desc'],
     '+event_id,-request_id,+created_at,+id'),
    (['event_id', 'request_id'], ['asc'],
     '+event_id,+request_id,+created_at,+id'),
    (['id', 'event_id'], ['asc', 'desc'], '+id'),
    (['created_at'], ['asc'], '+created_at,+id'),
    (['guaranteed_until'], None, '-expires_at,-created_at,-id'),
    (['event_id', 'event_id'], ['asc', 'desc'],
     '+event_id,+created_at,+id'),
], ids=str)
def test_an_order_is_completed_as_in_cinder(keys, directions, order):
    found = listing.order_of(keys, directions)
    assert ','.join(f'{"-" if key.descending else "+"}{key.column}'
                    for key in found) == order


@pytest.mark.parametrize(('keys', 'directions', 'parameter'), [
    (['project_id'], None, 'sort_keys'), ([''], None, 'sort_keys'),
    (['params'], None, 'sort_keys'), ('id', None, 'sort_keys'),
    ([None], None, 'sort_keys'), (['ID'], None, 'sort_keys'),
    (['id; DROP TABLE'], None, 'sort_keys'), ([['id']], None, 'sort_keys'),
    (['id'], ['ASC'], 'sort_dirs'), (['id'], ['up'], 'sort_dirs'),
    (['id'], 'asc', 'sort_dirs'), (['id'], ['asc', 'asc'], 'sort_dirs'),
], ids=str)
def test_an_order_that_cannot_be_is_refused(keys, directions, parameter):
    with pytest.raises(InvalidInput) as caught:
        listing.order_of(keys, directions)
    assert caught.value.parameter == parameter


@pytest.mark.parametrize('name', [
    'project_id', 'user_id', 'params', 'action_id', 'all_tenants', '', 'é',
    'event_id ', '1=1', None])
def test_an_unknown_filter_is_refused_by_its_name(api, name):
    with pytest.raises(InvalidInput) as caught:
        api.get_all(context(), {name: 'a', 'event_id': 'b'})
    assert caught.value.parameter == 'filters'
    assert caught.value.value == (str(name),)


@pytest.mark.parametrize('value', [
    '\0', 'a\nb', '\ud800', 'a' * 256, None, 5, ['a'], b'a'])
def test_a_filter_that_no_message_can_meet_is_refused(api, value):
    with pytest.raises(InvalidInput) as caught:
        api.get_all(context(), {'resource_uuid': value})
    assert caught.value.parameter == 'resource_uuid'


@pytest.mark.parametrize('filters', [
    {'message_level': 'error'}, {'request_id': ''}, {'resource_uuid': '%'},
    {'event_id': "' OR 1=1"}])
def test_a_filter_is_exact(api, filters):
    fill(api, 1)
    assert api.get_all(context(), filters) == []


def test_an_error_shows_little_of_what_was_sent():
    sent = 'a\n' * 5000
    for error in (InvalidInput('limit', sent, 'a number'),
                  MessageNotFound(sent)):
        assert len(str(error)) < 200
        assert '\n' not in str(error)
        assert pickle.loads(pickle.dumps(error)).args == error.args


@pytest.mark.parametrize('id', ['', None, 5, 'a\0', '\ud800', 'a' * 37])
def test_the_store_is_not_asked_for_what_is_no_id(api, id):
    api.store = None
    for call, who in ((api.get, context()), (api.delete, context()),
                      (api.get_of_any_project, ADMIN),
                      (api.delete_of_any_project, ADMIN)):
        with pytest.raises(MessageNotFound):
            call(who, id)


@pytest.mark.parametrize('project', [None, '', 'a\0', 5, 'a' * 256])
def test_the_store_is_not_asked_for_who_is_of_no_project(api, project):
    one, = fill(api, 1)
    marker = api.get_all(context(), limit=1).next_marker
    api.store = None
    nobody = context()
    nobody.project_id = project
    for call in (api.get, api.delete):
        with pytest.raises(MessageNotFound):
            call(nobody, one)
    assert api.get_all(nobody) == []
    for after in (one, marker):
        with pytest.raises(MarkerNotFound):
            api.get_all(nobody, marker=after)


def test_the_store_is_asked_once_for_a_page(api):
    fill(api, 3)
    asked = []

    class Counting:
        def __getattr__(self, name):
            asked.append(name)
            return getattr(store, name)
    store, api.store = api.store, Counting()
    page = api.get_all(context(), limit=2)
    api.get_all(context(), marker=page.next_marker)
    assert [name for name in asked if name != 'get'] == ['list', 'list']
    assert api.get_all(context(), limit=0) == []


def test_the_language_of_a_list_is_that_of_its_reader(api):
    fill(api, 1)
    api.store.add(message(event_id='removed'))
    general = PERMITTED.get_message_text('removed', None, 'de')
    assert general in [
        view.user_message
        for view in api.get_all(context(), language='de')]


def test_a_page_asks_for_nothing_it_need_not():
    assert Page(5).order == ORDER
    assert listing.order_of(None, None) == ORDER
