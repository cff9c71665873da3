# SPDX-License-Identifier: Apache-2.0
"""client.load_catalog: a published lock file as exception classes."""

import copy
import gc
import json
import pathlib
import pickle
import threading

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from errorkit import Catalog, client
from errorkit.client.statuses import BY_STATUS
from errorkit.codes import lock
from errorkit.exceptions import ConfigError, ErrorkitError

ROOT = pathlib.Path(__file__).parents[2]
VOLUMES = ROOT / 'examples' / 'volumes' / 'error-codes.lock'


def declared(**codes):
    """Return a catalog of placement: reasons, each with its members."""
    catalog = Catalog('placement')
    for reason, members in codes.items():
        catalog.define(
            f'placement.{reason.replace("__", ".")}',
            **{'status': 409, **members})
    return catalog


def load(**codes):
    """Return the exceptions of a catalog that is declared here."""
    return client.load_catalog(declared(**codes))


def test_a_published_lock_file_is_loaded():
    volumes = client.load_catalog(VOLUMES)
    content = json.loads(VOLUMES.read_text())
    assert volumes.service_type == 'volume'
    assert set(volumes) == set(content['codes'])
    assert volumes.InUse is volumes['volume.in_use']
    assert issubclass(volumes.InUse, client.Conflict)
    assert volumes.InUse.declared.retry == 'after-refresh'


@pytest.mark.parametrize('source', [
    VOLUMES, str(VOLUMES), VOLUMES.read_bytes(),
    json.loads(VOLUMES.read_text())], ids=lambda one: type(one).__name__)
def test_the_same_codes_give_the_same_classes(source):
    assert client.load_catalog(source) is client.load_catalog(VOLUMES)


def test_a_catalog_gives_the_classes_of_its_lock():
    catalog = declared(duplicate_name={})
    text = lock.dump(lock.of(catalog))
    assert client.load_catalog(catalog) is client.load_catalog(text.encode())


@pytest.mark.parametrize(('code', 'name'), [
    ('placement.duplicate_name', 'DuplicateName'),
    ('placement.resource_provider.name_exists',
     'ResourceProviderNameExists'),
    ('placement.in-use', 'InUse'),
    ('placement.2fa.required', 'Code2faRequired'),
    ('placement.none', 'CodeNone'),
    ('placement._', 'Code'),
    ('placement.a__b_', 'AB'),
])
def test_a_class_is_named_after_what_follows_the_service_type(code, name):
    catalog = Catalog('placement')
    catalog.define(code, status=409)
    kind = getattr(client.load_catalog(catalog), name)
    assert kind.declared == code
    assert kind.__name__ == name
    assert f'{kind.__module__}.{kind.__qualname__}' == (
        f'errorkit.client.placement.{name}')


def test_two_codes_of_one_name_are_refused_and_may_be_named():
    catalog = declared(a_b={}, a__b={})
    with pytest.raises(ConfigError) as caught:
        client.load_catalog(catalog)
    assert 'placement.a_b' in str(caught.value)
    assert 'placement.a.b' in str(caught.value)
    found = client.load_catalog(catalog, names={'placement.a.b': 'ADotB'})
    assert found.ADotB is found['placement.a.b']
    assert found.AB is found['placement.a_b']


@pytest.mark.parametrize('names', [
    {'placement.x': 'X'}, {'placement.a': 'a'}, {'placement.a': 'A B'},
    {'placement.a': 'None'}, {'placement.a': ''}, {'placement.a': 5},
    {'placement.a': 'UndefinedCode'}])
def test_a_bad_name_is_refused(names):
    with pytest.raises(ConfigError) as caught:
        client.load_catalog(declared(a={}), names=names)
    assert 'names' in str(caught.value)


@pytest.mark.parametrize('source', [
    b'', b'{', b'\xff\xfe', b'[]', b'{"version": 2}', {}, {'version': 1},
    {'version': 1, 'service_type': 'a', 'codes': {'b': {}}},
    {1: object()}, 5, None, ['a'], __file__])
def test_what_is_no_lock_is_refused(source):
    with pytest.raises(ConfigError) as caught:
        client.load_catalog(source)
    assert 'source' in str(caught.value)


def test_a_file_that_is_not_there_is_an_error_of_the_system(tmp_path):
    with pytest.raises(FileNotFoundError):
        client.load_catalog(tmp_path / 'error-codes.lock')


@pytest.mark.parametrize(('statuses', 'base'), [
    ([409], client.Conflict),
    ([409, 412], client.ClientError),
    ([500, 503], client.ServerError),
    ([499], client.ClientError),
    ([404, 503], client.ResponseError),
])
def test_the_base_of_a_class_is_what_its_statuses_share(statuses, base):
    kind = load(full={'status': statuses}).Full
    assert kind.__bases__ == (base,)


def test_a_code_with_several_statuses_is_raised_as_that_of_the_response():
    found = load(full={'status': [409, 412]})
    kind = found.class_of('placement.full', 412)
    assert issubclass(kind, found.Full)
    assert issubclass(kind, client.PreconditionFailed)
    assert not issubclass(kind, client.Conflict)
    assert kind.__name__ == 'Full'
    assert found.class_of('placement.full', 412) is kind


def test_a_code_with_a_status_that_is_not_declared_is_still_the_code():
    found = load(full={})
    assert found.class_of('placement.full', 400) is found.Full


def test_the_undefined_code_has_the_class_of_the_status():
    found = load()
    kind = found.class_of('placement.undefined_code', 404)
    assert issubclass(kind, client.NotFound)
    assert issubclass(kind, found.UndefinedCode)


@pytest.mark.parametrize('code', [None, 'placement.new', 'volume.full', ''])
def test_an_unknown_code_has_the_class_of_the_status(code):
    found = load(full={})
    assert found.class_of(code, 409) is client.Conflict
    assert found.class_of(code, 499) is client.ClientError
    assert found.class_of(code, 599) is client.ServerError
    assert found.class_of(code, 999) is client.ResponseError


def test_both_names_of_a_renamed_code_are_one_class():
    found = load(full={'renames': {'1.30': 'placement.no_room'}})
    assert found.Full is found.NoRoom
    assert found.class_of('placement.no_room', 409) is found.Full
    assert found.find('placement.no_room') == 'placement.full'


def test_a_replaced_code_and_its_successor_are_caught_by_each_other():
    found = load(
        old={'replaced_by': 'placement.new'},
        older={'replaced_by': 'placement.old'},
        other={'replaced_by': 'placement.new'},
        new={})
    names = ['Old', 'Older', 'Other', 'New']

    def caught(code):
        kind = found.class_of(f'placement.{code}', 409)
        assert issubclass(kind, client.Conflict)
        return [name for name in names
                if issubclass(kind, getattr(found, name))]

    assert caught('new') == names
    assert caught('old') == ['Old', 'Older', 'New']
    assert caught('older') == ['Old', 'Older', 'New']
    assert caught('other') == ['Other', 'New']
    assert found.class_of('placement.older', 409).__name__ == 'Older'


def test_a_successor_with_another_status_is_another_thing():
    found = load(old={'replaced_by': 'placement.new'}, new={'status': 404})
    assert found.class_of('placement.old', 409) is found.Old
    assert found.class_of('placement.new', 404) is found.New


def test_codes_that_replace_each_other_do_no_harm():
    found = load(
        a={'replaced_by': 'placement.b'}, b={'replaced_by': 'placement.a'},
        c={'replaced_by': 'placement.c'}, d={'replaced_by': 'volume.x'})
    assert issubclass(found.class_of('placement.a', 409), found.B)
    assert found.class_of('placement.c', 409) is found.C
    assert found.class_of('placement.d', 409) is found.D


def test_an_unknown_name_is_an_attribute_error_that_helps():
    with pytest.raises(AttributeError, match=r'DuplicateName\?'):
        load(duplicate_name={}).DuplicteName  # noqa: B018


def test_a_catalog_lists_its_classes():
    found = load(full={})
    assert {'Full', 'UndefinedCode', 'class_of'} <= set(dir(found))
    assert 'placement.full' in found
    assert len(found) == len(list(found)) == 5
    assert repr(found) == '<5 codes of placement>'


def test_a_copy_of_a_catalog_is_the_catalog():
    found = client.load_catalog(
        declared(a_b={}, a__b={}), names={'placement.a.b': 'ADotB'})
    assert copy.copy(found) is copy.deepcopy(found) is found
    assert pickle.loads(pickle.dumps(found)) is found


def test_a_class_keeps_its_catalog_alive():
    kind = load(gone={}).Gone
    gc.collect()
    assert load(gone={}).Gone is kind


def test_threads_that_load_at_the_same_time_get_the_same_classes():
    text = lock.dump(lock.of(declared(full={'status': [409, 412]}))).encode()
    found = []
    barrier = threading.Barrier(8)

    def work():
        barrier.wait()
        catalog = client.load_catalog(text)
        found.append((catalog, catalog.class_of('placement.full', 412)))

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(found)) == 1


def test_every_class_of_a_status_is_public_and_in_its_range():
    for status, kind in BY_STATUS.items():
        base = client.ClientError if status < 500 else client.ServerError
        assert issubclass(kind, base)
        assert issubclass(kind, ErrorkitError)
        assert getattr(client, kind.__name__) is kind
        assert kind.__doc__.startswith(f'{status}: ')


REASONS = ['a', 'b', 'c', 'd', 'e']
STATUSES = [400, 404, 409, 412, 499, 500, 503, 599]
ANY_STATUS = list(BY_STATUS.values())


@settings(max_examples=100, deadline=None)
@given(st.lists(
    st.tuples(
        st.lists(st.sampled_from(STATUSES), min_size=1, unique=True),
        st.sampled_from([None, *REASONS])),
    min_size=len(REASONS), max_size=len(REASONS)))
def test_any_catalog_has_a_class_for_any_code_and_status(members):
    found = load(**{
        reason: {
            'status': statuses,
            'replaced_by': other and f'placement.{other}',
        }
        for reason, (statuses, other) in zip(REASONS, members, strict=True)})
    for reason, (statuses, _) in zip(REASONS, members, strict=True):
        for status in [*STATUSES, 999]:
            kind = found.class_of(f'placement.{reason}', status)
            assert issubclass(kind, found[f'placement.{reason}'])
            if status in statuses:
                own = found.class_of(None, status)
                assert issubclass(kind, own)
                # No class of another status, but what all of a range share.
                assert not any(
                    issubclass(kind, other) for other in ANY_STATUS
                    if other is not own)
