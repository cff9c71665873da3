# SPDX-License-Identifier: Apache-2.0
"""Comments of every shape: one is a code or it is nothing."""

import enum
import random

import pytest
import webob.dec
import webob.exc
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import FRAGMENTS, INVALID_COMMENTS, VALID_CODES, texts
from wsgi_driver import make_environ, run

import errorkit
from errorkit.exceptions import InvalidCode

pytestmark = pytest.mark.usefixtures('unheard')

COMMENTS = 10_000
DEFAULT = 'volume.undefined_code'
LETTERS = 'abcdefghijklmnopqrstuvwxyz0123456789_-'


def is_code(text):
    """Tell by looking at each character whether a text is a code."""
    if not isinstance(text, str) or len(text) > 128:
        return False
    labels = text.split('.')
    return len(labels) > 1 and all(
        label and all(character in LETTERS for character in label)
        for label in labels)


def raises(environ, start_response):
    """Let an error through."""
    raise webob.exc.HTTPConflict('no', comment=environ['test.comment'])


@errorkit.wsgify
def handled(request):
    """Raise under our decorator."""
    raise webob.exc.HTTPConflict(
        'no', comment=request.environ['test.comment'])


@webob.dec.wsgify
def answered(request):
    """Raise under webob's decorator."""
    raise webob.exc.HTTPConflict(
        'no', comment=request.environ['test.comment'])


STACKS = [errorkit.wrap(one, service_type='volume')
          for one in (raises, handled, answered)]


def code_of(comment, stack=STACKS[0]):
    """Return the code that a client is told."""
    environ = make_environ()
    environ['test.comment'] = comment
    reply = run(stack, environ)
    assert reply.status == 409 and reply.error['detail'] == 'no'
    return reply.error['code']


def random_comment(rng):
    """Return something like a code."""
    likely = [*VALID_CODES, *LETTERS, '.', 'volume.', 'volume.']
    pieces = [*likely * 4, *INVALID_COMMENTS, *FRAGMENTS, '..', '\u0661',
              '\u0131', '\u212a', 'A', '\xe9']
    text = ''.join(rng.choice(pieces) for _ in range(rng.randrange(1, 6)))
    if rng.random() < 0.2:
        at = rng.randrange(len(text) + 1)
        text = text[:at] + chr(rng.randrange(0x250)) + text[at + 1:]
    return text


def test_a_comment_is_a_code_exactly_if_a_parser_by_hand_says_so():
    rng = random.Random('comments')
    valid = 0
    for _ in range(COMMENTS):
        comment = random_comment(rng)
        due = comment if is_code(comment) else DEFAULT
        assert code_of(comment, rng.choice(STACKS)) == due, ascii(comment)
        valid += due == comment
    assert COMMENTS // 50 < valid < COMMENTS // 2


@settings(max_examples=300, deadline=None)
@given(comment=st.one_of(
    texts(), st.text(LETTERS + '.', max_size=140),
    st.from_regex(r'[a-z0-9_-]+(\.[a-z0-9_-]+)+')))
def test_any_comment_is_a_code_or_nothing(comment):
    due = comment if is_code(comment) else DEFAULT
    for stack in STACKS:
        assert code_of(comment, stack) == due


@pytest.mark.parametrize('length', [3, 127, 128, 129, 130, 1000, 100_000])
def test_a_code_is_as_long_as_it_may_be(length):
    code = 'a.' + 'b' * (length - 2)
    for stack in STACKS:
        assert code_of(code, stack) == (code if length <= 128 else DEFAULT)


class Lying(str):
    """A str that is not what its methods say."""

    def __str__(self):
        return 'volume.lie'

    def __len__(self):
        return 3

    def __bool__(self):
        return True


class Unhashable(str):
    """A str that is no key."""

    __hash__ = None


class Failing:
    """No str, and nothing can be asked of it."""

    def __str__(self):
        raise RuntimeError('no')

    __repr__ = __len__ = __eq__ = __hash__ = __str__


@pytest.mark.parametrize('comment', [
    b'volume.exists', bytearray(b'volume.exists'), 17, 1.5, True, ['a.b'],
    ('a.b',), {'a.b': 1}, object(), Failing(), Lying(''), Lying('Not.One'),
    Unhashable('Not.One'), range(5)],
    ids=lambda one: type(one).__name__)
def test_a_comment_that_is_no_text_or_no_code_is_nothing(comment):
    assert code_of(comment) == DEFAULT
    assert code_of(comment, STACKS[1]) == DEFAULT


class Codes(str, enum.Enum):  # noqa: UP042 - its str() is the very point
    """Codes as many services keep them."""

    EXISTS = 'volume.exists'


@pytest.mark.parametrize('comment', [
    Codes.EXISTS, enum.StrEnum('Codes', {'EXISTS': 'volume.exists'}).EXISTS,
    Lying('volume.exists'), Unhashable('volume.exists'),
    errorkit.ErrorCode('volume.exists')],
    ids=lambda one: type(one).__mro__[1].__name__)
def test_a_text_of_another_class_is_the_code_it_holds(comment):
    for _ in range(2):
        assert code_of(comment) == 'volume.exists'
        assert code_of(comment, STACKS[1]) == 'volume.exists'


def test_a_catalog_declares_exactly_what_is_a_code_of_its_service():
    rng = random.Random('catalog')
    catalog = errorkit.Catalog('volume')
    declared = set(catalog)
    for _ in range(COMMENTS):
        code = random_comment(rng)
        right = (is_code(code) and code.startswith('volume.')
                 and code not in declared)
        if right:
            assert catalog.define(code, status=409) == code
            declared.add(code)
        else:
            with pytest.raises(InvalidCode):
                catalog.define(code, status=409)
    assert set(catalog) == declared and len(declared) > 10


@pytest.mark.parametrize('status', [
    399, 600, 0, -1, 200, 302, '409', 409.0, None, (), [], [409, 200],
    (409, '400'), range(400, 601), range(0)], ids=str)
def test_a_catalog_refuses_what_is_no_status_of_an_error(status):
    catalog = errorkit.Catalog('volume')
    with pytest.raises((InvalidCode, TypeError)):
        catalog.define('volume.exists', status=status)
    assert 'volume.exists' not in catalog


@pytest.mark.parametrize('headers', [
    {'OPENSTACK_API_VERSION': 'volume x'},
    {'OPENSTACK_API_VERSION': 'volume 9.9'},
    {'X_OPENSTACK_REQUEST_ID': 'req-1'}], ids=str)
def test_errorkits_own_codes_need_no_declaring(headers):
    stack = errorkit.wrap(
        raises, service_type='volume', versions='3.0-3.5',
        on_invalid='reject',
        catalog=errorkit.Catalog('volume', strict=True))
    reply = run(stack, make_environ(**headers))
    assert reply.raised is None and reply.status in (400, 406)
    assert is_code(reply.error['code'])
    assert reply.error['code'] != DEFAULT
