# SPDX-License-Identifier: Apache-2.0
"""The samples for log engines speak of the members our JSON lines have."""

import json
import pathlib
import re
import tomllib

import pytest

from errorkit.log import FIELDS

FOLDER = pathlib.Path(__file__).parent.parent / 'doc' / 'opensearch'
TEMPLATE = json.loads((FOLDER / 'errorkit-logs.json').read_text())
LOGSTASH = (FOLDER / 'logstash.conf').read_text()
VECTOR = tomllib.loads((FOLDER / 'vector.toml').read_text())
#: What the pipelines add to a line.
ADDED = {'@timestamp', 'host', 'service', 'source'}
PATTERN = TEMPLATE['index_patterns'][0]


def test_the_template_maps_every_member_and_no_other():
    mapped = TEMPLATE['template']['mappings']['properties']
    assert set(mapped) == set(FIELDS) | ADDED


@pytest.mark.parametrize('name', [
    'request_id', 'global_request_id', 'downstream_request_ids', 'trace_id',
    'code', 'user_id', 'project_id', 'level', 'logger', 'resource'])
def test_what_is_searched_for_as_a_whole_is_a_keyword(name):
    mapped = TEMPLATE['template']['mappings']['properties'][name]
    assert mapped['type'] == 'keyword'
    # An id has 40 characters, a trace's 32, a code 128 at most.
    least = {'code': 128, 'trace_id': 32}.get(name, 40)
    if name != 'level':
        assert mapped['ignore_above'] >= least


@pytest.mark.parametrize('name', ['message', 'traceback'])
def test_what_is_read_is_text(name):
    mapped = TEMPLATE['template']['mappings']['properties'][name]
    assert mapped['type'] == 'text'


def test_a_line_of_somebody_elses_adds_no_field():
    assert TEMPLATE['template']['mappings']['dynamic'] is False


def test_both_pipelines_write_where_the_template_holds():
    start = PATTERN.removesuffix('*')
    assert PATTERN.endswith('*')
    assert VECTOR['sinks']['opensearch']['bulk']['index'].startswith(start)
    [index] = re.findall(r'index => "([^"]+)"', LOGSTASH)
    assert index.startswith(start)


def test_both_pipelines_read_the_same_files():
    [path] = re.findall(r'path => \["([^"]+)"\]', LOGSTASH)
    assert VECTOR['sources']['errorkit']['include'] == [path]


def test_vectors_parts_are_joined():
    names = {*VECTOR['sources'], *VECTOR['transforms']}
    for part in (*VECTOR['transforms'].values(), *VECTOR['sinks'].values()):
        assert set(part['inputs']) <= names


def test_vector_takes_the_longest_line():
    # 16 KiB and 32 KiB, each character six as an escape, and the rest.
    longest = 6 * (16 + 32) * 1024 + 16 * 1024
    assert VECTOR['sources']['errorkit']['max_line_bytes'] >= longest


def test_vector_sets_what_the_template_has_beside_our_members():
    program = VECTOR['transforms']['records']['source']
    assigned = set(re.findall(r'^ *\."?([@\w]+)"? = ', program, re.M))
    assert assigned == ADDED
    read = set(re.findall(r'[=(] ?\.(\w+)', program))
    assert read <= {'file', 'host', 'message', 'timestamp'}


def test_logstashs_braces_and_quotes_are_whole():
    plain = re.sub(r'#.*', '', LOGSTASH)
    assert plain.count('"') % 2 == 0
    plain = re.sub(r'"[^"]*"', '""', plain)
    for opening, closing in ('{}', '[]'):
        depth = 0
        for character in plain:
            depth += (character == opening) - (character == closing)
            assert depth >= 0
        assert depth == 0
    assert re.findall(r'^(\w+) \{', plain, re.M) == [
        'input', 'filter', 'output']


def test_logstash_sets_what_the_template_has_beside_our_members():
    for name in ADDED:
        assert re.search(
            rf'"{name}"|%{{NOTSPACE:{name}}}', LOGSTASH), name


@pytest.mark.parametrize('text', [LOGSTASH, json.dumps(VECTOR)])
def test_no_password_stands_in_a_sample(text):
    for value in re.findall(r'password"?\W+"([^"]*)"', text):
        assert value == '${OPENSEARCH_PASSWORD}'
