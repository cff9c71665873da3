# SPDX-License-Identifier: Apache-2.0
"""The observers are told of what became of accepted requests."""

import pytest
from message_samples import (
    PERMITTED,
    UNABLE_TO_ALLOCATE,
    VOLUME,
    NoRoom,
    context,
)

from errorkit.observers import Observers
from errorkit.outcomes.memory import MemoryStore
from errorkit.outcomes.messages import API

WHO = context()


class Full(MemoryStore):
    """Keeps nothing."""

    def add(self, message, connection=None):
        raise OSError('the disk is full')


def observed(store=None):
    """Return an API, and the records its observer gets."""
    told = []

    def observer(record, raised):
        told.append((record, raised))

    observer.inline = True
    return API(store or MemoryStore(), permitted=PERMITTED,
               observers=Observers([observer])), told


def test_an_error_message_is_told_with_ids_code_and_resource():
    api, told = observed()
    api.create(WHO, UNABLE_TO_ALLOCATE, None, VOLUME, 'v-1')
    [(record, raised)] = told
    assert (record.kind, record.service) == ('message', 'volume')
    assert record.code == 'volume.no_room'
    assert record.request_id == WHO.request_id
    assert record.project_id == WHO.project_id
    assert (record.resource_type, record.resource_uuid) == ('VOLUME', 'v-1')
    assert record.error.detail.startswith('No storage could be allocated')
    assert raised is None


def test_what_a_capture_has_seen_comes_with_its_exception():
    api, told = observed()
    problem = NoRoom('token=s3cr3t-value')
    with pytest.raises(NoRoom), api.capture(WHO, UNABLE_TO_ALLOCATE):
        raise problem
    [(record, raised)] = told
    assert raised is problem
    assert record.exception.endswith('.NoRoom')
    assert record.function_name.endswith('with_its_exception')


def test_a_message_that_is_not_kept_is_told_all_the_same():
    api, told = observed(Full())
    assert not api.create(WHO, UNABLE_TO_ALLOCATE, None, VOLUME, 'v-1')
    assert len(told) == 1


@pytest.mark.parametrize('level', ['WARNING', 'INFO'])
def test_other_levels_are_told_to_nobody(level):
    api, told = observed()
    api.create(WHO, UNABLE_TO_ALLOCATE, None, VOLUME, 'v-1', level)
    assert told == []


def test_an_observer_that_fails_harms_nobody(caplog):
    def observer(record, raised):
        raise RuntimeError('away')

    observer.inline = True
    api = API(MemoryStore(), permitted=PERMITTED, observers=[observer])
    assert api.create(WHO, UNABLE_TO_ALLOCATE, None)
    assert len(api.get_all(WHO)) == 1
