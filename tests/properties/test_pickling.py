# SPDX-License-Identifier: Apache-2.0
"""Every public exception and record survives pickle, copy and deepcopy."""

import copy
import dataclasses
import pathlib
import pickle
import subprocess
import sys

import pytest
import webob.exc
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import texts

import errorkit
from errorkit import exceptions
from errorkit._i18n import Text
from errorkit.observers import ErrorRecord

ROOT = pathlib.Path(errorkit.__file__).parent.parent

CATALOG = errorkit.Catalog('volume', help_base='https://docs.example/')
EXISTS = CATALOG.define('volume.exists', status=(409, 400), title='Exists',
                        meaning='It is there.')
ERROR = errorkit.Error(
    409, 'Conflict', 'a < b \ud800', EXISTS, 'req-1',
    (('help', 'https://docs.example/'),), {'pointer': '/name'}, 'later',
    '3.5', '3.0', 'abc', {'more': [1, {'x': None}]})
BARE = errorkit.Error(500, 'Title', Text('%(a)s', a='b'))
READ = errorkit.wsgify.formatter.make(
    409, {}, detail='Volume "a" exists.', code='volume.exists')
RECORD = ErrorRecord(
    ERROR, 'volume.exists', None, 'req-1', None, 'alice', 'blue', 'GET',
    '/v3', 'builtins.ValueError', 'Traceback …', 0.5)

OBJECTS = {
    'Error': ERROR,
    'Error of three members': BARE,
    'Error as it is read': READ,
    'ErrorRecord': RECORD,
    'ErrorCode': EXISTS,
    'ErrorCode of nothing': errorkit.ErrorCode('a.b'),
    'Known': errorkit.Known(409, 'volume.exists', True, (('A', 'b'),)),
    'Text': Text('%(a)s', a='b'),
    'Text of nothing': Text('plain'),
    'MultiError': errorkit.MultiError([ERROR, BARE]),
    'MultiError of webob': errorkit.MultiError(
        [webob.exc.HTTPConflict('a', comment=EXISTS,
                                headers=[('X-A', 'b')]), ERROR]),
    'ErrorkitError': exceptions.ErrorkitError('a', 1),
    'ConfigError': exceptions.ConfigError(
        'errorkit#request_id', 'trust', ['x'], 'all is'),
    'InvalidCode': exceptions.InvalidCode('a'),
    'UndeclaredCode': exceptions.UndeclaredCode('a'),
    'InvalidResponse': exceptions.InvalidResponse('a'),
    'BodyAborted': exceptions.BodyAborted('SystemExit'),
}
WAYS = {
    'copy': copy.copy, 'deepcopy': copy.deepcopy,
    **{f'protocol {number}': lambda one, number=number: pickle.loads(
        pickle.dumps(one, number))
       for number in range(pickle.HIGHEST_PROTOCOL + 1)},
}


def told(one):
    """Return everything an object says, in what can be compared."""
    if isinstance(one, webob.exc.WSGIHTTPException):
        return (type(one), one.status, one.detail, told(one.comment),
                one.headerlist)
    if isinstance(one, BaseException):
        members = {name: told(value) for name, value in vars(one).items()}
        return type(one), str(one), told(list(one.args)), members
    if dataclasses.is_dataclass(one):
        return type(one), [
            (field.name, told(getattr(one, field.name)))
            for field in dataclasses.fields(one)]
    if isinstance(one, errorkit.ErrorCode):
        return (type(one), str(one), one.statuses, one.status, one.title,
                one.meaning, one.help)
    if isinstance(one, Text):
        return type(one), str(one), one.msgid, one.values
    if isinstance(one, (list, tuple)):
        return type(one), [told(item) for item in one]
    return type(one), one


@pytest.mark.parametrize('way', WAYS)
@pytest.mark.parametrize('name', OBJECTS)
def test_an_object_is_the_same_afterwards(name, way):
    given_ = OBJECTS[name]
    made = WAYS[way](given_)
    assert told(made) == told(given_)
    assert isinstance(given_, BaseException) or made == given_
    assert repr(made).replace(hex(id(made)), '') == repr(given_).replace(
        hex(id(given_)), '') or 'webob' in name


def test_every_public_exception_is_among_them():
    public = {kind for kind in vars(exceptions).values()
              if isinstance(kind, type)
              and issubclass(kind, BaseException)}
    assert public <= {type(one) for one in OBJECTS.values()}
    assert {errorkit.Error, errorkit.MultiError, errorkit.ErrorCode,
            errorkit.Known} <= {type(one) for one in OBJECTS.values()}


@settings(max_examples=200, deadline=None)
@given(error=st.builds(
    errorkit.Error, status=st.integers(400, 599), title=texts(),
    detail=texts(), code=st.none() | texts(), request_id=st.none() | texts(),
    links=st.lists(st.tuples(texts(), texts()), max_size=2).map(tuple),
    source=st.none() | st.dictionaries(texts(), texts(), max_size=2),
    extra=st.none() | st.dictionaries(texts(), st.integers(), max_size=2)))
def test_any_error_is_the_same_afterwards(error):
    for way in WAYS.values():
        assert way(error) == error
        made = way(errorkit.MultiError([error]))
        assert made.errors == (error,)


def test_another_process_reads_them():
    kept = {name: pickle.dumps(one) for name, one in OBJECTS.items()}
    program = (
        'import pickle, sys\n'
        'kept = pickle.load(sys.stdin.buffer)\n'
        'read = {name: pickle.loads(data) for name, data in kept.items()}\n'
        'pickle.dump({name: pickle.dumps(one) for name, one in '
        'read.items()}, sys.stdout.buffer)\n')
    result = subprocess.run(
        [sys.executable, '-c', program], cwd=ROOT, timeout=60, check=True,
        input=pickle.dumps(kept), capture_output=True)
    for name, data in pickle.loads(result.stdout).items():
        assert told(pickle.loads(data)) == told(OBJECTS[name])


@pytest.mark.parametrize('name', [
    'Error', 'Error as it is read', 'ErrorRecord', 'Known'])
def test_a_record_cannot_be_changed(name):
    one = OBJECTS[name]
    for field in dataclasses.fields(one):
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(one, field.name, None)


def test_an_error_as_it_is_read_is_as_any_other():
    same = errorkit.Error(
        409, 'Conflict', 'Volume "a" exists.', 'volume.exists')
    assert type(READ) is errorkit.Error
    assert same == READ
    assert hash(READ) == hash(same)
    assert repr(READ) == repr(same)
    assert dataclasses.replace(READ, code=None) == dataclasses.replace(
        same, code=None)
    assert READ != BARE


def test_a_context_is_the_same_in_another_thread_or_process():
    seen = []

    def application(environ, start_response):
        context = errorkit.context.current()
        seen.extend([context, *(way(context) for way in WAYS.values())])
        start_response('200 OK', [])
        return []

    environ = {'REQUEST_METHOD': 'GET', 'HTTP_X_USER_ID': 'alice',
               'HTTP_X_PROJECT_ID': 'blue'}
    errorkit.wrap(application, service_type='volume', auth='noauth')(
        environ, lambda *args: None)
    assert len(seen) == len(WAYS) + 1
    assert {(one.request_id, one.user_id, one.project_id)
            for one in seen} == {
        (environ['openstack.request_id'], 'alice', 'blue')}
