# SPDX-License-Identifier: Apache-2.0
"""Inbound request ids: a parser written by hand agrees on every one."""

import operator
import random
import uuid

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import FRAGMENTS
from wsgi_driver import ID_HEADER, make_environ, run

import errorkit

IDS = 100_000
HEX = '0123456789abcdef'
DASHES = (12, 17, 22, 27)
VERSION, VARIANT = 18, 23
# What may stand in each place.
ALLOWED = [*'req-', *('-' if place in DASHES else HEX
                      for place in range(4, 40))]
OTHER_UUIDS = [
    f'req-{one}' for one in (
        uuid.UUID(int=0), uuid.UUID(int=2 ** 128 - 1), uuid.uuid1(1, 2),
        uuid.uuid3(uuid.NAMESPACE_DNS, 'a'),
        uuid.uuid5(uuid.NAMESPACE_DNS, 'a'))]


def is_id(text, strict):
    """Tell by looking at each character whether a text is a request id."""
    if len(text) != 40 or not all(map(operator.contains, ALLOWED, text)):
        return False
    return not strict or (text[VERSION] == '4' and text[VARIANT] in '89ab')


def new_id(rng):
    """Return a valid id."""
    return f'req-{uuid.UUID(int=rng.getrandbits(128), version=4)}'


def replaced(rng, text):
    """Put another character in one place."""
    at = rng.randrange(len(text))
    other = rng.choice((rng.choice(HEX), rng.choice('ghGAF-_ \t\n,{}'),
                        chr(rng.randrange(256)), rng.choice('²³¹٤４ａ')))
    return text[:at] + other + text[at + 1:]


def inserted(rng, text):
    """Put something between two characters, or at an end."""
    at = rng.choice((0, 4, len(text), rng.randrange(len(text) + 1)))
    other = rng.choice([*FRAGMENTS, '-', '0', 'a', 'req-', ','])
    return text[:at] + other + text[at:]


def deleted(rng, text):
    """Take some characters out."""
    at = rng.randrange(len(text))
    return text[:at] + text[at + rng.choice((1, 1, 2, 4)):]


def swapped(rng, text):
    """Exchange two characters."""
    characters = list(text)
    one, two = rng.randrange(len(text)), rng.randrange(len(text))
    characters[one], characters[two] = characters[two], characters[one]
    return ''.join(characters)


def of_another_version(rng, text):
    """Change the version, the variant or both."""
    version = rng.choice((text[VERSION], rng.choice(HEX)))
    variant = rng.choice((text[VARIANT], rng.choice(HEX)))
    return (text[:VERSION] + version + text[VERSION + 1:VARIANT] + variant
            + text[VARIANT + 1:])


# Each gets a generator, an id, and what stands behind its "req-".
SPELLINGS = [
    lambda rng, text, bare: text.upper(),
    lambda rng, text, bare: f'req-{bare.upper()}',
    lambda rng, text, bare: bare,
    lambda rng, text, bare: f'req-{{{bare}}}',
    lambda rng, text, bare: f'req-urn:uuid:{bare}',
    lambda rng, text, bare: f'REQ-{bare}',
    lambda rng, text, bare: f'req_{bare}',
    lambda rng, text, bare: f'req-{bare.replace("-", "")}',
    lambda rng, text, bare: text.title(),
    lambda rng, text, bare: f'"{text}"',
    lambda rng, text, bare: f'{text},{text}',
    lambda rng, text, bare: f'{text}, {new_id(rng)}',
    lambda rng, text, bare: f' {text}',
    lambda rng, text, bare: f'{text} ',
    lambda rng, text, bare: f'{text}\n',
    lambda rng, text, bare: f'{text}\r\n',
    lambda rng, text, bare: f'{text}\x00',
    lambda rng, text, bare: f'\n{text}',
    lambda rng, text, bare: f'req-{"-" * 8000}{bare}',
    lambda rng, text, bare: text * 2,
    lambda rng, text, bare: text + bare[:4],
    lambda rng, text, bare: '',
    *(lambda rng, text, bare, one=one: one for one in OTHER_UUIDS),
    lambda rng, text, bare: text,
    lambda rng, text, bare: text.replace('-', '\u2010'),
    lambda rng, text, bare: ''.join(rng.sample(text, len(text))),
]


def spelled(rng, text):
    """Spell it as other parsers accept it."""
    return rng.choice(SPELLINGS)(rng, text, text[4:])


MUTATIONS = [replaced, inserted, deleted, swapped, of_another_version,
             spelled]


def mutated(rng):
    """Return an id that something has happened to."""
    text = new_id(rng)
    for _ in range(rng.choice((1, 1, 1, 2, 3))):
        text = rng.choice(MUTATIONS)(rng, text) or text
    return text


class Service:
    """An application behind ``RequestId`` that keeps what it is given."""

    def __init__(self, strict, **options):
        self.strict = strict
        self.seen = None
        self.application = errorkit.RequestId(self, strict=strict, **options)

    def __call__(self, environ, start_response):
        """Keep environ."""
        self.seen = environ
        start_response('200 OK', [])
        return []

    def check(self, inbound):
        """Ask with an inbound id; what came in must be as it should."""
        sent = []
        self.application(
            make_environ(X_OPENSTACK_REQUEST_ID=inbound),
            lambda status, headers, exc_info=None: sent.extend(headers))
        due = is_id(inbound, self.strict)
        found = self.seen.get('openstack.global_request_id')
        assert found == (inbound if due else None), ascii(inbound)
        kept = {key for key, value in self.seen.items()
                if value == inbound
                and key.startswith(('HTTP_', 'openstack.', 'errorkit.'))}
        assert kept == ({'HTTP_X_OPENSTACK_REQUEST_ID',
                         'openstack.global_request_id'} if due else set())
        assert ('HTTP_X_OPENSTACK_REQUEST_ID' in self.seen) == due
        local = self.seen['openstack.request_id']
        assert is_id(local, True) and local != inbound
        assert sent == [(ID_HEADER, local)]


@pytest.mark.usefixtures('unheard')
def test_mutated_ids_are_judged_as_a_parser_by_hand_does():
    rng = random.Random('ids')
    strict, lenient = Service(True), Service(False)
    accepted = 0
    for _ in range(IDS):
        inbound = mutated(rng)
        strict.check(inbound)
        lenient.check(inbound)
        accepted += is_id(inbound, True)
    # Both answers have been tried often.
    assert IDS // 20 < accepted < IDS // 2


@settings(max_examples=300, deadline=None)
@given(text=st.one_of(
    st.text(st.characters(max_codepoint=255)),
    st.text('0123456789abcdefABCDEF-req', min_size=38, max_size=42),
    st.uuids().map('req-{}'.format)))
def test_any_text_is_judged_as_a_parser_by_hand_does(text):
    for strict in (True, False):
        Service(strict).check(text)


@pytest.mark.parametrize('strict', [True, False])
def test_a_character_of_every_byte_in_every_place_is_judged_alike(
        strict, unheard):
    service = Service(strict)
    valid = 'req-01234567-89ab-4cde-8f01-23456789abcd'
    for position in range(41):
        for byte in range(256):
            service.check(valid[:position] + chr(byte)
                          + valid[position + 1:])


@pytest.mark.parametrize('mode', ['ignore', 'warn', 'reject'])
def test_what_is_refused_is_counted_and_gone_whatever_the_mode(
        mode, caught):
    rng = random.Random(mode)
    service = Service(True, on_invalid=mode)
    refused = 0
    for _ in range(2000):
        inbound = mutated(rng)
        if mode == 'reject' and not is_id(inbound, True):
            environ = make_environ(X_OPENSTACK_REQUEST_ID=inbound)
            reply = run(service.application, environ)
            assert reply.status == 400
            assert reply.error['code'] == 'errorkit.request_id.invalid'
            assert len(inbound) < 20 or inbound not in reply.words()
            assert inbound not in environ.values() or not inbound
        else:
            service.check(inbound)
        refused += not is_id(inbound, True)
    assert service.application.rejected['invalid'] == refused
    for record in caught.records:
        message = record.getMessage()
        assert message.isascii() and message.isprintable()
        assert len(message) < 600
