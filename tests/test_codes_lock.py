# SPDX-License-Identifier: Apache-2.0
"""The lock: what may change in a published catalog, and what may not."""

import argparse
import ast
import json
import os
import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import errorkit
from errorkit.codes import lock
from errorkit.commands import codes as commands

ROOT = os.path.dirname(os.path.dirname(errorkit.__file__))
HEAD = "from errorkit import Catalog\nCATALOG = Catalog('shop')\n"
FIRST = """
CATALOG.define('shop.taken', status=409, title='Taken', since='1.5', \
    renames={'1.30': 'shop.name_taken'})
CATALOG.define('shop.gone', status=(404, 410), since='1.5')
CATALOG.define('shop.old', status=400, retired=True)
"""


def drop(source, code):
    """Return a source without the declaration of a code."""
    lines = source.split('\n')
    return '\n'.join(line for line in lines if repr(code) not in line) + '\n'


@pytest.fixture
def shop(tmp_path, monkeypatch):
    """Return a function that runs an action on a catalog of this source."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, 'dont_write_bytecode', True)
    monkeypatch.setattr(sys, 'path', list(sys.path))

    def run(action, source=None, *options, name='shop_codes:CATALOG'):
        if source is not None:
            (tmp_path / 'shop_codes.py').write_text(source)
        sys.modules.pop('shop_codes', None)
        parser = argparse.ArgumentParser()
        commands.configure(parser)
        try:
            return commands.main(
                parser.parse_args([action, name, *options]))
        finally:
            sys.modules.pop('shop_codes', None)

    return run


@pytest.fixture
def published(shop):
    """Return the same, with ``FIRST`` published already."""
    assert shop('lock', HEAD + FIRST) == 0
    return shop


def published_file(tmp_path):
    return tmp_path / 'error-codes.lock'


# -- the file

def test_the_lock_says_all_that_a_client_needs(published, tmp_path):
    content = json.loads(published_file(tmp_path).read_text())
    assert content['version'] == 1
    assert content['service_type'] == 'shop'
    assert content['codes']['shop.taken'] == {
        'statuses': [409],
        'title': 'Taken',
        'meaning': '',
        'help': None,
        'since': '1.5',
        'cause': 'user',
        'retry': None,
        'deprecated_since': None,
        'replaced_by': None,
        'retired': False,
        'renames': {'1.30': 'shop.name_taken'},
    }


def test_the_codes_that_every_catalog_has_are_locked_too(published, tmp_path):
    content = json.loads(published_file(tmp_path).read_text())
    assert 'shop.request_id.invalid' in content['codes']
    assert content['codes']['shop.undefined_code']['statuses'] == ['400-599']


def test_the_lock_is_sorted_with_a_line_for_each_member(published, tmp_path):
    text = published_file(tmp_path).read_text()
    codes = list(json.loads(text)['codes'])
    assert codes == sorted(codes)
    assert text.endswith('}\n')
    assert '      "title": "Taken",\n      "meaning": "",\n' in text


def test_the_order_of_the_source_changes_nothing(published, shop, tmp_path):
    before = published_file(tmp_path).read_text()
    lines = FIRST.strip().split('\n')
    assert shop('lock', HEAD + '\n'.join(reversed(lines)) + '\n',
                '--file', 'other.lock') == 0
    assert (tmp_path / 'other.lock').read_text() == before


def test_a_translated_title_is_locked_in_its_own_language(shop, tmp_path):
    assert shop('lock', HEAD + (
        'import oslo_i18n\n'
        "_ = oslo_i18n.TranslatorFactory('shop').primary\n"
        'oslo_i18n.enable_lazy()\n'
        "CATALOG.define('shop.a', status=400, title=_('A thing'))\n"
        'oslo_i18n.enable_lazy(False)\n')) == 0
    content = json.loads(published_file(tmp_path).read_text())
    assert content['codes']['shop.a']['title'] == 'A thing'


def test_a_text_without_a_form_in_utf_8_is_locked_all_the_same(
        shop, tmp_path):
    source = HEAD + (
        "CATALOG.define('shop.a', status=400, title='\\udc80 ä')\n")
    assert shop('lock', source) == 0
    content = json.loads(published_file(tmp_path).read_bytes())
    assert content['codes']['shop.a']['title'] == '\udc80 ä'
    assert shop('check') == 0


def test_what_is_written_can_be_loaded_again():
    catalog = errorkit.Catalog('shop', help_base='https://shop.example/')
    catalog.define(
        'shop.a', status=(409, 404, 405, 406, 407), title='Schön "<',
        meaning='a\nb', since='2.10', cause='service', retry='later',
        deprecated_since='2.11', replaced_by='shop.b',
        renames={'2.9': 'shop.c', '2.30': 'shop.d'})
    catalog.define('shop.b', status=range(500, 505), retired=True)
    found = lock.load(lock.dump(lock.of(catalog)))
    assert found.service_type == 'shop'
    assert set(found.codes) == set(catalog)
    for name, code in catalog.items():
        kept = {**vars(code), 'text': None, 'params': {}}
        assert vars(found.codes[name]) == kept


def test_a_loaded_code_knows_its_string_in_a_microversion(published, tmp_path):
    found = lock.load(published_file(tmp_path).read_text())
    assert found.codes['shop.taken'].at((1, 29)) == 'shop.taken'
    assert found.codes['shop.taken'].at((1, 30)) == 'shop.name_taken'


# -- what is legal

def test_an_unchanged_catalog_passes(published, shop, capsys):
    assert shop('check') == 0
    assert 'as published' in capsys.readouterr().out


def test_locking_an_unchanged_catalog_writes_nothing(
        published, shop, tmp_path):
    os.utime(published_file(tmp_path), (1, 1))
    assert shop('lock') == 0
    assert published_file(tmp_path).stat().st_mtime == 1


LEGAL = {
    'a new code': HEAD + FIRST + "CATALOG.define('shop.b', status=400)\n",
    'a new title': HEAD + FIRST.replace('Taken', 'Already taken'),
    'a deprecation': HEAD + FIRST.replace(
        '410),', "410), deprecated_since='1.9', replaced_by='shop.taken',"),
    'a retirement': HEAD + FIRST.replace('410),', '410), retired=True,'),
    'one status more': HEAD + FIRST.replace('410', '410, 451'),
    'another order behind the first': HEAD + FIRST.replace(
        '404, 410', '404, 400, 410'),
    'a first status before that of a retired code': HEAD + FIRST.replace(
        'status=400', 'status=(410, 400)'),
    'an earlier since': HEAD + FIRST.replace("'1.5'", "'1.4'"),
    'no since any more': HEAD + FIRST.replace("since='1.5'", 'since=None'),
    'a later rename': HEAD + FIRST.replace(
        "'shop.name_taken'", "'shop.name_taken', '1.40': 'shop.c'"),
    'a first rename after all versions that are known': HEAD + FIRST.replace(
        "410), since='1.5'", "410), since='1.5', renames={'1.31': 'shop.c'}"),
    'a new code that has a rename': HEAD + FIRST + (
        "CATALOG.define('shop.b', status=400, renames={'1.2': 'shop.c'})\n"),
    'another status of a retired code': HEAD + FIRST.replace('400', '403'),
}


@pytest.mark.parametrize('source', LEGAL.values(), ids=LEGAL)
def test_a_legal_change_wants_a_new_lock_and_nothing_else(
        published, shop, capsys, source):
    assert shop('check', source) == 1
    told = capsys.readouterr().out
    assert 'legal' in told
    assert 'errorkit codes lock shop_codes:CATALOG' in told
    assert 'CATALOG.define' not in told
    assert shop('lock') == 0
    assert shop('check') == 0


# -- what is not

ILLEGAL = {
    'removed': (
        drop(HEAD + FIRST, 'shop.gone'),
        'shop.gone: the code is gone',
        "CATALOG.define('shop.gone', status=(404, 410), since='1.5', "
        'retired=True)'),
    'changed': (
        HEAD + FIRST.replace("'shop.gone'", "'shop.vanished'"),
        'shop.gone: the code is gone',
        "CATALOG.define('shop.gone', status=(404, 410), since='1.5', "
        "renames={'X.Y': 'shop.vanished'})"),
    'a retired one removed': (
        drop(HEAD + FIRST, 'shop.old'),
        'shop.old: the code is gone',
        "CATALOG.define('shop.old', status=400, retired=True)"),
    'used again': (
        HEAD + FIRST.replace(', retired=True', ''),
        'shop.old: a retired code is used again',
        "CATALOG.define('shop.old', ..., retired=True)"),
    'another status': (
        HEAD + FIRST.replace('409', '400'),
        'shop.taken: its status was 409, and is 400 now',
        "CATALOG.define('shop.taken', ..., status=(409, 400))"),
    'a status less': (
        HEAD + FIRST.replace('(404, 410)', '410'),
        'shop.gone: its status was 404, 410, and is 410 now',
        "CATALOG.define('shop.gone', ..., status=(404, 410))"),
    'a new status in front': (
        HEAD + FIRST.replace('409', '(400, 409)'),
        'shop.taken: its first status was 409, and is 400 now',
        "CATALOG.define('shop.taken', ..., status=(409, 400))"),
    'another status in front': (
        HEAD + FIRST.replace('404, 410', '410, 404'),
        'shop.gone: its first status was 404, and is 410 now',
        "CATALOG.define('shop.gone', ..., status=(404, 410))"),
    'a later since': (
        HEAD + FIRST.replace("410), since='1.5'", "410), since='1.6'"),
        'shop.gone: since was 1.5, and is 1.6 now',
        "CATALOG.define('shop.gone', ..., since='1.5')"),
    'a first since': (
        HEAD + FIRST.replace('status=400', "status=400, since='1.6'"),
        'shop.old: since was None, and is 1.6 now',
        "CATALOG.define('shop.old', ..., since=None)"),
    'a rename removed': (
        HEAD + FIRST.replace("'1.30': 'shop.name_taken'", ''),
        "shop.taken: it is no longer renamed to 'shop.name_taken' in 1.30",
        "renames={'1.30': 'shop.name_taken'})"),
    'a rename changed': (
        HEAD + FIRST.replace('shop.name_taken', 'shop.other'),
        "shop.taken: it is no longer renamed to 'shop.name_taken' in 1.30",
        "renames={'1.30': 'shop.name_taken'})"),
    'a rename in another version': (
        HEAD + FIRST.replace('1.30', '1.31'),
        "shop.taken: it is no longer renamed to 'shop.name_taken' in 1.30",
        "renames={'1.30': 'shop.name_taken'})"),
    'a rename before a published one': (
        HEAD + FIRST.replace("'1.30'", "'1.20': 'shop.c', '1.30'"),
        "shop.taken: it is renamed to 'shop.c' in 1.20, which is not after",
        "renames={'1.30': 'shop.name_taken'})"),
    'a first rename before a version that is known': (
        HEAD + FIRST.replace(
            "410), since='1.5'",
            "410), since='1.5', renames={'1.30': 'shop.c'}"),
        "shop.gone: it is renamed to 'shop.c' in 1.30, which is not after",
        "CATALOG.define('shop.gone', ..., renames={})"),
    'the new string declared in place of the old': (
        drop(HEAD + FIRST, 'shop.taken') + (
            "CATALOG.define('shop.name_taken', status=409, title='Taken', "
            "since='1.5')\n"),
        "shop.taken: the code is gone",
        "CATALOG.define('shop.taken', status=409, title='Taken', "
        "since='1.5', renames={'1.30': 'shop.name_taken'})"),
    'another prefix': (
        HEAD.replace('shop', 'store') + FIRST.replace('shop.', 'store.'),
        "shop: the service type is 'store' now",
        "CATALOG = Catalog('shop')"),
}


@pytest.mark.parametrize(
    ('source', 'what', 'line'), ILLEGAL.values(), ids=ILLEGAL)
def test_a_change_that_breaks_clients_fails_and_says_what_to_write(
        published, shop, capsys, source, what, line):
    assert shop('check', source) == 1
    told = capsys.readouterr().out
    assert what in told
    assert line in told
    assert 'lient' in told
    assert 'legal' not in told


@pytest.mark.parametrize(
    ('source', 'what', 'line'), ILLEGAL.values(), ids=ILLEGAL)
def test_a_lock_is_not_written_over_what_breaks_clients(
        published, shop, capsys, tmp_path, source, what, line):
    before = published_file(tmp_path).read_text()
    assert shop('lock', source) == 1
    told = capsys.readouterr()
    assert what in told.out
    assert 'nothing was written' in told.err
    assert published_file(tmp_path).read_text() == before
    assert shop('lock', None, '--force') == 0
    assert what in capsys.readouterr().out
    assert shop('check') == 0


def changed(source, code, advised):
    """Return a code's declaration with an advised argument changed."""
    call = next(
        one for one in ast.walk(ast.parse(source))
        if isinstance(one, ast.Call) and one.args
        and ast.unparse(one.args[0]) == repr(code))
    [new] = ast.parse(advised).body[0].value.keywords
    call.keywords = [
        one for one in call.keywords if one.arg != new.arg] + [new]
    return ast.unparse(call)


@pytest.mark.parametrize(
    'name', sorted(set(ILLEGAL) - {'another prefix'}))
def test_the_advised_line_makes_the_change_legal(
        published, shop, capsys, name):
    source, what, _ = ILLEGAL[name]
    shop('check', source)
    told = capsys.readouterr().out
    lines = [line.strip() for line in told.split('\n')
             if line.strip().startswith('CATALOG.define(')]
    code = what.partition(':')[0]
    line = lines[-1]
    if '..., ' in line:
        line = changed(source, code, line)
    source = source.replace("CATALOG.define('shop.name_taken'", '# ')
    shop('check', drop(source, code) + line + '\n')
    told = capsys.readouterr()
    assert 'broken' not in told.out
    assert 'codes are as published' in told.out or 'legal' in told.out


def test_a_new_string_can_be_a_rename_of_the_old(published, shop):
    assert shop('check', drop(HEAD + FIRST, 'shop.gone') + (
        "CATALOG.define('shop.gone', status=(404, 410), since='1.5', "
        "renames={'1.40': 'shop.vanished'})\n")) == 1
    assert shop('lock') == 0


def test_what_is_advised_for_a_code_that_is_gone_keeps_all_of_it(
        published, shop, capsys):
    source = HEAD + FIRST + (
        "CATALOG.define('shop.b', status=range(500, 504), title='B', "
        "meaning='It is.', help='https://b.example', since='1.5', "
        "cause='user', retry='later', deprecated_since='1.7', "
        "replaced_by='shop.taken', renames={'1.40': 'shop.c'})\n")
    assert shop('lock', source) == 0
    capsys.readouterr()
    assert shop('check', HEAD + FIRST) == 1
    line = source.strip().split('\n')[-1]
    assert f'{line[:-1]}, retired=True)\n' in capsys.readouterr().out


def test_the_advice_of_a_rename_names_what_it_has_to_come_after(
        published, shop, capsys):
    shop('check', ILLEGAL['changed'][0])
    told = capsys.readouterr().out
    assert 'one after 1.30, for X.Y' in told
    assert 'without microversions a service cannot rename' in told


def test_the_newest_version_that_a_lock_was_told_bounds_renames(
        published, shop, capsys, tmp_path):
    assert shop('lock', None, '--newest', '1.50') == 0
    assert shop('lock', None, '--newest', '1.40') == 0
    assert shop('lock', LEGAL['a new title']) == 0
    content = json.loads(published_file(tmp_path).read_text())
    assert content['newest'] == '1.50'
    for version, what in (('1.50', 'not after 1.50'), ('1.51', 'legal')):
        shop('check', LEGAL['a new title'].replace(
            "410), since='1.5'",
            f"410), since='1.5', renames={{'{version}': 'shop.c'}}"))
        assert what in capsys.readouterr().out


@pytest.mark.parametrize('newest', ['1', '1.05', 'latest', ''])
def test_a_newest_version_that_is_none_is_refused(
        published, shop, capsys, tmp_path, newest):
    with pytest.raises(SystemExit):
        shop('lock', None, '--newest', newest)
    assert 'is not a version' in capsys.readouterr().err
    content = json.loads(published_file(tmp_path).read_text())
    content['newest'] = newest
    published_file(tmp_path).write_text(json.dumps(content))
    assert shop('check') == 2
    assert '"newest"' in capsys.readouterr().err


def test_the_advice_uses_the_name_of_the_catalog(published, shop, capsys):
    source = (HEAD + FIRST).replace('CATALOG', 'CODES')
    assert shop('check', drop(source, 'shop.old'),
                name='shop_codes:CODES') == 1
    assert "CODES.define('shop.old'" in capsys.readouterr().out


# -- what is wrong with a catalog as a whole

@pytest.mark.parametrize(('more', 'what'), [
    pytest.param("replaced_by='shop.nothing'", 'does not declare',
                 id='undeclared'),
    pytest.param("replaced_by='shop.old'", 'is retired', id='retired'),
    pytest.param("replaced_by='shop.b'", 'the code itself', id='itself'),
    pytest.param("since='1.9', deprecated_since='1.8'", 'before since',
                 id='deprecated before it began'),
    pytest.param("since='1.9', renames={'1.9': 'shop.c'}",
                 'no client would ever get it', id='renamed as it began'),
])
@pytest.mark.parametrize('action', ['check', 'lock'])
def test_a_catalog_has_to_be_sound_as_a_whole(
        published, shop, capsys, action, more, what):
    source = f"{HEAD}{FIRST}CATALOG.define('shop.b', status=400, {more})\n"
    assert shop(action, source) == 1
    assert what in capsys.readouterr().out


@pytest.mark.parametrize('version', ['1.2', '1.5'])
@pytest.mark.parametrize('more', [(), ('--force',)])
def test_a_published_code_cannot_be_renamed_before_it_began(
        published, shop, capsys, version, more):
    source = HEAD + FIRST.replace(
        "410), since='1.5'",
        f"410), since='1.5', renames={{'{version}': 'shop.c'}}")
    what = f"shop.gone: it is renamed to 'shop.c' in {version}, which is not"
    assert shop('check', source) == 1
    told = capsys.readouterr().out
    assert f'{what} after 1.30, the newest published microversion' in told
    assert f'{what} after its since 1.5' in told
    assert shop('lock', None, *more) == 1
    assert what in capsys.readouterr().out


def test_a_code_may_be_replaced_by_what_another_was_renamed_to(
        published, shop):
    assert shop('lock', HEAD + FIRST.replace(
        '410),', "410), replaced_by='shop.name_taken',")) == 0


# -- where nothing can be compared

@pytest.mark.parametrize(('text', 'what'), [
    pytest.param('', 'not JSON', id='empty'),
    pytest.param('{"version": 1', 'not JSON', id='cut off'),
    pytest.param('[' * 100_000, 'not JSON', id='nested'),
    pytest.param('9' * 5000, 'JSON', id='a long number'),
    pytest.param('[]', 'not a lock', id='a list'),
    pytest.param('{}', 'not a lock', id='no version'),
    pytest.param('{"version": 2}', 'version 2', id='a later version'),
    pytest.param('{"version": true}', 'version True', id='not a number'),
    pytest.param('{"version": 1}', 'service_type', id='no service type'),
    pytest.param('{"version": 1, "service_type": "shop"}', 'codes',
                 id='no codes'),
    pytest.param('{"version": 1, "version": 1}', 'twice', id='twice'),
    pytest.param('{\n<<<<<<< ours\n  "version": 1,\n', 'line 2 is the mark',
                 id='a merge conflict'),
    pytest.param('{\n=======\n', 'merge conflict', id='half a conflict'),
])
@pytest.mark.parametrize('action', ['check', 'lock'])
def test_a_file_that_is_no_lock_is_refused(
        shop, capsys, tmp_path, action, text, what):
    published_file(tmp_path).write_text(text)
    assert shop(action, HEAD) == 2
    told = capsys.readouterr().err
    assert what in told
    assert 'error-codes.lock' in told
    assert published_file(tmp_path).read_text() == text


@pytest.mark.parametrize(('member', 'value'), [
    ('statuses', []), ('statuses', 404), ('statuses', ['404-9']),
    ('statuses', [200]), ('statuses', [True]), ('title', 5),
    ('since', '1.x'), ('since', 1.5), ('cause', 'nobody'), ('retry', 'often'),
    ('retired', 0), ('retired', None), ('renames', []),
    ('renames', {'1.5': 'Shop'}), ('renames', {'x': 'shop.b'}),
    ('renames', {'1.5': None}),
])
def test_a_member_of_another_type_is_refused_by_name(
        published, shop, capsys, tmp_path, member, value):
    content = json.loads(published_file(tmp_path).read_text())
    content['codes']['shop.taken'][member] = value
    published_file(tmp_path).write_text(json.dumps(content))
    assert shop('check') == 2
    assert "'shop.taken'" in capsys.readouterr().err


@settings(deadline=None, max_examples=60)
@given(st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5)
    | st.sampled_from(['1.5', 'shop.a']),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
        st.sampled_from([
            'version', 'codes', 'service_type', 'shop.a', 'statuses',
            'renames']) | st.text(max_size=3), inner, max_size=6),
    max_leaves=12))
def test_whatever_json_it_is_only_a_lock_error_is_raised(content):
    for text in (json.dumps(content), json.dumps(
            {'version': 1, 'service_type': 'shop', 'codes': content})):
        try:
            found = lock.load(text)
        except lock.LockError:
            continue
        assert found.service_type == 'shop'


def test_a_lock_that_is_not_utf_8_is_refused(shop, capsys, tmp_path):
    published_file(tmp_path).write_bytes(b'{"version": "\xff"}')
    assert shop('check', HEAD) == 2
    assert 'not UTF-8' in capsys.readouterr().err


def test_force_writes_over_what_is_no_lock(shop, tmp_path):
    published_file(tmp_path).write_text('<<<<<<< ours\n')
    assert shop('lock', HEAD, '--force') == 0
    assert shop('check') == 0


def test_no_lock_yet_says_how_to_write_one(shop, capsys):
    assert shop('check', HEAD) == 2
    assert 'errorkit codes lock shop_codes:CATALOG' in capsys.readouterr().err


def test_a_lock_that_cannot_be_written_is_told(shop, capsys):
    assert shop('lock', HEAD, '--file', 'nowhere/x.lock') == 2
    assert 'cannot write nowhere/x.lock' in capsys.readouterr().err


def test_a_lock_is_written_through_a_link(published, shop, tmp_path):
    (tmp_path / 'link').symlink_to('error-codes.lock')
    assert shop('lock', LEGAL['a new code'], '--file', 'link') == 0
    assert (tmp_path / 'link').is_symlink()
    assert 'shop.b' in published_file(tmp_path).read_text()


def test_a_terminal_without_the_letters_gets_escapes(tmp_path):
    (tmp_path / 'shop_codes.py').write_text(
        HEAD + "CATALOG.define('shop.a', status=400, title='Sch\xf6n')\n")
    run = [sys.executable, '-m', 'errorkit', 'codes']
    where = {'cwd': tmp_path, 'capture_output': True, 'timeout': 60, 'env': {
        **os.environ, 'PYTHONIOENCODING': 'ascii', 'PYTHONPATH': ROOT}}
    subprocess.run([*run, 'lock', 'shop_codes:CATALOG'], check=True, **where)
    (tmp_path / 'shop_codes.py').write_text(HEAD + '# shorter')
    done = subprocess.run([*run, 'check', 'shop_codes:CATALOG'], **where)
    assert done.returncode == 1
    assert b"title='Sch\\xf6n'" in done.stdout


@pytest.mark.parametrize(('source', 'what'), [
    pytest.param("CATALOG.define('store.a', status=400)\n",
                 "'store.a' does not begin with 'shop'", id='prefix'),
    pytest.param("CATALOG.define('shop.A', status=400)\n", 'not a valid code',
                 id='form'),
    pytest.param("CATALOG.define('shop.a', status=400)\n" * 2,
                 'declared twice', id='twice'),
    pytest.param("CATALOG.define('shop.a', status=200)\n", 'not the status',
                 id='status'),
    pytest.param("CATALOG.define('shop.a', status=[404] * 201)\n",
                 '404 twice', id='statuses'),
    pytest.param("CATALOG.define('shop.a', status=404, title=5)\n",
                 'title is 5, and has to be a text or None', id='title'),
    pytest.param("CATALOG.define('shop.a', status=404, retired='yes')\n",
                 "retired is 'yes', and has to be True or False",
                 id='retired'),
])
@pytest.mark.parametrize('action', ['check', 'lock'])
def test_a_code_that_its_catalog_refuses_fails_the_check_and_the_lock(
        published, shop, capsys, action, source, what):
    assert shop(action, HEAD + source) == 1
    told = capsys.readouterr().err
    assert what in told
    assert 'shop_codes.py:' in told


@pytest.mark.parametrize(('name', 'source', 'what'), [
    ('shop_codes', '', 'not MODULE:CATALOG'),
    ('shop_codes:', '', 'not MODULE:CATALOG'),
    ('shop-codes:CATALOG', '', 'not MODULE:CATALOG'),
    ('no_such_shop:CATALOG', '', "no module 'no_such_shop'"),
    ('no_such_shop.codes:CATALOG', '', "no module 'no_such_shop"),
    ('shop_codes:CODES', HEAD, 'no CODES; its catalogs: CATALOG'),
    ('shop_codes:Catalog', HEAD, 'is not a Catalog: <class'),
    ('shop_codes:CATALOG', 'import no_such_thing\n', 'no_such_thing'),
    ('shop_codes:CATALOG', '1 / 0\n', 'shop_codes.py:1: ZeroDivisionError'),
    ('shop_codes:CATALOG', 'raise SystemExit(0)\n', 'SystemExit'),
    ('shop_codes:CATALOG', 'def\n', 'SyntaxError'),
    ('shop_codes:CATALOG', 'raise ValueError("\\x1b[2J")\n', '\\x1b[2J'),
])
def test_a_catalog_that_is_not_there_is_told(
        shop, capsys, name, source, what):
    assert shop('check', source, name=name) == 2
    told = capsys.readouterr().err
    assert what in told
    assert '\x1b' not in told


def test_the_current_directory_can_be_imported_from(tmp_path):
    (tmp_path / 'shop_codes.py').write_text(HEAD)
    program = (
        'import argparse, sys\n'
        'from errorkit.commands import codes as commands\n'
        'parser = argparse.ArgumentParser()\n'
        'commands.configure(parser)\n'
        'sys.exit(commands.main(parser.parse_args()))\n')
    (tmp_path / 'elsewhere').mkdir()
    script = tmp_path / 'elsewhere' / 'run.py'
    script.write_text(program)
    done = subprocess.run(
        [sys.executable, str(script), 'lock', 'shop_codes:CATALOG'],
        cwd=tmp_path, env={**os.environ, 'PYTHONPATH': ROOT},
        capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, '')
    assert published_file(tmp_path).exists()
