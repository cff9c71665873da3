# SPDX-License-Identifier: Apache-2.0
"""A catalog exported: as JSON, as tables, as OpenAPI and JSON Schema."""

import argparse
import copy
import io
import json
import re
import subprocess
import sys

import docutils.core
import docutils.nodes
import flask
import jsonschema
import openapi_spec_validator
import pytest
import webob
import webob.dec
import webob.exc
from assertions import ask
from hypothesis import given, settings
from hypothesis import strategies as st

import errorkit
from errorkit.codes import lock
from errorkit.export import (
    FORMATS,
    configure_export,
    export,
    export_main,
)
from errorkit.formats import schemas
from errorkit.help_pages import HelpPages


def make_catalog(**options):
    """Return a catalog with a code of every kind."""
    catalog = errorkit.Catalog(
        'volume', help_base='https://example.org/errors/', **options)
    catalog.define(
        'volume.name_exists', status=409, title='Name exists', retry='never',
        meaning='Another volume of the project has this name.', since='3.5')
    catalog.define(
        'volume.in_use', status=409, meaning='Detach it first.',
        retry='after-refresh', renames={(3, 30): 'volume.attached'})
    catalog.define('volume.not_found', status=(404, 410))
    catalog.define(
        'volume.gone', status=404, deprecated_since='3.20',
        replaced_by='volume.not_found', meaning='Use the other.')
    catalog.define(
        'volume.unlucky', status=400, retired=True, meaning='No more.',
        renames={(3, 9): 'volume.luckless'})
    catalog.define('volume.invalid_name', status=400, text='A name is text.')
    catalog.define('volume.busy', status=503, retry='later')
    return catalog


CATALOG = make_catalog()
LIVE = sorted({*CATALOG, 'volume.attached'} - {'volume.unlucky'})
DOCUMENT = json.loads(export(CATALOG, 'openapi'))
SCHEMA = json.loads(export(CATALOG, 'schema'))


class Quota(Exception):
    """What a service raises of itself."""


FULL = errorkit.MultiError([
    errorkit.Error(
        409, 'Name exists', 'A volume is named <data>.', 'volume.name_exists',
        source={'pointer': '/name'}, retry='never', trace_id='4bf92f35',
        links=(('help', 'https://example.org/'), ('describedby', '/doc')),
        extra={'limit': 3}),
    errorkit.Error(400, 'Bad Request', 'x', source={'parameter': 'limit'}),
    errorkit.Error(400, 'Bad Request', 'x', source={'header': 'If-Match'}),
])
SITE = flask.Flask('site')


@SITE.route('/only-get')
def only_get():
    """Answer a GET, and no other method."""
    return 'ok'


@webob.dec.wsgify
def unmodified(request):
    """Fail as a service that knows nothing of errorkit does."""
    raise webob.exc.HTTPConflict('taken', comment='volume.name_exists')


def service(environ, start_response):
    """Fail in the way that the path names."""
    path = environ['PATH_INFO']
    if path == '/comment':
        raise webob.exc.HTTPConflict('A <cake>.', comment='volume.name_exists')
    if path == '/error':
        raise CATALOG['volume.invalid_name'].error()
    if path == '/renamed':
        raise CATALOG['volume.in_use'].error('attached')
    if path == '/two-statuses':
        raise CATALOG['volume.not_found'].error(status=410)
    if path == '/later':
        raise CATALOG['volume.busy'].error(headers=[('Retry-After', '30')])
    if path == '/no-code':
        raise webob.exc.HTTPForbidden()
    if path == '/too-large':
        raise webob.exc.HTTPRequestEntityTooLarge(
            headers=[('Retry-After', '30')])
    if path == '/several':
        raise FULL
    if path == '/many':
        raise errorkit.MultiError(
            [errorkit.Error(400, 'Bad Request', str(n)) for n in range(25)])
    if path == '/domain':
        raise Quota('secret')
    if path == '/validate':
        errorkit.validate(
            {'name': 3, 'size': 'x'},
            {'properties': {'name': {'type': 'string'},
                            'size': {'type': 'integer'}},
             'required': ['kind']})
    if path == '/bug':
        raise RuntimeError('secret')
    if path == '/bug-late':
        return late()
    if path == '/unmodified':
        return unmodified(environ, start_response)
    if path == '/help':
        return HelpPages(CATALOG)(environ, start_response)
    if path.startswith('/flask'):
        environ['PATH_INFO'] = path[len('/flask'):]
        return SITE(environ, start_response)
    if path == '/keystone':
        start_response('401 Unauthorized', [
            ('Content-Type', 'application/json'),
            ('WWW-Authenticate', 'Keystone uri="x"')])
        return [b'{"error": {"code": 401, "title": "Unauthorized", '
                b'"message": "The request you have made requires it."}}']
    start_response('404 Not Found', [('Content-Type', 'text/plain')])
    return [b'']


def late():
    """Fail before the first chunk."""
    yield b''
    raise RuntimeError('secret')


PATHS = [
    '/comment', '/error', '/renamed', '/two-statuses', '/later', '/no-code',
    '/too-large', '/several', '/many', '/domain', '/validate', '/bug',
    '/bug-late', '/unmodified', '/help', '/flask/none', '/keystone', '/none',
]


def wrapped(**options):
    """Return the service in the stack."""
    return errorkit.wrap(
        service, service_type='volume', catalog=CATALOG,
        versions='3.0-3.70', on_invalid='reject',
        exceptions={Quota: (403, 'volume.not_found')}, **options)


def answers(format='errors', accept='application/json', code_version=None):
    """Return the error bodies that real requests get, by what was asked."""
    application = wrapped(format=format, code_version=code_version)
    found = {}
    for version in ('3.0', '3.7', '3.40', '3.99', 'x'):
        for path in PATHS:
            reply = ask(application, path, headers={
                'OpenStack-API-Version': f'volume {version}',
                'Accept': accept})
            assert reply.status_int >= 400
            found[f'{version} {path}'] = reply.json
    for name, value in (('X-Openstack-Request-Id', 'no-id'),
                        ('Accept-Language', 'fi')):
        reply = ask(application, '/error',
                    headers={name: value, 'Accept': accept})
        found[name] = reply.json
    reply = ask(application, '/flask/only-get', method='POST',
                headers={'Accept': accept})
    assert reply.status_int == 405
    found['405'] = reply.json
    return found


ANSWERS = answers()
ANSWERS.update((f'gate {name}', body)
               for name, body in answers(code_version='3.2').items())


def is_valid(body, schema=SCHEMA):
    """Tell whether a body is right by an exported schema."""
    return jsonschema.Draft202012Validator(schema).is_valid(body)


def component(document, name):
    """Return a schema of an OpenAPI document, as one that stands alone."""
    return {**document['components']['schemas'][name],
            'components': document['components']}


def text_table(source):
    """Return the cells of a table of a page, and what docutils objects."""
    told = io.StringIO()
    page = docutils.core.publish_doctree(source, settings_overrides={
        'warning_stream': told, 'report_level': 1, 'halt_level': 5})
    rows = [[entry.astext() for entry in row.findall(docutils.nodes.entry)]
            for row in page.findall(docutils.nodes.row)]
    return rows, told.getvalue()


def markdown_rows(text):
    """Return the cells of a Markdown table, as they were written."""
    return [[cell.strip() for cell in re.split(r'(?<!\\)\|', line)[1:-1]]
            for line in text.split('\n')[:-1]]


@pytest.mark.parametrize('format', FORMATS)
def test_the_same_catalog_gives_the_same_text(format):
    text = export(CATALOG, format)
    assert text == export(make_catalog(), format)
    assert text.endswith('\n')
    assert not text.endswith('\n\n')


@pytest.mark.parametrize('format', FORMATS)
def test_the_order_of_the_declarations_does_not_show(format):
    first, second = (errorkit.Catalog('volume') for _ in range(2))
    for catalog, names in ((first, 'ab'), (second, 'ba')):
        for name in names:
            catalog.define(f'volume.{name}', status=409)
    assert export(first, format) == export(second, format)


def test_json_is_what_the_lock_says():
    published = lock.load(export(CATALOG))
    assert published.service_type == 'volume'
    assert sorted(published.codes) == sorted(CATALOG)
    assert json.loads(export(CATALOG, 'json'))['codes']['volume.gone'] == {
        'statuses': [404], 'title': None, 'meaning': 'Use the other.',
        'help': 'https://example.org/errors/volume.gone', 'since': None,
        'cause': 'user', 'retry': None, 'deprecated_since': '3.20',
        'replaced_by': 'volume.not_found', 'retired': False, 'renames': {}}


@pytest.mark.parametrize(('options', 'named'), [
    ({'format': 'yaml'}, 'yaml'), ({'body': 'xml'}, 'xml')])
def test_an_unknown_format_is_refused(options, named):
    with pytest.raises(ValueError, match=f"'{named}' is not one of"):
        export(CATALOG, **options)


def test_the_markdown_table_has_a_row_for_each_code():
    rows = markdown_rows(export(CATALOG, 'md'))
    assert {len(row) for row in rows} == {7}
    assert [row[0] for row in rows[2:]] == [
        f'`{code}`' for code in sorted(CATALOG)]
    by_code = {row[0].strip('`'): row for row in rows}
    assert by_code['volume.name_exists'][1:6] == [
        '409', 'Name exists', 'Another volume of the project has this name.',
        '3.5', 'never']
    assert by_code['volume.not_found'][1] == '404, 410'
    assert by_code['volume.undefined_code'][1] == '400-599'
    assert by_code['volume.unlucky'][6].startswith('retired; ')
    assert by_code['volume.in_use'][6].startswith(
        'sent from 3.30 on as `volume.attached`; ')
    assert by_code['volume.gone'][6].startswith(
        'deprecated since microversion 3.20; replaced by `volume.not_found`')


def test_the_rst_table_has_a_row_for_each_code():
    rows, told = text_table(export(CATALOG, 'rst'))
    assert told == ''
    assert [row[0] for row in rows[1:]] == sorted(CATALOG)
    by_code = {row[0]: row for row in rows}
    assert by_code['volume.name_exists'][1:] == [
        '409', 'Name exists', 'Another volume of the project has this name.',
        '3.5', 'never', 'help']
    assert by_code['volume.unlucky'][6].startswith('retired; ')


MARKUP = ['a|b', '`x`', '*x*', '_x_', 'x_', '__x__', '|x|', '[x](y)', '[1]_',
          '<b>x</b>', '&lt;', '~~x~~', '1. x', '- x', 'a. b', '(a) b',
          '.. x::', 'x::', ':x: y', '>>> x', '| x', '+--+', '=====', '-a  x',
          '\\', 'x\\', 'x\n\ny', 'x\r\n| y |', '\x00x', '`x <y>`_', '--x  y',
          'http://example.org/a_b_', 'a@example.org', '::', '_', '* x', 'A)']
HOSTILE = st.one_of(
    st.sampled_from(MARKUP), st.text(max_size=20),
    st.lists(st.sampled_from([*'`*_|:<>[]().-+\\ 1ax=~&#!"\'\n', '::', 'a.']),
             max_size=12).map(''.join))


def only(meaning, title=None, help=None):
    """Return a catalog whose one further code has a text."""
    catalog = errorkit.Catalog('a')
    catalog.define('a.a', status=409, meaning=meaning, title=title, help=help)
    return catalog


def on_one_line(text):
    """Return a text as a reader sees it in a cell."""
    return re.sub(r'[\s\x00-\x1f\x7f-\x9f]+', ' ', text).strip()


@settings(deadline=None, max_examples=150)
@given(HOSTILE)
def test_a_text_stays_a_text_in_the_rst_table(meaning):
    rows, told = text_table(export(only(meaning), 'rst'))
    assert told == ''
    assert rows[1][3] == on_one_line(meaning)


@pytest.mark.parametrize('meaning', MARKUP)
def test_markup_stays_a_text_in_the_rst_table(meaning):
    rows, told = text_table(export(only(meaning, title=meaning), 'rst'))
    assert told == ''
    assert rows[1][2:4] == [on_one_line(meaning)] * 2


@settings(deadline=None, max_examples=150)
@given(HOSTILE)
def test_a_text_stays_in_its_cell_of_the_markdown_table(meaning):
    rows = markdown_rows(export(only(meaning, title=meaning), 'md'))
    assert {len(row) for row in rows} == {7}
    cell = rows[2][3]
    assert re.sub(r'\\([^\w\s])|\\(_)', r'\1\2', cell) == (
        on_one_line(meaning))
    assert not re.search(r'(?<!\\)(?:\\\\)*[`*<>\[\]|~&$]', cell)


@pytest.mark.parametrize('help', [
    'https://example.org/a_', 'https://example.org/a b>|`*)(_x_',
    'https://example.org/?a=1&b=\\', 'https://example.org/\n\n.. raw:: html'])
def test_a_help_link_ends_where_it_ends(help):
    rows, told = text_table(export(only('m', help=help), 'rst'))
    assert told == ''
    assert rows[1][6] == 'help'
    [row] = [row for row in markdown_rows(export(only('m', help=help), 'md'))
             if row[0] == '`a.a`']
    assert re.fullmatch(r'\[help\]\(<https://example\.org/[^\s<>|]*>\)',
                        row[6])


def test_a_link_that_is_not_of_the_web_is_left_out():
    catalog = only('m', help='javascript:alert(1)')
    for format in ('md', 'rst'):
        assert 'javascript' not in export(catalog, format)


@pytest.mark.parametrize('body', ['errors', 'bridge', 'compute'])
def test_the_openapi_document_is_valid_for_another_validator(body):
    document = json.loads(export(CATALOG, 'openapi', body=body))
    openapi_spec_validator.validate(document)
    assert document['openapi'] == '3.1.0'


def test_the_other_validator_sees_what_is_wrong():
    broken = copy.deepcopy(DOCUMENT)
    del broken['components']['responses']['Error409']['description']
    with pytest.raises(Exception, match='required property'):
        openapi_spec_validator.validate(broken)


def test_an_operation_can_refer_to_the_responses():
    document = copy.deepcopy(DOCUMENT)
    document['paths'] = {'/volumes': {'post': {'responses': {
        '409': {'$ref': '#/components/responses/Error409'},
        'default': {'$ref': '#/components/responses/AnyError'}}}}}
    openapi_spec_validator.validate(document)


def test_there_is_a_response_for_each_status_and_for_any():
    assert list(DOCUMENT['components']['responses']) == [
        'Error400', 'Error404', 'Error406', 'Error409', 'Error410',
        'Error500', 'Error503', 'AnyError']


def test_a_response_names_its_codes_and_headers():
    response = DOCUMENT['components']['responses']['Error409']
    assert response['description'] == (
        'Conflict.\n\n'
        '* `volume.in_use`: Detach it first.\n\n'
        '* `volume.name_exists`: Another volume of the project has this name.')
    assert set(response['headers']) == {
        'X-Openstack-Request-Id', 'OpenStack-Error-Code'}
    assert set(response['content']) == {
        'application/json', 'application/problem+json'}


@pytest.mark.parametrize('body', ['errors', 'bridge', 'compute'])
def test_every_example_is_right_by_its_own_schema(body):
    document = json.loads(export(CATALOG, 'openapi', body=body))
    seen = 0
    for response in document['components']['responses'].values():
        for content in response['content'].values():
            name = content['schema']['$ref'].rpartition('/')[2]
            for example in content['examples'].values():
                assert is_valid(example['value'], component(document, name))
                seen += 1
    assert seen > 20


def test_no_retired_code_is_in_the_openapi_document():
    text = export(CATALOG, 'openapi')
    assert 'volume.unlucky' not in text
    assert 'volume.luckless' not in text
    assert 'volume.attached' in text


def test_the_enum_has_every_string_that_may_be_sent():
    assert SCHEMA['$defs']['Error']['properties']['code']['enum'] == LIVE
    found = DOCUMENT['components']['schemas']
    assert list(found) == ['ErrorResponse', 'Error', 'Problem']
    assert found['Error']['properties']['code']['enum'] == LIVE
    assert found['Problem']['properties']['code']['enum'] == LIVE
    header = DOCUMENT['components']['headers']['ErrorCode']
    assert header['schema']['enum'] == LIVE


@pytest.mark.parametrize('body', ['errors', 'bridge', 'compute'])
def test_the_schema_is_a_schema(body):
    schema = json.loads(export(CATALOG, 'schema', body=body))
    jsonschema.Draft202012Validator.check_schema(schema)


def test_exporting_leaves_the_schemas_of_the_formats_alone():
    for format in FORMATS:
        export(CATALOG, format)
    for schema in (schemas.ENTRY, schemas.PROBLEM):
        assert 'enum' not in schema['properties']['code']
        assert 'description' not in schema
    assert 'items' not in schemas.PROBLEM['properties']['errors']
    for schema in (schemas.SCHEMA, schemas.BRIDGE):
        assert schema['properties']['errors']['items'] is schemas.ENTRY


@pytest.mark.parametrize('name', ANSWERS)
def test_the_schema_accepts_a_real_answer(name):
    jsonschema.Draft202012Validator(SCHEMA).validate(ANSWERS[name])


def test_the_real_answers_are_of_many_kinds():
    codes = {entry.get('code') for body in ANSWERS.values()
             for entry in body['errors']}
    assert codes >= {None, 'volume.attached', 'volume.in_use',
                     'volume.request_id.invalid', 'volume.undefined_code',
                     'volume.microversion.unsupported',
                     'volume.microversion.invalid'}
    members = {name for body in ANSWERS.values()
               for entry in body['errors'] for name in entry}
    assert members >= {*SCHEMA['$defs']['Error']['properties'], 'limit'}


@pytest.mark.parametrize(('format', 'accept', 'name'), [
    ('bridge', 'application/json', 'BridgeResponse'),
    ('compute', 'application/json', 'ComputeFault'),
    ('errors', 'application/problem+json', 'Problem')])
def test_the_other_schemas_accept_real_answers_and_no_empty_one(
        format, accept, name):
    document = json.loads(export(CATALOG, 'openapi', body=format))
    schema = component(document, name)
    for body in answers(format, accept).values():
        jsonschema.Draft202012Validator(schema).validate(body)
    assert not is_valid({}, schema)
    assert not is_valid({'errors': []}, schema)


def first(**members):
    """Return what changes members of the first error; None drops one."""
    def change(body):
        for name, value in members.items():
            if value is None:
                del body['errors'][0][name]
            else:
                body['errors'][0][name] = value
    return change


MUTANTS = {
    'no status': first(status=None),
    'no title': first(title=None),
    'no detail': first(detail=None),
    'a status that is a text': first(status='409'),
    'a status of success': first(status=200),
    'an empty detail': first(detail=''),
    'an undeclared code': first(code='volume.none'),
    'a retired code': first(code='volume.unlucky'),
    'what a retired code was renamed to': first(code='volume.luckless'),
    'a code in capitals': first(code='VOLUME.NAME_EXISTS'),
    'a code that is null': lambda body: body['errors'][0].update(code=None),
    'an id that goes on': first(request_id='req-' + 'a' * 37),
    'an unknown retry': first(retry='soon'),
    'an empty source': first(source={}),
    'a link without a target': first(links=[{'rel': 'help'}]),
    'a lone version': first(max_version='3.70'),
    'not truncated': first(truncated=False),
    'no errors': lambda body: body['errors'].clear(),
    'too many errors': lambda body: body.update(errors=body['errors'] * 7),
    'a member beside errors': lambda body: body.update(error='x'),
    'another name': lambda body: body.update(error=body.pop('errors')),
    'a list in an error\'s place': lambda body: body['errors'].append([]),
}


@pytest.mark.parametrize('name', MUTANTS)
def test_the_schema_rejects_a_mutant_of_a_real_answer(name):
    body = copy.deepcopy(ANSWERS['3.7 /several'])
    assert is_valid(body)
    MUTANTS[name](body)
    assert not is_valid(body)


MODULE = '''# SPDX-License-Identifier: Apache-2.0
from errorkit import Catalog

CATALOG = Catalog('volume')
CATALOG.define('volume.caf\\u00e9'.replace('\\u00e9', 'e'), status=409,
               meaning='Caf\\u00e9 \\ud800')
OTHER = 3
'''


@pytest.fixture
def run(tmp_path, monkeypatch, capfdbinary):
    """Return what runs the command in a folder that has a module codes."""
    (tmp_path / 'shop_codes.py').write_text(MODULE)
    (tmp_path / 'shop_broken.py').write_text('1 / 0\n')
    (tmp_path / 'shop_bad.py').write_text(
        "import errorkit\nCATALOG = errorkit.Catalog('shop')\n"
        "CATALOG.define('shop.a', status=404, retired='yes')\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, 'path', [*sys.path])
    monkeypatch.setattr(sys, 'modules', {**sys.modules})
    parser = argparse.ArgumentParser()
    configure_export(parser)

    def call(*words):
        status = export_main(parser.parse_args(words))
        sys.stdout.flush()
        sys.stderr.flush()
        out, err = capfdbinary.readouterr()
        return status, out, err.decode('utf-8')

    return call


def test_the_command_writes_what_was_asked_for(run):
    status, out, err = run('shop_codes:CATALOG')
    assert (status, err) == (0, '')
    assert json.loads(out)['service_type'] == 'volume'
    status, out, _ = run('shop_codes:CATALOG', '--format', 'md')
    assert 'Café \\ud800'.encode() in out


def test_the_command_writes_to_a_file(run, tmp_path):
    status, out, err = run('shop_codes:CATALOG', '--format', 'rst',
                           '--output', 'codes.rst')
    assert (status, out, err) == (0, b'', '')
    text = (tmp_path / 'codes.rst').read_text(encoding='utf-8')
    assert text.startswith('.. list-table::\n')


@pytest.mark.parametrize(('body', 'name'), [
    ('errors', 'ErrorResponse'), ('bridge', 'BridgeResponse'),
    ('compute', 'ComputeFault')])
def test_the_command_knows_what_the_service_speaks(run, body, name):
    _, out, _ = run('shop_codes:CATALOG', '--format', 'openapi',
                    '--body', body)
    assert name in json.loads(out)['components']['schemas']


@pytest.mark.parametrize(('words', 'said'), [
    (['nowhere.codes:CATALOG'], "no module 'nowhere"),
    (['shop_codes:NONE'], 'has no'),
    (['shop_codes:OTHER'], 'not a Catalog'),
    (['shop_codes'], 'MODULE:CATALOG'),
    (['shop_broken:CATALOG'], 'ZeroDivisionError'),
    (['shop_bad:CATALOG'], "retired is 'yes'"),
    (['shop_codes:CATALOG', '--output', 'no/such/file'],
     'cannot be written: No such file'),
    (['shop_codes:CATALOG', '--output', 'a\nb/c'], 'cannot be written'),
    (['shop_codes:CATALOG', '--format', 'md', '--body', 'compute'],
     '--body has no meaning with --format md'),
])
def test_what_the_command_cannot_do_is_one_clear_line(run, words, said):
    status, out, err = run(*words)
    assert (status, out) == (2, b'')
    assert said in err
    assert err.startswith('errorkit codes export: ')
    assert err.count('\n') == 1


def test_no_web_framework_and_no_validator_is_needed_to_export():
    program = ('import sys, errorkit.export\n'
               'print(sorted({"jsonschema", "sphinx", "docutils", "flask"} '
               '& set(sys.modules)))')
    done = subprocess.run([sys.executable, '-c', program], check=True,
                          capture_output=True, text=True, timeout=60)
    assert done.stdout == '[]\n'
