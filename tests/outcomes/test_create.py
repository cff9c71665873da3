# SPDX-License-Identifier: Apache-2.0
"""Creating a message: what is kept, and what can go wrong."""

import contextvars
import datetime
import inspect
import json
import logging
import os
import re
import threading
import time
import uuid

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from message_samples import (
    ATTACHED,
    CREATE,
    DAY,
    EXCEEDS,
    NOT_ENOUGH,
    NOW,
    PERMITTED,
    SCHEDULE,
    SNAPSHOT,
    UNABLE_TO_ALLOCATE,
    VOLUME,
    Clock,
    NoRoom,
    NoRoomInZone,
    TooBig,
    context,
)

from errorkit.exceptions import ConfigError
from errorkit.outcomes import messages, parameters, stores
from errorkit.outcomes.exceptions import (
    InvalidLevel,
    InvalidMessage,
    InvalidParams,
    UnknownEvent,
    UnknownResourceType,
)
from errorkit.outcomes.memory import MemoryStore
from errorkit.outcomes.messages import API
from errorkit.outcomes.permitted import Permitted
from errorkit.outcomes.writer import Created

REQUEST = 'req-0f8c6d1e-5a0b-4f0e-9a51-2f1b8f3f7c11'
SEED = {
    'create': ['context', 'event_id', 'project_id', 'resource_type',
               'resource_uuid', 'level'],
    'delete': ['context', 'id'],
    'get': ['context', 'id'],
    'get_all': ['context', 'filters', 'marker', 'limit', 'offset',
                'sort_keys', 'sort_dirs'],
}


@pytest.fixture
def store():
    return MemoryStore()


@pytest.fixture
def api(store):
    return API(store, permitted=PERMITTED, clock=Clock())


def kept(api, created):
    """Return the message that was kept."""
    assert created
    return api.store.get_of_any_project(created.id)


class Failing(MemoryStore):
    """A store whose ``add`` does what it is told."""

    def __init__(self, fails, bounded=True):
        super().__init__()
        self.fails = fails
        self.bounded = bounded
        self.asked = 0

    def add(self, message, connection=None):
        """Fail, or not."""
        self.asked += 1
        self.fails()
        super().add(message)


def raising(error):
    """Return a function that raises."""
    def fails():
        raise error
    return fails


@pytest.mark.parametrize('name', SEED)
def test_the_signatures_are_those_of_the_seed(name):
    found = inspect.signature(getattr(API, name)).parameters.values()
    positional = [one for one in found if one.kind is one.POSITIONAL_OR_KEYWORD
                  ][1:]
    assert [one.name for one in positional] == SEED[name]
    defaults = {one.name: one.default for one in positional
                if one.default is not one.empty}
    assert set(defaults) == {
        'create': {'resource_type', 'resource_uuid', 'level'},
        'get_all': {*SEED['get_all'][1:]}}.get(name, set())
    assert defaults.pop('level', 'ERROR') == 'ERROR'
    assert set(defaults.values()) <= {None}
    assert next(iter(inspect.signature(API).parameters)) == 'db_driver'
    assert inspect.signature(API).parameters['db_driver'].default is None


def test_a_message_has_what_the_context_and_the_caller_say(api):
    volume = uuid.uuid4()
    created = api.create(
        context('other', user_id='bob', request_id=REQUEST,
                global_request_id='req-' + str(volume)),
        UNABLE_TO_ALLOCATE, 'alpha', resource_type=VOLUME,
        resource_uuid=volume, level='WARNING')
    assert (created.outcome, created.reason) == ('stored', None)
    found = kept(api, created)
    assert found.project_id == 'alpha'
    assert found.event_id == '000002'
    assert type(found.event_id) is str
    assert type(found.resource_type) is str
    assert (found.resource_type, found.resource_uuid) == (
        'VOLUME', str(volume))
    assert found.message_level == 'WARNING'
    assert found.user_id == 'bob'
    assert found.request_id == REQUEST
    assert found.global_request_id == f'req-{volume}'
    assert (found.created_at, found.expires_at) == (NOW, NOW + 30 * DAY)
    assert api.counters['stored'] == 1


def test_times_are_aware_and_in_microseconds(store):
    api = API(store, permitted=PERMITTED, message_ttl=60)
    before = datetime.datetime.now(datetime.UTC)
    found = kept(api, api.create(context(), UNABLE_TO_ALLOCATE, 'alpha'))
    assert before <= found.created_at <= datetime.datetime.now(datetime.UTC)
    assert found.expires_at - found.created_at == datetime.timedelta(
        seconds=60)
    assert found.created_at.utcoffset() == datetime.timedelta(0)


def test_the_project_is_the_contexts_where_none_is_given(api):
    created = api.create(context('beta'), UNABLE_TO_ALLOCATE, None)
    assert kept(api, created).project_id == 'beta'


def test_the_request_id_may_be_another(api):
    created = api.create(
        context(request_id=REQUEST), UNABLE_TO_ALLOCATE, 'alpha',
        request_id='req-1')
    assert kept(api, created).request_id == 'req-1'


def test_a_context_may_be_none_or_lack_everything(api):
    class Strange:
        @property
        def user_id(self):
            raise RuntimeError

    for one in (None, object(), Strange()):
        found = kept(api, api.create(one, UNABLE_TO_ALLOCATE, 'alpha'))
        assert (found.user_id, found.request_id) == (None, None)


@pytest.mark.parametrize(('arguments', 'event_id'), [
    ({'action': CREATE, 'detail': NOT_ENOUGH}, 'VOLUME_VOLUME_006_007'),
    ({'action': '006', 'detail': '007'}, 'VOLUME_VOLUME_006_007'),
    ({'event_id': CREATE, 'detail': NOT_ENOUGH}, 'VOLUME_VOLUME_006_007'),
    ({'action': SCHEDULE}, 'VOLUME_VOLUME_001_001'),
    ({'action': CREATE, 'exception': NoRoomInZone()},
     'VOLUME_VOLUME_006_007'),
    ({'action': CREATE, 'exception': TooBig(3)}, 'VOLUME_VOLUME_006_008'),
    ({'action': CREATE, 'exception': ValueError()},
     'VOLUME_VOLUME_006_001'),
    ({'action': CREATE, 'exception': ValueError(), 'detail': NOT_ENOUGH},
     'VOLUME_VOLUME_006_007'),
    ({'action': CREATE, 'exception': TooBig(3), 'detail': NOT_ENOUGH},
     'VOLUME_VOLUME_006_008'),
    ({'action': CREATE, 'exception': TooBig('hunter2'),
      'detail': NOT_ENOUGH}, 'VOLUME_VOLUME_006_007'),
    ({'event_id': 'VOLUME_VOLUME_006_007'}, 'VOLUME_VOLUME_006_007'),
    ({'event_id': UNABLE_TO_ALLOCATE}, '000002'),
    ({'event_id': UNABLE_TO_ALLOCATE, 'exception': ValueError()}, '000002'),
    ({'event_id': UNABLE_TO_ALLOCATE, 'exception': NoRoom()}, '000007'),
    ({'exception': NoRoom()}, '000007'),
    ({'action': CREATE, 'exception': ValueError(), 'params': {'limit': 1}},
     'VOLUME_VOLUME_006_001'),
], ids=str)
def test_which_event_a_message_is_of(api, arguments, event_id):
    arguments = {'event_id': None, **arguments}
    created = api.create(
        context(), project_id='alpha', resource_type='VOLUME', **arguments)
    assert kept(api, created).event_id == event_id


def test_the_form_of_cinder_today(api):
    created = api.create_for_action(
        context('beta'), CREATE, VOLUME, 'v', TooBig(9), NOT_ENOUGH, 'INFO')
    found = kept(api, created)
    assert (found.event_id, found.params) == (
        'VOLUME_VOLUME_006_008', {'limit': 9})
    assert (found.project_id, found.message_level) == ('beta', 'INFO')


def test_the_context_may_say_what_is_being_done(api):
    asked = context('beta')
    asked.message_action = CREATE
    asked.message_resource_type = SNAPSHOT
    asked.message_resource_id = 's'
    found = kept(api, api.create_from_request_context(asked, NoRoom()))
    assert (found.event_id, found.resource_uuid) == (
        'VOLUME_VOLUME_SNAPSHOT_006_007', 's')


def test_a_composite_id_says_its_resource_type(api):
    created = api.create(context(), 'VOLUME_VOLUME_SNAPSHOT_006_007', 'alpha')
    assert kept(api, created).resource_type == 'VOLUME_SNAPSHOT'


@pytest.mark.parametrize(('arguments', 'error'), [
    ({'event_id': '000099'}, UnknownEvent),
    ({'event_id': 'No storage.'}, UnknownEvent),
    ({'event_id': None}, UnknownEvent),
    ({'event_id': None, 'exception': ValueError()}, UnknownEvent),
    ({'event_id': '000002', 'action': CREATE}, UnknownEvent),
    ({'event_id': '000002', 'detail': NOT_ENOUGH}, UnknownEvent),
    ({'event_id': None, 'action': '999', 'resource_type': 'VOLUME'},
     UnknownEvent),
    ({'event_id': CREATE, 'detail': '999', 'resource_type': 'VOLUME'},
     UnknownEvent),
    ({'event_id': 'VOLUME_VOLUME_006_999'}, UnknownEvent),
    ({'event_id': 'VOLUME_VOLUME_999_007'}, UnknownEvent),
    ({'event_id': 'VOLUME_VOLUME_006_007', 'detail': '007'}, UnknownEvent),
    ({'event_id': 'VOLUME_SHARE_006_007'}, UnknownResourceType),
    ({'event_id': 'VOLUME_VOLUME_006_007',
      'resource_type': 'VOLUME_SNAPSHOT'}, UnknownResourceType),
    ({'event_id': CREATE}, UnknownResourceType),
    ({'event_id': '000002', 'resource_type': 'SHARE'}, UnknownResourceType),
    ({'event_id': '000002', 'resource_type': 'volume'}, UnknownResourceType),
    ({'event_id': '000002', 'level': 'error'}, InvalidLevel),
    ({'event_id': '000002', 'level': None}, InvalidLevel),
    ({'event_id': '000002', 'params': {'a': 1}}, InvalidParams),
    ({'event_id': ATTACHED}, InvalidParams),
], ids=str)
def test_a_mistake_in_the_calling_code_raises(api, arguments, error):
    with pytest.raises(error):
        api.create(context(), project_id='alpha', **arguments)
    assert set(api.counters.values()) == {0}


SERVER = str(uuid.uuid4())
GOOD = {'limit': 1, 'all': False, 'rule': 'rule-7'}


class Sneaky(str):
    """A word that says another."""

    def __str__(self):
        return 'hunter2'

    def __eq__(self, other):
        return True

    __hash__ = str.__hash__


@pytest.mark.parametrize(('event', 'params', 'kept_'), [
    (ATTACHED, {'server': uuid.UUID(SERVER), 'mode': 'rw'},
     {'server': SERVER, 'mode': 'rw'}),
    (ATTACHED, {'server': SERVER, 'mode': Sneaky('ro')},
     {'server': SERVER, 'mode': 'ro'}),
    (EXCEEDS, GOOD, GOOD),
    (EXCEEDS, {**GOOD, 'rule': Sneaky('rule-1')},
     {**GOOD, 'rule': 'rule-1'}),
    (EXCEEDS, {**GOOD, 'limit': 2**63 - 1}, {**GOOD, 'limit': 2**63 - 1}),
])
def test_params_are_kept_as_plain_values(api, event, params, kept_):
    found = kept(api, api.create(context(), event, 'alpha', params=params))
    assert found.params == kept_
    assert {type(value) for value in found.params.values()} <= {
        str, int, bool}


@pytest.mark.parametrize(('event', 'params'), [
    (ATTACHED, {'server': SERVER}),
    (ATTACHED, {'server': SERVER, 'mode': 'rw', 'more': 1}),
    (ATTACHED, {'server': SERVER.upper() + 'A', 'mode': 'rw'}),
    (ATTACHED, {'server': '{' + SERVER + '}', 'mode': 'rw'}),
    (ATTACHED, {'server': SERVER, 'mode': 'hunter2'}),
    (ATTACHED, {'server': SERVER, 'mode': Sneaky('hunter2')}),
    (EXCEEDS, {**GOOD, 'limit': 1.5}),
    (EXCEEDS, {**GOOD, 'limit': True}),
    (EXCEEDS, {**GOOD, 'limit': 2**63}),
    (EXCEEDS, {**GOOD, 'limit': '1'}),
    (EXCEEDS, {**GOOD, 'all': 1}),
    (EXCEEDS, {**GOOD, 'rule': 'rule-7\n'}),
    (EXCEEDS, {**GOOD, 'rule': 'rule-' + '7' * 60}),
    (EXCEEDS, {**GOOD, 'rule': ValueError('hunter2')}),
    (EXCEEDS, {**GOOD, 'rule': None}),
])
def test_other_values_are_refused_and_not_repeated(api, event, params):
    with pytest.raises(InvalidParams) as caught:
        api.create(context(), event, 'alpha', params=params)
    assert 'hunter2' not in str(caught.value)


def test_whatever_a_pattern_allows_it_is_no_sentence():
    kinds = {'id': re.compile('.*', re.S)}
    for value in ('two words', '/etc/passwd', 'a\nb', "x'", '', 'é'):
        with pytest.raises(InvalidParams):
            parameters.checked(kinds, {'id': value})
    assert parameters.checked(kinds, {'id': 'a-1:b_2.c'}) == {
        'id': 'a-1:b_2.c'}


def test_nothing_an_exception_says_is_kept(api, records):
    created = api.create(
        context(), CREATE, 'alpha', VOLUME, exception=TooBig(3))
    assert 'hunter2' not in repr(kept(api, created))
    view = api.get(context(), created.id)
    assert view.user_message == 'create volume:At most 3 GiB.'


@settings(deadline=None, max_examples=100)
@given(st.one_of(st.text(max_size=300), st.integers(), st.binary(),
                 st.just('\ud800' * 300)),
       st.text(max_size=300))
def test_ids_are_fitted_so_that_any_store_can_keep_them(uuid_, request_id):
    api = API(MemoryStore(), permitted=PERMITTED)
    found = kept(api, api.create(
        context(request_id=request_id), UNABLE_TO_ALLOCATE, 'alpha',
        resource_uuid=uuid_))
    for value in (found.resource_uuid, found.request_id):
        assert value is None or len(value) <= 255
        assert '\0' not in (value or '')
        (value or '').encode()  # it has no lone surrogate


@pytest.mark.parametrize('project_id', [
    '', 'a' * 256, 'a\0', '\ud800', 5, 'a\n'])
def test_a_project_that_can_be_none_gets_no_message(
        api, records, project_id):
    created = api.create(None, UNABLE_TO_ALLOCATE, project_id)
    assert not created
    assert created.outcome == 'no_project'
    assert api.store.get_of_any_project(created.id) is None
    assert api.counters['no_project'] == 1
    assert 'there is no project' in records[0].getMessage()


@pytest.mark.parametrize('bounded', [True, False])
def test_a_failing_store_never_breaks_the_caller(records, bounded):
    store = Failing(raising(RuntimeError('the table is gone')), bounded)
    api = API(store, permitted=PERMITTED, clock=Clock())
    created = api.create(
        context(user_id='bob', request_id=REQUEST), EXCEEDS, 'alpha', VOLUME,
        'v', params=GOOD)
    assert not created
    assert created.outcome == 'store_failed'
    assert created.reason == 'the store failed'
    record, = records
    assert record.levelno == logging.ERROR
    text = record.getMessage()
    assert json.loads(text[text.index('{'):]) == {
        'id': created.id, 'project_id': 'alpha', 'event_id': '000006',
        'message_level': 'ERROR', 'created_at': NOW.isoformat(),
        'expires_at': (NOW + 30 * DAY).isoformat(), 'request_id': REQUEST,
        'resource_type': 'VOLUME', 'resource_uuid': 'v', 'user_id': 'bob',
        'params': GOOD}
    assert record.exc_info[0] is RuntimeError
    assert '\n' not in text
    assert api.counters['store_failed'] == 1


def test_a_failing_log_does_not_break_it_either(records):
    def broken(record):
        raise RuntimeError
    logging.getLogger('errorkit.outcomes').handlers[0].emit = broken
    api = API(Failing(raising(OSError())), permitted=PERMITTED)
    assert not api.create(context(), UNABLE_TO_ALLOCATE, 'alpha')


def test_what_ends_a_thread_of_the_store_ends_no_other(records):
    api = API(Failing(raising(SystemExit()), False), permitted=PERMITTED)
    created = api.create(context(), UNABLE_TO_ALLOCATE, 'alpha')
    assert created.outcome == 'store_failed'


def test_a_store_that_does_not_answer_holds_nobody_up(records):
    gate = threading.Event()
    store = Failing(gate.wait, bounded=False)
    api = API(store, permitted=PERMITTED, budget=0.05)
    began = time.monotonic()
    created = api.create(context(), UNABLE_TO_ALLOCATE, 'alpha')
    held = time.monotonic() - began
    assert not created
    assert created.outcome == 'timed_out'
    assert held < 5
    gate.set()
    until = time.monotonic() + 30
    while not api.counters['late'] and time.monotonic() < until:
        time.sleep(0.005)
    assert api.counters == {
        **dict.fromkeys(api.counters, 0), 'timed_out': 1, 'late': 1}
    assert store.get('alpha', created.id).id == created.id
    assert [record.levelname for record in records] == ['ERROR', 'INFO']


def test_a_store_that_keeps_failing_is_left_alone(records):
    store = Failing(raising(OSError()))
    api = API(store, permitted=PERMITTED, breaker_failures=3,
              breaker_seconds=3600)
    outcomes = [api.create(context(), UNABLE_TO_ALLOCATE, 'alpha').outcome
                for _ in range(5)]
    assert outcomes == ['store_failed'] * 3 + ['breaker_open'] * 2
    assert store.asked == 3
    levels = [record.levelname for record in records]
    assert levels == ['ERROR', 'ERROR', 'WARNING', 'ERROR', 'ERROR', 'ERROR']


def test_failures_now_and_then_are_no_reason_to_leave_it_alone(records):
    turns = iter([OSError, OSError, None] * 5)

    def fails():
        error = next(turns)
        if error is not None:
            raise error
    api = API(Failing(fails), permitted=PERMITTED, breaker_failures=3,
              breaker_seconds=3600)
    for _ in range(15):
        api.create(context(), UNABLE_TO_ALLOCATE, 'alpha')
    assert api.counters['stored'] == 5
    assert api.counters['breaker_open'] == 0


def test_a_store_that_answers_late_is_tried_again(records):
    gate = threading.Event()
    api = API(Failing(gate.wait, bounded=False), permitted=PERMITTED,
              budget=0.02, breaker_failures=1, breaker_seconds=3600)
    for outcome in ('timed_out', 'breaker_open'):
        assert api.create(
            context(), UNABLE_TO_ALLOCATE, 'alpha').outcome == outcome
    gate.set()
    until = time.monotonic() + 30
    while not api.counters['late'] and time.monotonic() < until:
        time.sleep(0.005)
    assert api.counters['late'] == 1
    assert api.create(
        context(), UNABLE_TO_ALLOCATE, 'alpha').outcome != 'breaker_open'
    assert 'the store of user messages is back' in [
        record.getMessage() for record in records]


def test_a_value_of_two_parts_has_to_please_both():
    permitted = Permitted('volume')
    permitted.resource_type('VOLUME')
    permitted.action('1', 'extend to %(to)s', params={'to': ('big', 'max')})
    permitted.detail('2', 'not %(to)s', params={'to': re.compile('[a-z]+')})
    api = API(MemoryStore(), permitted=permitted)
    arguments = {'action': '1', 'detail': '2', 'resource_type': 'VOLUME'}
    assert api.create(None, None, 'alpha', params={'to': 'big'}, **arguments)
    with pytest.raises(InvalidParams):
        api.create(None, None, 'alpha', params={'to': 'small'}, **arguments)


def test_joining_a_transaction_is_in_the_callers_hands(records):
    class Joining(MemoryStore):
        bounded = False

        def add(self, message, connection=None):
            asked.append((threading.current_thread(), connection))
            if connection == 'broken':
                raise LookupError

    asked = []
    api = API(Joining(), permitted=PERMITTED)
    created = api.create(
        context(), UNABLE_TO_ALLOCATE, 'alpha', connection='theirs')
    assert created
    assert created.outcome == 'joined'
    assert asked == [(threading.current_thread(), 'theirs')]
    for _ in range(9):
        with pytest.raises(LookupError):
            api.create(context(), UNABLE_TO_ALLOCATE, 'alpha',
                       connection='broken')
    assert api.create(context(), UNABLE_TO_ALLOCATE, 'alpha')
    assert api.counters['joined'] == 1
    assert records == []


def test_a_store_in_a_thread_works_in_the_callers_contextvars():
    variable = contextvars.ContextVar('variable', default='none')
    seen = []
    api = API(Failing(lambda: seen.append(variable.get()), False),
              permitted=PERMITTED)
    for value in ('one', 'two'):
        variable.set(value)
        assert api.create(context(), UNABLE_TO_ALLOCATE, 'alpha')
    assert seen == ['one', 'two']


@pytest.mark.parametrize('bounded', [True, False])
def test_a_child_writes_after_a_fork(bounded):
    api = API(Failing(lambda: None, bounded), permitted=PERMITTED)
    assert api.create(context(), UNABLE_TO_ALLOCATE, 'alpha')
    child = os.fork()
    if child == 0:
        status = 1
        try:
            made = api.create(context(), UNABLE_TO_ALLOCATE, 'alpha')
            status = 0 if made and api.counters['stored'] == 1 else 2
        finally:
            os._exit(status)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert api.counters['stored'] == 1


def test_a_child_of_a_process_whose_store_is_stuck_writes(records):
    gate = threading.Event()
    store = Failing(gate.wait, bounded=False)
    api = API(store, permitted=PERMITTED, budget=0.02, breaker_failures=1,
              breaker_seconds=3600)
    assert not api.create(context(), UNABLE_TO_ALLOCATE, 'alpha')
    child = os.fork()
    if child == 0:
        status = 1
        try:
            store.fails = lambda: None
            status = 0 if api.create(
                context(), UNABLE_TO_ALLOCATE, 'alpha') else 2
        finally:
            os._exit(status)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    gate.set()


def test_api_without_arguments_uses_what_was_set_up(monkeypatch):
    monkeypatch.setattr(messages._Defaults, 'permitted', None)
    monkeypatch.setattr(messages._Defaults, 'db_driver', 'memory')
    with pytest.raises(ConfigError):
        API()
    messages.set_up(PERMITTED)
    assert API().store is stores.MEMORY
    store = MemoryStore()
    messages.set_up(PERMITTED, store)
    assert API().store is store
    assert API('memory').store is stores.MEMORY


@pytest.mark.parametrize('options', [
    {'permitted': 'none'}, {'message_ttl': 0}, {'message_ttl': 10**12},
    {'max_limit': 0}, {'budget': 0}, {'budget': -1},
    {'breaker_failures': 0}, {'breaker_seconds': 0},
    {'cursor_key': b'x' * 65}, {'cursor_key': 'secret'},
    {'message_ttl': '60'}, {'budget': None}, {'budget': float('nan')},
    {'max_limit': True}, {'db_driver': 'nothing'},
    {'db_driver': 'no.such:thing'}, {'db_driver': 'os:path'},
    {'db_driver': 7}, {'db_driver': 'volumes:NoRoom'}], ids=str)
def test_bad_options_are_told_at_once(options):
    with pytest.raises(ConfigError):
        API(**{'permitted': PERMITTED, **options})


@pytest.mark.parametrize('name', [
    'errorkit.outcomes.memory:MemoryStore', 'errorkit.outcomes.stores:MEMORY'])
def test_a_store_is_found_by_its_name(name):
    assert isinstance(API(name, permitted=PERMITTED).store, MemoryStore)


def test_a_result_says_what_became_of_it():
    assert Created('stored', 'a')
    assert Created('joined', 'a')
    for outcome in ('store_failed', 'timed_out', 'breaker_open',
                    'store_busy', 'no_project'):
        assert not Created(outcome, 'a')
        assert Created(outcome, 'a').reason


def test_every_mistake_is_of_one_family():
    for error in (UnknownEvent, UnknownResourceType, InvalidLevel,
                  InvalidParams):
        assert issubclass(error, InvalidMessage)
