# SPDX-License-Identifier: Apache-2.0
"""Problem details that others write: what stands below ``errors``."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from errorkit import client
from errorkit.formats import field_errors

HEADERS = {'Content-Type': 'application/problem+json'}


def further(errors, **members):
    """Return the errors after the first, as detail and source."""
    body = json.dumps({'title': 'Not valid.', **members, 'errors': errors})
    own, *found = client.parse(422, HEADERS, body)
    assert own.title == 'Not valid.'
    assert all(one.status == 422 for one in found)
    return [(one.detail, one.source) for one in found]


@pytest.mark.parametrize(('entry', 'detail', 'source'), [
    ({'detail': 'x', 'pointer': '#/age'}, 'x', {'pointer': '/age'}),
    ({'detail': 'x', 'pointer': '/age'}, 'x', {'pointer': '/age'}),
    ({'detail': 'x', 'pointer': '#'}, 'x', {'pointer': ''}),
    ({'detail': 'x', 'pointer': '#/a%20b~1c'}, 'x', {'pointer': '/a b~1c'}),
    ({'detail': 'x', 'pointer': 'age'}, 'x', None),
    ({'detail': 'x', 'pointer': 5}, 'x', None),
    ({'detail': 'x', 'source': {'parameter': 'limit'}, 'pointer': '#/a'},
     'x', {'parameter': 'limit'}),
    ({'message': 'x'}, 'x', None),
    ({'detail': 'Traceback (most recent call last):\n  File "a.py"',
      'pointer': '#/age'}, '', {'pointer': '/age'}),
    ('x', 'x', None),
])
def test_an_entry_of_a_list_says_what_and_where(entry, detail, source):
    assert further([entry]) == [(detail, source)]


def test_a_pointer_of_more_than_a_kibibyte_is_none():
    for size, source in ((1023, {'pointer': '/' + 'a' * 1023}), (1024, None)):
        entry = {'detail': 'x', 'pointer': '/' + 'a' * size}
        assert field_errors.read(422, [entry])[0].source == source


@pytest.mark.parametrize(('errors', 'expected'), [
    ({'Name': ['x', 'y']},
     [('x', {'pointer': '/Name'}), ('y', {'pointer': '/Name'})]),
    ({'Name': 'x'}, [('x', {'pointer': '/Name'})]),
    ({'a/b': [{'c': ['x']}]}, [('x', {'pointer': '/a~1b/0/c'})]),
    ({'Password': ['hunter2']}, [('', {'pointer': '/Password'})]),
    ({'Password': ['It has to be longer.']},
     [('It has to be longer.', {'pointer': '/Password'})]),
])
def test_a_field_has_its_texts(errors, expected):
    assert further(errors) == expected


@pytest.mark.parametrize('errors', [
    None, 0, 5, True, 'x', '', [], {}, [None], [5, 2.5, True], [[]], ['', {}],
    {'a': 5}, {'a': None}, {'traceback': ['x']}])
def test_what_holds_no_errors_gives_none(errors):
    assert further(errors) == []


def test_a_list_is_read_to_the_limit():
    entries = [{'detail': f'{n}', 'pointer': f'#/{n}'} for n in range(5000)]
    assert len(field_errors.read(422, entries)) == field_errors.MAX
    assert len(further(entries)) == 99


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text()
    | st.sampled_from(['#/a', '#/%', '#%ff', '/a', '{"a": 1}']),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(
        st.sampled_from(['detail', 'pointer', 'errors', 'message', 'source',
                         'loc', 'title', 'links', 'token']) | st.text(),
        inner, max_size=4),
    max_leaves=20)


@settings(max_examples=300, deadline=None)
@given(JSON)
def test_whatever_stands_there_is_read_or_not(errors):
    found = field_errors.read(400, errors)
    for one in found:
        assert one.status == 400
        assert type(one.detail) is type(one.title) is str
    assert client.parse(
        400, HEADERS, json.dumps({'errors': errors}))[0].status == 400


def test_what_is_nested_without_end_is_read_or_not():
    deep = 'x'
    for _ in range(5000):
        deep = {'errors': [deep]}
    field_errors.read(400, deep)
    field_errors.read(400, [deep])
