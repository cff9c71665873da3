# SPDX-License-Identifier: Apache-2.0
"""keystoneauth: what it does itself is not done twice, nor undone."""

import logging

import keystoneauth1.adapter
import keystoneauth1.session
import pytest
import requests
from assertions import GLOBAL_ID
from called_services import ANSWERED

from errorkit import context, current
from errorkit.propagate import Propagation
from errorkit.request_context import CURRENT, anonymous

FORM = f'used request id {ANSWERED}'


@pytest.fixture
def session():
    """A session of keystoneauth; its connections are closed afterwards."""
    with requests.Session() as inner:
        yield keystoneauth1.session.Session(session=inner)


@pytest.fixture(autouse=True)
def _inside_a_request():
    made = anonymous(GLOBAL_ID)
    token = CURRENT.set(made)
    current.install()
    yield
    CURRENT.reset(token)


def lines(caplog):
    return [(one.name, one.getMessage()) for one in caplog.records
            if FORM in one.getMessage()]


def test_the_services_type_is_the_name_in_the_line(session, ours, caplog):
    caplog.set_level(logging.INFO)
    Propagation(ours.place).keystoneauth(session)
    adapter = keystoneauth1.adapter.Adapter(session, service_type='bread')
    adapter.get(f'{ours.url}/x', authenticated=False)
    assert lines(caplog) == [
        ('errorkit.propagate',
         f'GET call to bread for {ours.url}/x {FORM}')]


def test_an_adapter_stands_for_its_session(session, ours):
    adapter = keystoneauth1.adapter.Adapter(session)
    assert Propagation(ours.place).keystoneauth(adapter) is adapter
    adapter.get(ours.url, authenticated=False)
    assert ours.ids == [GLOBAL_ID]


def test_what_keystoneauth_logs_itself_is_not_logged_twice(
    session, ours, caplog
):
    caplog.set_level(logging.INFO)
    caplog.set_level(logging.DEBUG, 'keystoneauth.session')
    Propagation(ours.place).keystoneauth(session)
    session.get(ours.url, authenticated=False)
    assert [name for name, _ in lines(caplog)] == ['keystoneauth.session']
    assert context.downstream_request_ids() == (ANSWERED,)


def test_a_logger_of_the_callers_counts_too(session, ours, caplog):
    caplog.set_level(logging.INFO)
    caplog.set_level(logging.DEBUG, 'shop')
    Propagation(ours.place).keystoneauth(session)
    session.get(
        ours.url, authenticated=False, logger=logging.getLogger('shop'))
    assert [name for name, _ in lines(caplog)] == ['shop']


def test_split_loggers_count_by_the_one_for_ids(session, ours, caplog):
    caplog.set_level(logging.INFO)
    caplog.set_level(logging.DEBUG, 'keystoneauth.session.request-id')
    split = keystoneauth1.session.Session(
        session=session.session, split_loggers=True)
    Propagation(ours.place).keystoneauth(split)
    split.get(ours.url, authenticated=False)
    assert [name for name, _ in lines(caplog)] == [
        'keystoneauth.session.request-id']


def test_what_keystoneauth_is_told_not_to_log_we_do(session, ours, caplog):
    caplog.set_level(logging.DEBUG)
    Propagation(ours.place).keystoneauth(session)
    session.get(ours.url, authenticated=False, log=False)
    assert [name for name, _ in lines(caplog)] == ['errorkit.propagate']


def test_a_hops_local_id_is_not_the_next_ones_global_id(session, ours):
    Propagation(ours.place).keystoneauth(session)
    session.get(f'{ours.url}/to?url={ours.url}/', authenticated=False)
    assert ours.ids == [GLOBAL_ID, GLOBAL_ID]


def test_a_foreign_host_does_not_get_a_listed_ones_local_id(
    session, ours, foreign
):
    Propagation(ours.place).keystoneauth(session)
    session.get(f'{ours.url}/to?url={foreign.url}/', authenticated=False)
    assert foreign.ids == [None]


def test_the_adapters_own_global_id_wins(session, ours):
    own = 'req-99999999-9999-4999-8999-999999999999'
    Propagation(ours.place).keystoneauth(session)
    adapter = keystoneauth1.adapter.Adapter(session, global_request_id=own)
    adapter.get(ours.url, authenticated=False)
    assert ours.ids == [own]


def test_an_error_of_the_service_is_keystoneauths_as_ever(session):
    Propagation('127.0.0.1').keystoneauth(session)
    with pytest.raises(keystoneauth1.exceptions.ConnectFailure):
        session.get('http://127.0.0.1:9/', authenticated=False)


def test_two_propagations_of_one_session_add_up(session, ours, foreign):
    Propagation(ours.place).keystoneauth(session)
    Propagation(foreign.place).keystoneauth(session)
    Propagation(foreign.place).keystoneauth(session)
    session.get(ours.url, authenticated=False)
    session.get(foreign.url, authenticated=False)
    assert ours.ids == foreign.ids == [GLOBAL_ID]
