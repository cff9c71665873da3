# SPDX-License-Identifier: Apache-2.0
"""Permitted messages: what may be declared, and what a reader gets."""

import copy
import pickle
import re
import uuid

import oslo_i18n
import pytest
from message_samples import (
    ATTACHED,
    CODES,
    CREATE,
    EXCEEDS,
    LIMIT,
    NO_ROOM,
    NOT_ENOUGH,
    PERMITTED,
    SCHEDULE,
    TOO_BIG,
    UNABLE_TO_ALLOCATE,
    VOLUME,
)

from errorkit.outcomes.declared import Detail, Event
from errorkit.outcomes.exceptions import InvalidDeclaration
from errorkit.outcomes.permitted import Permitted

GENERAL = 'An unknown error occurred.'


class Lazy(str):
    """A text that can be had in German, as a lazy oslo.i18n message can."""

    __slots__ = ('german',)

    def __new__(cls, english, german):
        self = super().__new__(cls, english)
        self.german = german
        return self

    def translation(self, desired_locale):
        """Return the text in a language."""
        return self.german if desired_locale == 'de' else str(self)


def fresh():
    """Return a registry with nothing in it."""
    return Permitted('volume')


def test_an_event_is_its_id():
    assert UNABLE_TO_ALLOCATE == '000002'
    assert PERMITTED.get_message_text(UNABLE_TO_ALLOCATE) == (
        'No storage could be allocated for this volume request.')
    assert PERMITTED.code_of('000002') is NO_ROOM


@pytest.mark.parametrize('event_id', [
    '000099', 'VOLUME_000002', '', 'VOLUME_VOLUME', 'x' * 10_000, '\ud800',
    'SHARE_VOLUME_006_007'])
def test_an_event_that_is_not_known_reads_in_general_words(event_id):
    assert PERMITTED.get_message_text(event_id) == GENERAL
    assert PERMITTED.code_of(event_id) is None


def test_a_service_has_general_words_of_its_own():
    permitted = Permitted('share', general_text='Ask the operator.')
    permitted.action('001', 'extend share')
    assert permitted.get_message_text('000001') == 'Ask the operator.'
    assert permitted.get_message_text('SHARE_SHARE_001_002') == (
        'extend share:Ask the operator.')


def test_a_composite_event_is_read_as_action_and_detail():
    event_id = PERMITTED.compose(VOLUME, CREATE, NOT_ENOUGH)
    assert event_id == 'VOLUME_VOLUME_006_007'
    assert PERMITTED.get_message_text(event_id) == (
        'create volume:Storage could not be allocated.')
    assert PERMITTED.code_of(event_id) is NO_ROOM


@pytest.mark.parametrize(('event_id', 'text'), [
    ('VOLUME_VOLUME_SNAPSHOT_006_007',
     'create volume:Storage could not be allocated.'),
    ('VOLUME_GONE_006_007', 'create volume:Storage could not be allocated.'),
    ('VOLUME_VOLUME_006_999', f'create volume:{GENERAL}'),
    ('VOLUME_VOLUME_999_007',
     'unknown action:Storage could not be allocated.'),
    ('VOLUME_VOLUME_999_999', f'unknown action:{GENERAL}'),
    ('VOLUME_VOLUME_001_001', f'schedule allocate volume:{GENERAL}'),
    ('VOLUME_VOLUME_006_008', f'create volume:{GENERAL}'),
])
def test_a_composite_event_reads_even_in_parts(event_id, text):
    assert PERMITTED.get_message_text(event_id) == text


def test_parameters_stand_in_the_text():
    server = str(uuid.uuid4())
    assert PERMITTED.get_message_text(
        ATTACHED, {'server': server, 'mode': 'ro'}) == (
        f'It is attached to {server} as ro.')
    assert PERMITTED.get_message_text(
        EXCEEDS, {'limit': 5, 'all': True, 'rule': 'rule-1'}) == (
        'At most 5 GiB, 100 % of it: true, by rule-1.')
    assert PERMITTED.get_message_text(
        PERMITTED.compose(VOLUME, CREATE, LIMIT), {'limit': 7}) == (
        'create volume:At most 7 GiB.')


@pytest.mark.parametrize('params', [
    None, {}, {'limit': 1}, {'limit': 'a', 'all': True, 'rule': 'rule-1'},
    {'limit': 1, 'all': 'secret', 'rule': 'rule-1'},
    {'limit': 1, 'all': True, 'rule': '/etc/passwd'},
    {'limit': True, 'all': True, 'rule': 'rule-1'}], ids=str)
def test_values_that_are_not_the_declared_ones_are_not_shown(params):
    assert PERMITTED.get_message_text(EXCEEDS, params) == GENERAL


def test_values_the_text_has_no_use_for_are_ignored():
    assert PERMITTED.get_message_text(
        UNABLE_TO_ALLOCATE, {'left': 'from another text'}).startswith('No')


def test_each_part_is_read_in_the_language_of_the_reader():
    permitted = fresh()
    permitted.action('006', Lazy('create volume', 'Volume anlegen'))
    permitted.detail(
        '008', Lazy('At most %(limit)d GiB.', 'Nicht mehr als %(limit)d GiB.'),
        cause='user', params={'limit': int})
    event_id = 'VOLUME_VOLUME_006_008'
    assert permitted.get_message_text(event_id, {'limit': 3}, 'de') == (
        'Volume anlegen:Nicht mehr als 3 GiB.')
    assert permitted.get_message_text(event_id, {'limit': 3}, 'en') == (
        'create volume:At most 3 GiB.')


@pytest.mark.parametrize('german', [
    'Nur %(other)d.', 'Nur %d.', 'Nur %', 'Nur %(limit)d von 100 %.'])
def test_a_broken_translation_is_read_in_english(german):
    permitted = fresh()
    event = permitted.event(
        '1', Lazy('At most %(limit)d.', german), params={'limit': int})
    assert permitted.get_message_text(event, {'limit': 3}, 'de') == (
        'At most 3.')


def test_a_lazy_message_of_oslo_i18n_is_a_text():
    factory = oslo_i18n.TranslatorFactory(domain='volumes')
    oslo_i18n.enable_lazy(True)
    try:
        text = factory.primary('At most %(limit)d.')
    finally:
        oslo_i18n.enable_lazy(False)
    permitted = fresh()
    event = permitted.event('1', text, params={'limit': int})
    assert permitted.get_message_text(event, {'limit': 3}, 'de') == (
        'At most 3.')


@pytest.mark.parametrize('declare', [
    lambda p: p.event('', 'text'),
    lambda p: p.event('with blank', 'text'),
    lambda p: p.event('1\n', 'text'),
    lambda p: p.event('x' * 256, 'text'),
    lambda p: p.event(2, 'text'),
    lambda p: p.event('VOLUME_VOLUME_006_008', 'text'),
    lambda p: p.event('1', ''),
    lambda p: p.event('1', None),
    lambda p: p.event('1', 'text', cause='nobody'),
    lambda p: p.event('1', 'text', code='no code'),
    lambda p: p.event('1', '%(a)s'),
    lambda p: p.event('1', 'text', params={'a': int}),
    lambda p: p.event('1', '%(a)s %(b)s', params={'a': int}),
    lambda p: p.event('1', '%(a)s 100 % ', params={'a': int}),
    lambda p: p.event('1', '%(a)r', params={'a': int}),
    lambda p: p.event('1', '%(a)d', params={'a': bool}),
    lambda p: p.event('1', '%(a)s', params={'a': str}),
    lambda p: p.event('1', '%(a)s', params={'a': object}),
    lambda p: p.event('1', '%(a)s', params={'a': ()}),
    lambda p: p.event('1', '%(a)s', params={'a': ('', 'b')}),
    lambda p: p.event('1', '%(a)s', params={'a': re.compile(b'a')}),
    lambda p: p.event('1', '%(a)s', params={'a': 'word'}),
    lambda p: p.event('1', 'text', exceptions=[object]),
    lambda p: p.action('six', 'text'),
    lambda p: p.action('12345678901', 'text'),
    lambda p: p.action('٣', 'text'),
    lambda p: p.detail('', 'text'),
    lambda p: p.detail('001', 'text'),
    lambda p: p.resource_type('1VOLUME'),
    lambda p: p.resource_type('VOLUME\n'),
    lambda p: p.resource_type('V' * 37),
    lambda p: p.map_exception(KeyError, '000002'),
    lambda p: p.map_exception(KeyError, Event('1', text='of nobody')),
    lambda p: p.map_exception('KeyError', p.unknown_error),
    lambda p: Permitted('Volume'),
    lambda p: Permitted('volume', prefix='_'),
    lambda p: Permitted('volume', catalog=CODES).event(
        '1', 'text', code='volume.nobody_declared'),
])
def test_what_cannot_be_is_refused_when_it_is_declared(declare):
    with pytest.raises(InvalidDeclaration):
        declare(fresh())


@pytest.mark.parametrize('declare', [
    lambda p: p.event('1', 'text'),
    lambda p: p.action('1', 'text'),
    lambda p: p.detail('1', 'text'),
    lambda p: p.resource_type('VOLUME'),
    lambda p: p.map_exception(KeyError, p.unknown_error),
])
def test_nothing_is_declared_twice(declare):
    permitted = fresh()
    declare(permitted)
    with pytest.raises(InvalidDeclaration):
        declare(permitted)


def test_an_exception_means_what_its_nearest_base_does():
    permitted = fresh()
    wide = permitted.detail('2', 'wide', exceptions=[LookupError])
    near = permitted.detail('3', 'near', exceptions=[KeyError])
    event = permitted.event('1', 'text', exceptions=[LookupError])
    meanings = permitted.meanings
    assert meanings.of(KeyError(), Detail)[0] is near
    assert meanings.of(IndexError(), Detail)[0] is wide
    assert meanings.of(KeyError(), Event)[0] is event
    assert meanings.of(ValueError(), Event) is None
    assert meanings.of(None, Event) is None


def test_a_class_cannot_pretend_to_be_another():
    permitted = fresh()
    permitted.detail('2', 'text', exceptions=[LookupError])

    class Posing(Exception):
        __class__ = KeyError

    assert permitted.meanings.of(Posing(), Detail) is None


def test_lint_warns_of_parameters_where_the_service_is_the_cause():
    permitted = fresh()
    permitted.event('1', 'Backend %(name)s failed.',
                    params={'name': ('a', 'b')})
    permitted.event('2', 'At most %(limit)d.', cause='user',
                    params={'limit': int})
    permitted.event('3', 'It failed.')
    found, = permitted.lint()
    assert "event '1'" in found
    assert 'name' in found


def test_lint_warns_of_codes_that_say_otherwise():
    catalog = type(CODES)('volume')
    mine = catalog.define('volume.mine', status=400)
    old = catalog.define('volume.old', status=500, retired=True)
    permitted = Permitted('volume', catalog=catalog)
    permitted.event('1', 'text', cause='service', code=mine)
    permitted.detail('2', 'text', code='volume.old')
    causes, retired = permitted.lint()
    assert 'volume.mine' in causes
    assert 'user' in causes
    assert 'retired' in retired
    assert permitted.details['2'].code is old


def test_what_is_declared_here_is_as_it_should_be():
    assert PERMITTED.lint() == []
    assert LIMIT.code is TOO_BIG


def test_what_is_declared_cannot_be_changed():
    with pytest.raises(AttributeError):
        UNABLE_TO_ALLOCATE.text = 'another'
    with pytest.raises(TypeError):
        PERMITTED.events['1'] = UNABLE_TO_ALLOCATE


@pytest.mark.parametrize('one', [EXCEEDS, SCHEDULE, LIMIT, VOLUME])
@pytest.mark.parametrize('again', [
    copy.copy, copy.deepcopy, lambda one: pickle.loads(pickle.dumps(one))])
def test_what_is_declared_can_be_copied(one, again):
    found = again(one)
    assert (type(found), found) == (type(one), one)
    assert vars(found) == vars(one)
