# SPDX-License-Identifier: Apache-2.0
"""A body or a query against a JSON Schema: every violation, and no secret."""

import copy
import gc
import json
import subprocess
import sys
import urllib.parse
import warnings
import weakref

import hypothesis
import hypothesis.strategies as st
import jsonschema
import pytest
import referencing
import referencing.jsonschema
import webob
import webob.dec
from assertions import ask, assert_error

import errorkit
from errorkit.validation import compiled

CATALOG = errorkit.Catalog('volume')
INVALID = CATALOG.define('volume.invalid', status=400, title='Invalid')
SECRET = 'hunter' + '2'

VOLUME = {
    '$schema': 'https://json-schema.org/draft/2020-12/schema',
    'type': 'object',
    'required': ['name', 'size'],
    'additionalProperties': False,
    'properties': {
        'name': {'type': 'string', 'minLength': 1, 'maxLength': 10,
                 'pattern': '^[a-z]+$'},
        'size': {'type': 'integer', 'minimum': 1, 'maximum': 100},
        'kind': {'enum': ['fast', None, True]},
        'tags': {'type': 'array', 'uniqueItems': True,
                 'items': {'type': 'string'}},
        'password': {'type': 'string', 'minLength': 8, 'writeOnly': True},
    },
}
GOOD = {'name': 'cake', 'size': 5}


def violations(instance, schema, **options):
    """Return pointer and detail of each violation."""
    with pytest.raises(errorkit.MultiError) as caught:
        errorkit.validate(instance, schema, **options)
    for error in caught.value.errors:
        assert (error.status, error.title) == (400, 'Bad Request')
    return [(error.source['pointer'], error.detail)
            for error in caught.value.errors]


def parameters(query, schema, **options):
    """Return the parameter and detail of each violation of a query."""
    with pytest.raises(errorkit.MultiError) as caught:
        errorkit.validate_query(query, schema, **options)
    return [(error.source and error.source['parameter'], error.detail)
            for error in caught.value.errors]


def only(instance, schema, **options):
    [(_, detail)] = violations(instance, schema, **options)
    return detail


# -- in an application


def service(decorator):
    @decorator
    def create(request):
        body = errorkit.validate(request.json, VOLUME, code=INVALID)
        return webob.Response(json=body)

    return errorkit.wrap(create, service_type='volume', catalog=CATALOG)


def post(application, body):
    return ask(application, method='POST', body=json.dumps(body).encode(),
               headers={'Content-Type': 'application/json'},
               environ={'CONTENT_TYPE': 'application/json'})


@pytest.mark.parametrize('decorator', [errorkit.wsgify, webob.dec.wsgify])
def test_every_violation_is_in_the_answer_with_its_pointer(decorator):
    reply = post(service(decorator), {'name': 'BIG', 'size': '5', 'x': 1})
    assert_error(reply, status=400, code='volume.invalid', title='Invalid',
                 count=3)
    assert [(one['source'], one['detail']) for one in reply.json['errors']
            ] == [
        ({'pointer': ''}, 'The property "x" is not allowed.'),
        ({'pointer': '/name'}, '/name: "BIG" does not match ^[a-z]+$.'),
        ({'pointer': '/size'}, '/size: "5" is not an integer.'),
    ]


def test_a_sound_body_passes():
    assert post(service(errorkit.wsgify), GOOD).json == GOOD
    assert errorkit.validate(GOOD, VOLUME) is GOOD


def test_without_a_code_the_default_one_is_sent():
    @errorkit.wsgify
    def create(request):
        errorkit.validate({}, VOLUME)

    application = errorkit.wrap(create, service_type='volume')
    assert_error(ask(application), status=400, count=2,
                 code='volume.undefined_code')


def test_of_more_than_twenty_violations_twenty_are_shown():
    @errorkit.wsgify
    def create(request):
        errorkit.validate([1] * 100, {'items': {'type': 'string'}})

    reply = ask(errorkit.wrap(create, service_type='volume'))
    errors = reply.json['errors']
    assert len(errors) == 20
    assert errors[-1]['truncated'] is True
    assert [one['source']['pointer'] for one in errors] == [
        f'/{number}' for number in range(20)]


def test_exactly_twenty_violations_are_not_truncated():
    @errorkit.wsgify
    def create(request):
        errorkit.validate([1] * 20, {'items': {'type': 'string'}})

    errors = ask(errorkit.wrap(create, service_type='volume')).json['errors']
    assert len(errors) == 20
    assert 'truncated' not in errors[-1]


def test_no_more_violations_are_looked_for_than_are_shown():
    looked = []

    def check(validator, value, instance, schema):
        looked.append(instance)
        yield jsonschema.ValidationError('never right')

    kind = jsonschema.validators.extend(
        jsonschema.Draft202012Validator, {'never': check})
    with pytest.raises(errorkit.MultiError) as caught:
        errorkit.validate(list(range(1000)), kind({'items': {'never': 1}}))
    assert len(caught.value.errors) == len(looked) == 21


def test_a_schema_that_is_none_is_the_services_own_mistake():
    @errorkit.wsgify
    def create(request):
        errorkit.validate({}, {'type': 'nonsense'})

    assert ask(errorkit.wrap(create, service_type='volume')
               ).status_int == 500
    with pytest.raises(jsonschema.SchemaError):
        errorkit.validate({}, {'type': 'nonsense'})
    with pytest.raises(TypeError, match='a schema is a dict'):
        errorkit.validate({}, None)


# -- what is said


SAID = [
    (5, {'type': 'string'}, '5 is not a string.'),
    (None, {'type': 'string'}, 'null is not a string.'),
    (True, {'type': 'integer'}, 'true is not an integer.'),
    ('it\'s "x"', {'type': 'null'}, '"it\'s \\"x\\"" is not null.'),
    ({'a': 1}, {'type': 'array'}, 'An object is not an array.'),
    ([1], {'type': ['string', 'boolean']},
     'An array is not a string or true or false.'),
    (1.5, {'type': 'integer'}, '1.5 is not an integer.'),
    (float('nan'), {'type': 'number'}, 'NaN is not a number.'),
    (float('-inf'), {'type': 'number'}, '-Infinity is not a number.'),
    (float('inf'), {'maximum': 5}, 'Infinity is not a number.'),
    (float('-inf'), {'exclusiveMaximum': 5}, '-Infinity is not a number.'),
    (float('nan'), {'minimum': 5}, 'NaN is not a number.'),
    (float('inf'), {'exclusiveMinimum': 5}, 'Infinity is not a number.'),
    (float('inf'), {'multipleOf': 5}, 'Infinity is not a number.'),
    ('c', {'enum': ['a', None, False, 3]},
     '"c" is not "a", null, false or 3.'),
    (2, {'const': None}, '2 is not null.'),
    (0, {'minimum': 1}, '0 is less than 1.'),
    (3, {'maximum': 2.5}, '3 is greater than 2.5.'),
    (1, {'exclusiveMinimum': 1}, '1 is not greater than 1.'),
    (1, {'exclusiveMaximum': 1}, '1 is not less than 1.'),
    (5, {'multipleOf': 2}, '5 is not a multiple of 2.'),
    ('', {'minLength': 1}, '"" is empty.'),
    ('a', {'minLength': 2}, '"a" has fewer than 2 characters.'),
    ('ab', {'maxLength': 1}, '"ab" has more than 1 character.'),
    ('a', {'pattern': '^b'}, '"a" does not match ^b.'),
    ('x', {'format': 'date'}, '"x" is not a valid date.'),
    ([], {'minItems': 1}, 'An array is empty.'),
    ([1], {'maxItems': 0}, 'An array is not empty.'),
    ([1, 2, 3], {'maxItems': 2}, 'An array has more than 2 items.'),
    ({}, {'minProperties': 2}, 'An object has fewer than 2 properties.'),
    ([1, 1.0], {'uniqueItems': True}, 'An array has an item twice.'),
    ({'a': 1}, {'additionalProperties': False},
     'The property "a" is not allowed.'),
    ({'a': 1, 'b': 2, 'c': 3}, {'additionalProperties': False},
     'The properties "a", "b" and "c" are not allowed.'),
    ({}, {'required': ['a']}, 'The property "a" is required.'),
    ({'a': 1}, {'dependentRequired': {'a': ['b']}},
     'The property "b" is required.'),
    ([1], {'contains': {'type': 'string'}},
     'An array does not have the items it needs.'),
    (1, {'not': {'type': 'integer'}}, '1 has a form that is not allowed.'),
    (1, False, 'The value is not allowed.'),
    (5, {'anyOf': [{'type': 'string'}, {'type': 'null'}]},
     '5 is not a string or null.'),
    (5, {'oneOf': [{'type': 'integer'}, {'minimum': 1}]},
     '5 has more than one of the permitted forms.'),
    ('x', {'anyOf': [{'enum': ['a']}, {'enum': ['b']}]},
     '"x" has none of the permitted forms.'),
    ([1], {'prefixItems': [{}], 'items': False, 'minItems': 2},
     'An array has fewer than 2 items.'),
    ({'a': 1}, {'unevaluatedProperties': False},
     'An object has properties that are not allowed.'),
]


@pytest.mark.parametrize(('instance', 'schema', 'text'), SAID, ids=repr)
def test_a_violation_is_a_short_sentence_in_the_words_of_json(
        instance, schema, text):
    assert only(instance, schema) == text


@pytest.mark.parametrize(('schema', 'pointer', 'text'), [
    ({'anyOf': [{'type': 'string'},
                {'required': ['id'], 'type': 'object'}]},
     '', 'The property "id" is required.'),
    ({'oneOf': [{'type': 'string'}, {'type': 'object', 'properties': {
        'size': {'type': 'integer'}}}]}, '/size', '/size: "x" is not an'
     ' integer.'),
    ({'allOf': [{'properties': {'size': {'maxLength': 0}}}]},
     '/size', '/size: "x" is not empty.'),
], ids=['required', 'deeper', 'all'])
def test_of_several_forms_the_most_telling_violation_is_told(
        schema, pointer, text):
    assert violations({'size': 'x'}, schema) == [(pointer, text)]


@pytest.mark.parametrize('instance', [
    {'name': SECRET * 1000}, [[SECRET] * 100], {'a': {'b': {'c': SECRET}}}],
    ids=['wide', 'array', 'deep'])
@pytest.mark.parametrize('schema', [
    {'type': 'string'}, {'enum': [1]}, {'const': 1}, {'not': {}},
    {'anyOf': [{'type': 'string'}, {'const': 3}]},
    {'maxProperties': 0, 'maxItems': 0}, {'minItems': 9, 'minProperties': 9},
    {'unevaluatedItems': False, 'unevaluatedProperties': False}])
def test_what_an_object_or_array_holds_is_never_repeated(instance, schema):
    for _, detail in violations(instance, schema):
        assert SECRET not in detail


@pytest.mark.parametrize('value', [
    'x' * 10**5, '\n' * 1000, '\u2603' * 1000, 10**300, '"' * 500],
    ids=lambda value: ascii(value)[:9])
@pytest.mark.parametrize('schema', [
    {'type': 'null'}, {'enum': ['x' * 1000] * 100}, {'format': 'date'},
    {'pattern': '^y' + 'z' * 1000, 'maximum': 5}])
def test_a_long_value_is_cut(value, schema):
    for _, detail in violations(value, {'type': 'null', **schema}):
        assert len(detail) < 1200
    assert len(only(value, {'type': 'null'})) < 100


def test_many_names_are_cut():
    detail = only({str(n) * 50: n for n in range(1000)},
                  {'additionalProperties': False})
    assert detail.endswith('\u2026 are not allowed.')
    assert len(detail) < 1000


def test_a_keyword_of_the_authors_has_the_authors_words_cut():
    def check(validator, value, instance, schema):
        if instance != value:
            yield jsonschema.ValidationError('is no match. ' * 100)

    kind = jsonschema.validators.extend(
        jsonschema.Draft202012Validator, {'matches': check})
    detail = only(5, kind({'matches': 6}))
    assert detail.startswith('is no match.')
    assert len(detail) == 500


def test_the_order_is_by_path_and_then_by_keyword():
    schema = {'properties': {
        'b': {'items': {'type': 'string'}},
        'a': {'minLength': 3, 'maxLength': 1, 'pattern': 'x'}},
        'required': ['z', 'y'], 'additionalProperties': False}
    found = violations({'b': list(range(12)), 'a': 'no', 'q': 1}, schema)
    assert [pointer for pointer, _ in found] == [
        '', '', '', '/a', '/a', '/a', *[f'/b/{n}' for n in range(12)]]
    assert [detail for _, detail in found][:6] == [
        'The property "q" is not allowed.',
        'The property "y" is required.',
        'The property "z" is required.',
        '/a: "no" has more than 1 character.',
        '/a: "no" has fewer than 3 characters.',
        '/a: "no" does not match x.']


def test_further_properties_are_gone_through_in_their_order():
    program = (
        'import errorkit\n'
        'try:\n'
        '    errorkit.validate({str(n): n for n in range(90)},\n'
        '        {"additionalProperties": {"type": "string"}})\n'
        'except errorkit.MultiError as exc:\n'
        '    print([one.source["pointer"] for one in exc.errors])\n')
    printed = {
        subprocess.run(
            [sys.executable, '-c', program], capture_output=True, text=True,
            check=True, env={'PYTHONHASHSEED': seed, 'PYTHONPATH': ':'.join(
                sys.path)}, timeout=60).stdout
        for seed in '12'}
    assert len(printed) == 1
    assert set(json.loads(printed.pop().replace("'", '"'))) == {
        f'/{n}' for n in range(21)}


@pytest.mark.parametrize(('name', 'pointer'), [
    ('a/b', '/a~1b'), ('a~b', '/a~0b'), ('~1', '/~01'), ('', '/'),
    ('a b"', '/a b"'), ('\u2603', '/\u2603')])
def test_a_pointer_is_escaped_as_its_rfc_says(name, pointer):
    found = violations({name: 1}, {'additionalProperties': {'type': 'null'}})
    assert [one for one, _ in found] == [pointer]


def test_too_long_a_pointer_stops_at_the_nearest_parent():
    schema = {'additionalProperties': {
        'additionalProperties': {'type': 'null'}}}
    found = violations({'a': {'x' * 5000: 1}}, schema)
    assert found == [('/a', '/a: 1 is not null.')]


def test_a_code_can_be_chosen_by_keyword():
    with pytest.raises(errorkit.MultiError) as caught:
        errorkit.validate({'name': 5}, VOLUME, code='volume.invalid',
                          codes={'required': 'volume.missing'})
    assert [one.code for one in caught.value.errors] == [
        'volume.missing', 'volume.invalid']


# -- secrets


SECRET_SCHEMAS = {
    'write only': {'type': 'string', 'maxLength': 3, 'writeOnly': True},
    'password': {'type': 'string', 'maxLength': 3, 'format': 'password'},
    'behind a reference': {'$ref': '#/$defs/secret'},
    'beside a reference': {'$ref': '#/$defs/open', 'maxLength': 3},
    'in a sibling': {'allOf': [{'maxLength': 3}, {'writeOnly': True}]},
    'in another form': {'anyOf': [{'type': 'integer'},
                                  {'type': 'string', 'format': 'password',
                                   'pattern': '^x'}]},
    'in an alternative': {'if': {'format': 'password'}, 'then': False},
    'in an embedded schema': {
        '$schema': 'https://json-schema.org/draft/2020-12/schema',
        'allOf': [{'writeOnly': True}], 'maxLength': 3},
    'behind what embeds one': {'$ref': '#/$defs/embedded'},
    'at an unknown place': {'$ref': '#anchor', 'maxLength': 3},
    'an enumeration': {'enum': ['a', 'b'], 'writeOnly': True},
    'a constant': {'const': 'hunter3', 'writeOnly': True},
    'never': {'not': {'type': 'string'}, 'writeOnly': True},
    'a format': {'format': 'date', 'writeOnly': True},
    'an item': {'type': 'null', 'writeOnly': True},
}


@pytest.mark.parametrize('secret', SECRET_SCHEMAS.values(),
                         ids=SECRET_SCHEMAS)
@pytest.mark.parametrize('nested', [False, True])
def test_a_secret_value_is_never_repeated(secret, nested):
    schema = {
        'properties': {'password': secret},
        '$defs': {
            'secret': {'writeOnly': True, 'maxLength': 3},
            'open': {'format': 'password'},
            'anchored': {'$anchor': 'anchor', 'writeOnly': True},
            'embedded': {
                '$schema': 'https://json-schema.org/draft/2020-12/schema',
                'properties': {'x': {}}, 'maxLength': 3},
        }}
    instance = {'password': SECRET}
    if nested:
        schema = {**schema, 'properties': {'deep': {
            'items': {'anyOf': [{'type': 'null'},
                                {'properties': {'password': secret}}]}}}}
        instance = {'deep': [instance]}
    with pytest.raises(errorkit.MultiError) as caught:
        errorkit.validate(instance, schema)
    for error in caught.value.errors:
        assert 'hunter' not in error.detail


@pytest.mark.parametrize('schema', [
    {'properties': {'password': {'maxLength': 3}},
     'patternProperties': {'^pass': {'writeOnly': True}}},
    {'allOf': [{'properties': {'password': {'maxLength': 3}}},
               {'properties': {'password': {'format': 'password'}}}]},
    {'properties': {'password': {'maxLength': 3}}, '$ref': '#/$defs/more',
     '$defs': {'more': {'properties': {'password': {'writeOnly': True}}}}},
    {'additionalProperties': {'maxLength': 3},
     'anyOf': [{'additionalProperties': {'writeOnly': True}}]},
    {'properties': {'password': {'maxLength': 3}}, 'dependentSchemas': {
        'password': {'properties': {'password': {'writeOnly': True}}}}},
    {'$schema': 'http://json-schema.org/draft-07/schema#',
     'properties': {'password': {'maxLength': 3}}, 'dependencies': {
        'password': {'properties': {'password': {'writeOnly': True}}},
        'other': ['password']}},
    {'$schema': 'http://json-schema.org/draft-03/schema#',
     'properties': {'password': {'maxLength': 3}},
     'extends': {'properties': {'password': {'writeOnly': True}}}},
    {'$schema': 'http://json-schema.org/draft-03/schema#',
     'properties': {'password': {'maxLength': 3}},
     'extends': [{'properties': {'password': {'writeOnly': True}}}]},
    {'$schema': 'http://json-schema.org/draft-03/schema#',
     'properties': {'password': {'maxLength': 3}},
     'type': [{'properties': {'password': {'writeOnly': True}}}]},
    {'properties': {'password': {'maxLength': 3}}, '$ref': '#/$defs/a%20b',
     '$defs': {'a b': {'properties': {'password': {'writeOnly': True}}}}},
], ids=['pattern', 'sibling', 'reference', 'further', 'dependent',
        'dependency', 'extended', 'extended by several', 'type',
        'reference with a blank'])
@pytest.mark.parametrize('nested', [False, True])
def test_a_secret_may_be_declared_apart_from_what_is_violated(
        schema, nested):
    instance = {'password': SECRET}
    if nested:
        instance = [{'user': instance}]
        draft = {name: schema[name] for name in schema if name == '$schema'}
        schema = {**draft, '$defs': schema.get('$defs', {}), 'items': {
            'properties': {'user': schema}}}
    found = violations(instance, schema)
    assert found
    for pointer, detail in found:
        assert pointer.endswith('/password')
        assert 'hunter' not in detail


def test_an_item_that_contains_declares_as_secret_is_not_repeated():
    schema = {'items': {'maxLength': 3}, 'contains': {'writeOnly': True}}
    assert violations([SECRET], schema) == [
        ('/0', '/0: The value is too long.')]


def test_what_lies_below_a_secret_object_is_secret():
    schema = {'properties': {'auth': {'writeOnly': True, 'properties': {
        'key': {'type': 'integer'}}, 'additionalProperties': False}}}
    found = violations({'auth': {'key': SECRET, SECRET: 1}}, schema)
    assert found == [
        ('/auth', '/auth: The value has properties that are not allowed.'),
        ('/auth/key', '/auth/key: The value is of the wrong type.')]


def test_a_value_beside_a_secret_is_repeated():
    schema = {'properties': {'password': {'writeOnly': True},
                             'name': {'type': 'null'}}}
    assert only({'password': SECRET, 'name': 'cake'}, schema) == (
        '/name: "cake" is not null.')


def test_the_logs_hold_no_secret_either(caplog):
    caplog.set_level('DEBUG')
    reply = post(service(errorkit.wsgify), {**GOOD, 'password': SECRET})
    assert_error(reply, status=400, code='volume.invalid', title='Invalid',
                 detail='/password: The value is too short.')
    assert SECRET not in caplog.text + reply.text


# -- schemas


def test_nothing_is_fetched_from_the_network(monkeypatch):
    fetched = []
    monkeypatch.setattr('urllib.request.urlopen',
                        lambda *args, **more: fetched.append(args))
    schema = {'$ref': 'http://127.0.0.1:9/volume.json'}
    for one in (schema, jsonschema.Draft202012Validator(dict(schema)),
                jsonschema.Draft7Validator(dict(schema))):
        with pytest.raises(Exception, match=r'127\.0\.0\.1:9') as caught:
            errorkit.validate(1, one)
        assert not isinstance(caught.value, errorkit.MultiError)
    assert fetched == []


def test_a_registry_of_the_services_own_is_used():
    registry = referencing.Registry().with_resource(
        'urn:volume:name', referencing.Resource.from_contents(
            {'type': 'string'},
            default_specification=referencing.jsonschema.DRAFT202012))
    validator = jsonschema.Draft202012Validator(
        {'properties': {'name': {'$ref': 'urn:volume:name'}}},
        registry=registry)
    assert violations({'name': 5}, validator) == [
        ('/name', '/name: 5 is not a string.')]


@pytest.mark.parametrize('limit', ['maximum', 'minimum', 'divisibleBy'])
def test_in_an_old_draft_infinity_is_no_number_either(limit):
    schema = {'$schema': 'http://json-schema.org/draft-03/schema#', limit: 5}
    assert only(float('inf'), schema) == 'Infinity is not a number.'


@pytest.mark.parametrize(('draft', 'schema', 'text'), [
    ('http://json-schema.org/draft-04/schema#',
     {'minimum': 1, 'exclusiveMinimum': True}, '1 is'),
    ('http://json-schema.org/draft-07/schema#',
     {'exclusiveMinimum': 1}, '1 is not greater than 1.'),
    ('https://json-schema.org/draft/2019-09/schema',
     {'exclusiveMinimum': 1}, '1 is not greater than 1.'),
], ids=['4', '7', '2019-09'])
def test_a_schema_is_of_the_draft_it_names(draft, schema, text):
    assert only(1, {'$schema': draft, **schema}).startswith(text)


def test_a_recursive_schema_that_names_its_draft_is_followed():
    schema = {**VOLUME, 'required': [], 'properties': {
        'next': {'$ref': '#'}, 'size': {'type': 'integer'},
        'password': {'writeOnly': True, 'type': 'null'}}}
    found = violations(
        {'next': {'next': {'size': 'x', 'password': SECRET}}}, schema)
    assert found == [
        ('/next/next/password',
         '/next/next/password: The value is of the wrong type.'),
        ('/next/next/size', '/next/next/size: "x" is not an integer.')]


def test_formats_are_checked_and_the_checker_can_be_given():
    checker = jsonschema.FormatChecker(formats=())
    checker.checks('even')(lambda value: value % 2 == 0)
    schema = {'format': 'even'}
    assert errorkit.validate(3, schema) == 3
    assert only(3, schema, format_checker=checker) == (
        '3 is not a valid even.')
    assert only('x', {'format': 'ipv4'}) == '"x" is not a valid ipv4.'
    assert errorkit.validate('x', {'format': 'ipv4'},
                             format_checker=checker) == 'x'


def test_a_ready_validator_brings_its_types_and_its_checker():
    kind = jsonschema.validators.extend(
        jsonschema.Draft202012Validator,
        type_checker=jsonschema.Draft202012Validator.TYPE_CHECKER.redefine(
            'array', lambda _, value: isinstance(value, tuple)))
    assert errorkit.validate((1,), kind({'type': 'array'})) == (1,)
    validator = jsonschema.Draft202012Validator({'format': 'ipv4'})
    assert errorkit.validate('x', validator) == 'x'


def test_a_schema_is_made_ready_once():
    schema = {'type': 'string'}
    made = compiled.validator_of(schema)
    assert compiled.validator_of(schema) is made
    assert compiled.validator_of(dict(schema)) is not made


def test_schemas_that_are_used_once_do_not_pile_up():
    class Schema(dict):
        pass

    kept = []
    for number in range(compiled.MAX_COMPILED + 10):
        schema = Schema(maximum=number)
        errorkit.validate(0, schema)
        kept.append(weakref.ref(schema))
    del schema
    gc.collect()
    assert [one() for one in kept[:10]] == [None] * 10
    assert kept[-1]() is not None


def test_a_schema_is_not_changed():
    schema = copy.deepcopy(VOLUME)
    violations({}, schema)
    assert schema == VOLUME


def test_without_jsonschema_the_error_has_the_pip_line():
    program = (
        'import sys\n'
        'sys.modules["jsonschema"] = None\n'
        'import errorkit\n'
        'for call in (errorkit.validate, errorkit.validate_query):\n'
        '    try:\n'
        '        call({}, {})\n'
        '    except ImportError as exc:\n'
        '        print(exc)\n')
    done = subprocess.run(
        [sys.executable, '-c', program], capture_output=True, text=True,
        check=True, env={'PYTHONPATH': ':'.join(sys.path)}, timeout=60)
    assert done.stdout.splitlines() == [
        'errorkit.validate needs jsonschema: '
        "pip install 'errorkit[jsonschema]'"] * 2


# -- hostile instances


TREE = {'items': {'$ref': '#'}, 'additionalProperties': {'$ref': '#'},
        'type': ['array', 'object']}


@pytest.mark.parametrize('schema', [
    TREE, {'enum': [[[]]]}, {'type': 'string'}, {'uniqueItems': True},
    {'anyOf': [{'type': 'string'}, TREE]}])
@pytest.mark.parametrize('wrap', [lambda one: [one], lambda one: {'a': one}],
                         ids=['arrays', 'objects'])
def test_deep_nesting_is_refused_or_harmless(schema, wrap):
    schema = {'$defs': {'tree': TREE}, **schema}
    instance = 5
    for _ in range(5000):
        instance = wrap(instance)
    try:
        errorkit.validate(instance, schema)
    except errorkit.MultiError as exc:
        [error] = exc.errors
        assert error.source == {'pointer': ''}
        assert len(error.detail) < 100
    else:
        assert 'uniqueItems' in schema


def test_too_deep_a_value_is_one_error():
    instance = []
    for _ in range(5000):
        instance = [instance]
    assert violations(instance, TREE) == [
        ('', 'The value is nested too deep.')]


def test_wherever_the_stack_ends_too_deep_a_value_is_one_error():
    def from_depth(number, instance):
        if number:
            return from_depth(number - 1, instance)
        return violations(instance, TREE)

    instance = []
    for _ in range(400):
        instance = [instance]
    for number in range(60):
        assert from_depth(number, instance) == [
            ('', 'The value is nested too deep.')]


def test_a_schema_without_end_is_the_services_own_mistake():
    with pytest.raises(RecursionError):
        errorkit.validate([1], {'$ref': '#'})


@pytest.mark.parametrize('instance', [
    float('nan'), float('inf'), float('-inf'), 10**400, -10**400, 1e308,
    5e-324, 10**4000], ids=lambda value: str(value)[:9])
@pytest.mark.parametrize('schema', [
    {'multipleOf': 0.01}, {'multipleOf': 7}, {'multipleOf': 1e-300},
    {'minimum': 1, 'maximum': 2}, {'type': 'integer'}, {'enum': [1]},
    {'type': 'number', 'exclusiveMaximum': 0.5}, {'uniqueItems': True}])
def test_no_number_is_a_bug(instance, schema):
    try:
        errorkit.validate([instance, instance + 1],
                          {**schema, 'items': schema})
    except errorkit.MultiError as exc:
        assert all(len(one.detail) < 200 for one in exc.errors)


@pytest.mark.parametrize('value', [
    'a{99999999999999999999}', '(' * 5000, '\ud800', '\0', 'x' * 10**5,
    '99999999999999999999-01-01'], ids=lambda value: ascii(value)[:9])
@pytest.mark.parametrize('name', [
    'regex', 'date', 'time', 'ipv4', 'ipv6', 'email', 'uuid', 'idn-email'])
def test_no_text_makes_a_format_fail(value, name):
    try:
        errorkit.validate(value, {'format': name})
    except errorkit.MultiError as exc:
        assert len(exc.errors) == 1


def test_many_objects_are_compared_in_one_pass():
    # Pair by pair this is 450 million comparisons.
    items = [{'name': str(number), 'tags': [number]}
             for number in range(30000)]
    schema = {'uniqueItems': True}
    assert errorkit.validate(items, schema) is items
    assert only([*items, {'tags': [7.0], 'name': '7'}], schema) == (
        'An array has an item twice.')


@pytest.mark.parametrize(('items', 'unique'), [
    ([1, True], True), ([0, False], True), ([1, 1.0], False),
    ([[1], [1.0]], False), ([{'a': 1, 'b': 2}, {'b': 2, 'a': 1}], False),
    ([{'a': [1]}, {'a': [True]}], True), (['1', 1], True),
    ([None, None], False), ([[], {}], True), (['a', 'A'], True)])
def test_items_are_equal_as_json_schema_has_it(items, unique):
    schema = {'uniqueItems': True}
    stock = jsonschema.Draft202012Validator(schema)
    assert stock.is_valid(items) is unique
    if unique:
        assert errorkit.validate(items, schema) is items
    else:
        assert only(items, schema) == 'An array has an item twice.'


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text()
    | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner, max_size=4)
    | st.dictionaries(st.text(), inner, max_size=4), max_leaves=12)
SCHEMAS = [
    VOLUME, TREE,
    {'uniqueItems': True, 'items': {'type': ['string', 'integer']}},
    {'anyOf': [{'type': 'string', 'pattern': '^a'},
               {'type': 'object', 'additionalProperties': {
                   'multipleOf': 0.1}},
               {'type': 'array', 'contains': {'type': 'null'}}]},
    {'patternProperties': {'^a': {'type': 'integer'}},
     'additionalProperties': {'required': ['x']},
     'dependentRequired': {'': ['b']}, 'multipleOf': 3},
]


@hypothesis.settings(deadline=None, max_examples=150)
@hypothesis.given(instance=JSON, number=st.integers(0, len(SCHEMAS) - 1))
def test_whatever_the_instance_the_verdict_is_jsonschemas(instance, number):
    schema = SCHEMAS[number]
    try:
        errorkit.validate(instance, schema)
        verdict = True
    except errorkit.MultiError as exc:
        verdict = False
        for error in exc.errors:
            assert error.detail
            json.dumps(dict(error.source))
    stock = jsonschema.Draft202012Validator(schema)
    assert verdict is stock.is_valid(instance)


# -- queries


LIST = {
    'type': 'object', 'additionalProperties': False,
    'properties': {
        'limit': {'type': 'integer', 'minimum': 0, 'maximum': 1000},
        'ratio': {'type': 'number'},
        'all': {'type': 'boolean'},
        'id': {'type': 'array', 'items': {'type': 'integer'}},
        'name': {'type': 'string'},
        'page': {'anyOf': [{'type': 'integer'},
                           {'type': 'string', 'enum': ['last']}]},
        'sort': {'$ref': '#/$defs/sort'},
        'maybe': {'type': ['integer', 'null']},
        'token': {'type': 'string', 'maxLength': 3, 'writeOnly': True},
    },
    '$defs': {'sort': {'allOf': [{'type': 'array', 'items': {
        'enum': ['a', 'b']}}]}},
}


@pytest.mark.parametrize(('query', 'values'), [
    ('', {}),
    ('limit=10', {'limit': 10}),
    ('limit=007', {'limit': 7}),
    ('ratio=-1.5e3&name=', {'ratio': -1500.0, 'name': ''}),
    ('ratio=7', {'ratio': 7}),
    ('all=true', {'all': True}), ('all=False', {'all': False}),
    ('all=1', {'all': True}), ('all=0', {'all': False}),
    ('id=1', {'id': [1]}), ('id=1&name=x&id=2', {'id': [1, 2], 'name': 'x'}),
    ('page=5', {'page': 5}), ('page=last', {'page': 'last'}),
    ('sort=a&sort=b', {'sort': ['a', 'b']}),
    ('name=caf%C3%A9+%2B', {'name': 'caf\xe9 +'}),
    ('name=caf\xc3\xa9', {'name': 'caf\xe9'}),
    ('name=a=b&&', {'name': 'a=b'}),
    ('name=10', {'name': '10'}),
    ('maybe=3', {'maybe': 3}),
])
def test_a_query_is_converted_as_its_schema_says(query, values):
    found = errorkit.validate_query(query, LIST)
    assert found == values
    assert {name: type(value) for name, value in found.items()} == {
        name: type(value) for name, value in values.items()}
    if not set(query) & {'\xc3'}:
        request = webob.Request.blank(f'/?{query}')
        assert errorkit.validate_query(request.GET, LIST) == values


REFERRED = {
    'an anchor': '#count',
    'a blank': '#/$defs/a%20b',
    'a slash and a percent sign': '#/$defs/c~1d%25',
    'another document': 'urn:volume:types#/$defs/count',
    'one inside another': 'urn:volume:types#/$defs/next',
}


@pytest.mark.parametrize('reference', REFERRED.values(), ids=REFERRED)
@pytest.mark.parametrize('form', ['alone', 'as a branch', 'as an item'])
def test_a_query_is_converted_behind_any_reference(reference, form):
    registry = referencing.Registry().with_resource(
        'urn:volume:types', referencing.Resource.from_contents({
            '$defs': {'count': {'type': 'integer'},
                      'next': {'$ref': '#/$defs/count'}}},
            default_specification=referencing.jsonschema.DRAFT202012))
    declared, values = {
        'alone': ({'$ref': reference}, 10),
        'as a branch': ({'anyOf': [{'$ref': reference}]}, 10),
        'as an item': ({'type': 'array', 'items': {'$ref': reference}}, [10]),
    }[form]
    schema = jsonschema.Draft202012Validator(
        {'properties': {'limit': declared}, '$defs': {
            'count': {'$anchor': 'count', 'type': 'integer'},
            'a b': {'type': 'integer'}, 'c/d%': {'type': 'integer'}}},
        registry=registry)
    assert errorkit.validate_query('limit=10', schema) == {'limit': values}
    assert [name for name, _ in parameters('limit=x', schema)] == ['limit']


@pytest.mark.parametrize('text', [
    '10_000', ' 10', '10 ', '\u0661\u0660', '1e3', '5.0', '', '0x1', '+5',
    '10\n', '9' * 5000, 'null', '--1', '\0', '1\u0660', '\uff11'])
@pytest.mark.parametrize('name', ['limit', 'maybe'])
def test_what_only_python_takes_for_an_integer_is_none(text, name):
    [(found, detail)] = parameters({name: text}, LIST)
    assert found == name
    assert ' is not an integer' in detail


@pytest.mark.parametrize('text', [
    '1e400', '-1e400', 'nan', 'inf', 'Infinity', '1_0.5', '.5', '1.', ' 1',
    '1e', '\u0661.\u0665', '', '9' * 5000])
def test_what_json_has_not_is_no_number(text):
    [(name, detail)] = parameters({'ratio': text}, LIST)
    assert name == 'ratio'
    assert detail.endswith(' is not a number.')


@pytest.mark.parametrize('text', ['yes', 'on', '2', '', 'tru\u0435', 't'])
def test_only_four_words_are_booleans(text):
    assert len(parameters({'all': text}, LIST)) == 1


def test_a_parameter_given_twice_is_an_error_that_names_it():
    for query in ('limit=1&limit=1', {'limit': ['1', '1']},
                  webob.Request.blank('/?limit=1&limit=1').GET):
        assert parameters(query, LIST) == [
            ('limit', 'limit: The parameter is given more than once.')]


def test_an_undeclared_parameter_given_twice_is_one_too():
    assert parameters('a=1&a=2', {}) == [
        ('a', 'a: The parameter is given more than once.')]
    assert errorkit.validate_query('a=1', {}) == {'a': '1'}


def test_unknown_and_missing_parameters_are_named_one_by_one():
    schema = {**LIST, 'required': ['limit', 'name']}
    assert parameters('x=1&y=2&limit=z', schema) == [
        ('limit', 'limit: "z" is not an integer.'),
        ('name', 'name: The parameter is required.'),
        ('x', 'x: The parameter is not allowed.'),
        ('y', 'y: The parameter is not allowed.')]


def test_a_rule_about_the_whole_query_has_no_source():
    assert parameters('', {'minProperties': 1}) == [
        (None, 'An object is empty.')]


@pytest.mark.parametrize(('query', 'name'), [
    ('name=%ff', 'name'), ('name=\xff', 'name'), ('%ff=1', '\ufffd'),
    ('name=%C3', 'name')])
def test_bad_utf_8_is_an_error_that_names_the_parameter(query, name):
    schema = {**LIST, 'required': ['name']} if name == 'name' else LIST
    assert parameters(query, schema) == [
        (name, f'{name}: The parameter is not valid UTF-8.')]


def test_an_item_that_is_wrong_is_named_by_its_parameter():
    assert parameters('id=1&id=x', LIST) == [
        ('id', 'id: "x" is not an integer.')]


def test_a_secret_parameter_is_not_repeated():
    assert parameters(f'token={SECRET}', LIST) == [
        ('token', 'token: The value is too long.')]


def test_many_unknown_parameters_are_cut_as_any_errors_are():
    found = parameters('&'.join(f'p{n}=1' for n in range(500)), LIST)
    assert len(found) == 21


def test_a_query_in_an_application():
    @errorkit.wsgify
    def index(request):
        query = errorkit.validate_query(
            request.query_string, LIST, code=INVALID)
        return webob.Response(json=query)

    application = errorkit.wrap(index, service_type='volume',
                                catalog=CATALOG)
    assert ask(application, '/?limit=5').json == {'limit': 5}
    assert_error(ask(application, '/?limit=10_000'), status=400,
                 code='volume.invalid', title='Invalid',
                 source={'parameter': 'limit'})


def test_a_query_of_another_kind_is_the_services_own_mistake():
    with pytest.raises(TypeError, match='a query is'):
        errorkit.validate_query(None, LIST)


@hypothesis.settings(deadline=None, max_examples=150)
@hypothesis.given(query=st.text(alphabet=st.characters(
    max_codepoint=255)) | st.dictionaries(
        st.sampled_from(sorted(LIST['properties'])), st.text()).map(
            lambda found: urllib.parse.urlencode(found, errors='replace')))
def test_no_query_is_a_bug(query):
    try:
        found = errorkit.validate_query(query, LIST)
    except errorkit.MultiError as exc:
        for error in exc.errors:
            assert error.status == 400
            assert error.detail
    else:
        with warnings.catch_warnings():
            warnings.simplefilter('error')
            jsonschema.Draft202012Validator(LIST).validate(found)
