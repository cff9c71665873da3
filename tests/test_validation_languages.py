# SPDX-License-Identifier: Apache-2.0
# ruff: noqa: RUF001 - the apostrophe of French
"""What validation refuses, in the reader's language."""

import decimal
import pathlib
import pickle
import re

import jsonschema
import pytest
import webob.dec
from assertions import ask, assert_error
from babel.messages import extract

import errorkit
from errorkit._i18n import Text, languages, translate

FOLDER = pathlib.Path(errorkit.__file__).parent / 'validation'
OTHERS = [name for name in languages() if name != 'en']
DRAFT_3 = 'http://json-schema.org/draft-03/schema#'
DRAFT_7 = 'http://json-schema.org/draft-07/schema#'
SECRET = 'hunter' + '2'
HUGE = 10**5000
TREE = {'items': {'$ref': '#'}}
FORMS = {'anyOf': [{'enum': ['a']}, {'enum': ['b']}]}
NEEDS = {'$schema': DRAFT_7, 'dependencies': {'a': ['b']}}
WORD = {'items': {'type': 'string'}}
EVEN = jsonschema.validators.extend(
    jsonschema.Draft202012Validator,
    type_checker=jsonschema.Draft202012Validator.TYPE_CHECKER.redefine(
        'even', lambda _, value: value % 2 == 0))


def nested(depth):
    value = []
    for _ in range(depth):
        value = [value]
    return value


# Of a value and its schema: what it is refused with in English.
BODIES = [
    (nested(5000), TREE, 'The value is nested too deep.'),
    (5, {'type': 'string'}, '5 is not a string.'),
    ('5', {'type': 'integer'}, '"5" is not an integer.'),
    ([], {'type': ['number', 'boolean', 'null']},
     'An array is not a number or true or false or null.'),
    (HUGE, {'multipleOf': 7}, 'A number is not a multiple of 7.'),
    ([], {'type': 'object'}, 'An array is not an object.'),
    ({}, {'type': 'array'}, 'An object is not an array.'),
    (decimal.Decimal(3), {'type': 'array'}, 'A value is not an array.'),
    (3, {'const': decimal.Decimal(4)}, '3 is not a value.'),
    (3, EVEN({'type': ['even', 'null']}),
     '3 is not a value of a permitted type or null.'),
    (5, {'anyOf': [{'type': 'string'}, {'type': 'null'}]},
     '5 is not a string or null.'),
    ('c', {'enum': ['a', None, {'b': 1}, 3]},
     '"c" is not "a", null, an object or 3.'),
    ('c', {'enum': list(range(12))},
     '"c" is not 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, ….'),
    ('x', FORMS, '"x" has none of the permitted forms.'),
    (5, {'oneOf': [{'type': 'integer'}, {'minimum': 1}]},
     '5 has more than one of the permitted forms.'),
    (float('nan'), {'minimum': 5}, 'NaN is not a number.'),
    (0, {'minimum': 1}, '0 is less than 1.'),
    (3, {'maximum': 2.5}, '3 is greater than 2.5.'),
    (1, {'exclusiveMinimum': 1}, '1 is not greater than 1.'),
    (1, {'exclusiveMaximum': 1}, '1 is not less than 1.'),
    (5, {'multipleOf': 2}, '5 is not a multiple of 2.'),
    ('', {'minLength': 1}, '"" is empty.'),
    ('a', {'maxLength': 0}, '"a" is not empty.'),
    ('a', {'minLength': 2}, '"a" has fewer than 2 characters.'),
    ('ab', {'maxLength': 1}, '"ab" has more than 1 character.'),
    ('abc', {'maxLength': 2}, '"abc" has more than 2 characters.'),
    ([], {'minItems': 2}, 'An array has fewer than 2 items.'),
    ([1, 2], {'maxItems': 1}, 'An array has more than 1 item.'),
    ([1, 2, 3], {'maxItems': 2}, 'An array has more than 2 items.'),
    ({}, {'minProperties': 2}, 'An object has fewer than 2 properties.'),
    ({'a': 1, 'b': 2}, {'maxProperties': 1},
     'An object has more than 1 property.'),
    ({'a': 1, 'b': 2, 'c': 3}, {'maxProperties': 2},
     'An object has more than 2 properties.'),
    ([1, 1], {'uniqueItems': True}, 'An array has an item twice.'),
    ('a', {'pattern': '^b'}, '"a" does not match ^b.'),
    ('x', {'format': 'ipv4'}, '"x" is not a valid ipv4.'),
    ([1], {'contains': {'type': 'string'}},
     'An array does not have the items it needs.'),
    (['a'], {'contains': {'type': 'string'}, 'minContains': 2},
     'An array has too few of the items it needs.'),
    (['a', 'b'], {'contains': {'type': 'string'}, 'maxContains': 1},
     'An array has too many of the items it needs.'),
    (1, {'not': {'type': 'integer'}}, '1 has a form that is not allowed.'),
    ([1, 2], {'prefixItems': [{}], 'items': False},
     'An array has too many items.'),
    ([1], {'unevaluatedItems': False},
     'An array has items that are not allowed.'),
    ({'a': 1}, {'unevaluatedProperties': False},
     'An object has properties that are not allowed.'),
    ({'a': 1}, NEEDS, 'An object lacks a property that another one needs.'),
    ({}, {'$schema': DRAFT_3, 'properties': {'a': {'required': True}}},
     '/a: An object lacks a property.'),
    (5, {'$schema': DRAFT_3, 'disallow': 'integer'},
     '5 is of a type that is not allowed.'),
    ({'a': 1}, {'additionalProperties': False},
     'The property "a" is not allowed.'),
    ({'a': 1, 'b': 2, 'c': 3}, {'additionalProperties': False},
     'The properties "a", "b" and "c" are not allowed.'),
    ({str(number): 1 for number in range(12)}, {'additionalProperties': False},
     'The properties "0", "1", "2", "3", "4", "5", "6", "7", "8", "9", … are '
     'not allowed.'),
    ({}, {'required': ['a']}, 'The property "a" is required.'),
    ({'a': {}}, {'properties': {'a': {'required': ['b']}}},
     '/a: The property "b" is required.'),
    ({'a': '5'}, {'properties': {'a': {'maximum': 3, 'type': 'integer'}}},
     '/a: "5" is not an integer.'),
    (1, False, 'The value is not allowed.'),
    (SECRET, {'type': 'null', 'writeOnly': True},
     'The value is of the wrong type.'),
    (SECRET, {'minLength': 9, 'writeOnly': True}, 'The value is too short.'),
    (SECRET, {'maxLength': 3, 'writeOnly': True}, 'The value is too long.'),
    (SECRET, {'pattern': '^x', 'writeOnly': True},
     'The value does not have the right form.'),
    ({SECRET: 1}, {'additionalProperties': False, 'writeOnly': True},
     'The value has properties that are not allowed.'),
]
QUERIES = [
    ('a=%ff', True, 'a: The parameter is not valid UTF-8.'),
    ('a=1&a=2', True, 'a: The parameter is given more than once.'),
    ('', {'required': ['a']}, 'a: The parameter is required.'),
    ('a=1', {'additionalProperties': False},
     'a: The parameter is not allowed.'),
    ('', {'required': ['']}, 'The parameter "" is required.'),
    ('=1', {'additionalProperties': False},
     'The parameter "" is not allowed.'),
    ('=1&b=2', {'additionalProperties': False},
     'The parameters "" and "b" are not allowed.'),
    ('a=x', {'properties': {'a': {'type': 'integer'}}},
     'a: "x" is not an integer.'),
    ('', {'minProperties': 1}, 'An object is empty.'),
]
REFUSED = [
    *((errorkit.validate, *one) for one in BODIES),
    *((errorkit.validate_query, *one) for one in QUERIES),
]
every_refusal = pytest.mark.parametrize(
    ('call', 'given', 'schema', 'english'),
    REFUSED, ids=[one[3][:60] for one in REFUSED])


def first(call, given, schema):
    """Return the first error of what is wrong with a value."""
    with pytest.raises(errorkit.MultiError) as caught:
        call(given, schema)
    return caught.value.errors[0]


def service(call, given, schema, decorator=errorkit.wsgify):
    @decorator
    def handler(request):
        call(given, schema)

    return errorkit.wrap(handler, service_type='volume')


def asked(application, language=None, **headers):
    if language is not None:
        headers['Accept-Language'] = language
    reply = ask(application, headers=headers)
    assert reply.status_int == 400
    assert 'accept-language' in reply.vary()
    return reply


def kept(text):
    """Return what no language changes: places, values and limits."""
    return sorted(re.findall(
        r'^[\w/]+(?=: )|"[^"]*"|NaN|null|-?\d[\d.]*\d|\d|\^\w|ipv4|…', text))


def words(text):
    """Return the words of a text that are no client's and no author's."""
    return set(re.findall(r'[a-z]+', re.sub(r'"[^"]*"', '', text.lower())))


@every_refusal
def test_a_client_that_names_no_language_reads_english(
        call, given, schema, english):
    application = service(call, given, schema)
    for language in (None, 'en-GB, de;q=0.1', 'fi'):
        reply = asked(application, language)
        assert reply.json['errors'][0]['detail'] == english
        assert reply.one('Content-Language') == 'en'


@pytest.mark.parametrize('language', OTHERS)
@every_refusal
def test_a_violation_is_told_in_the_language_of_its_reader(
        call, given, schema, english, language):
    plain = asked(service(call, given, schema)).json['errors'][0]
    reply = asked(service(call, given, schema), language)
    told = reply.json['errors'][0]
    assert reply.one('Content-Language') == language
    assert told['detail'] != english
    assert kept(told['detail']) == kept(english)
    assert '%' not in told['detail']
    for name in ('code', 'status', 'title', 'source'):
        assert told.get(name) == plain.get(name)


@pytest.mark.parametrize('language', OTHERS)
@every_refusal
def test_no_word_of_it_is_left_in_english(
        call, given, schema, english, language):
    reply = asked(service(call, given, schema), language)
    assert not words(reply.json['errors'][0]['detail']) & {
        'is', 'not', 'has', 'have', 'or', 'and', 'the', 'value', 'an',
        'object', 'number', 'string', 'integer', 'item', 'items', 'than'}


def msgids(text):
    """Return the texts that a text is made from."""
    if isinstance(text, Text):
        yield str.__str__(text.msgid)
        for value in text.values.values():
            yield from msgids(value)


def test_every_text_of_validation_is_asked_for_here():
    used = {
        text for call, given, schema, _ in REFUSED
        for text in msgids(first(call, given, schema).detail)}
    found = extract.extract_from_dir(FOLDER, keywords={'_': None})
    marked = {message for _, _, message, *_ in found}
    assert marked
    assert marked <= used
    # Only what joins names has no words.
    assert used - marked == {'%(place)s: %(text)s', '%(first)s, %(last)s'}


WORDED = [
    ('5', {'type': ['integer', 'null']},
     '"5" ist nicht erlaubt, sondern nur eine ganze Zahl oder null.',
     '"5" ne convient pas : il faut un nombre entier ou null.'),
    ([1], {'enum': ['a', 2, {}]},
     'Ein Array ist nicht erlaubt, sondern nur "a", 2 oder ein Objekt.',
     'Un tableau ne convient pas : il faut "a", 2 ou un objet.'),
    ({'a': 1, 'b': 2, 'c': 3}, {'additionalProperties': False},
     'Die Eigenschaften "a", "b" und "c" sind nicht erlaubt.',
     'Les propriétés "a", "b" et "c" ne sont pas autorisées.'),
    ({'a': 0}, {'properties': {'a': {'minimum': 1}}},
     '/a: 0 ist kleiner als 1.', '/a: 0 n’atteint pas 1.'),
    ([1, 2], {'maxItems': 1},
     'Ein Array hat mehr als 1 Element.',
     'Un tableau compte plus de 1 élément.'),
    ([1, 2, 3], {'maxItems': 2},
     'Ein Array hat mehr als 2 Elemente.',
     'Un tableau compte plus de 2 éléments.'),
]


@pytest.mark.parametrize(
    ('given', 'schema', 'german', 'french'), WORDED, ids=repr)
def test_the_words_within_a_sentence_are_of_its_language(
        given, schema, german, french):
    detail = first(errorkit.validate, given, schema).detail
    assert translate(detail, 'de') == german
    assert translate(detail, 'fr') == french


def test_every_one_of_several_violations_is_translated():
    application = service(
        errorkit.validate, {'a': 'x', 'b': 5},
        {'properties': {'a': {'type': 'null'}, 'b': {'maximum': 3}},
         'required': ['c']})
    reply = asked(application, 'de')
    assert_error(reply, status=400, code='volume.undefined_code', count=3)
    assert [one['detail'] for one in reply.json['errors']] == [
        'Die Eigenschaft "c" ist erforderlich.',
        '/a: "x" ist nicht erlaubt, sondern nur null.',
        '/b: 5 ist größer als 3.']


def test_the_order_is_that_of_english_in_every_language():
    schema = {'maxLength': 1, 'minLength': 3, 'pattern': '^x', 'enum': ['x']}
    sources = []
    for language in languages():
        reply = asked(service(errorkit.validate, 'no', schema), language)
        sources.append([
            kept(one['detail']) for one in reply.json['errors']])
    assert sources == [sources[0]] * len(sources)


def test_another_way_of_raising_it_is_translated_as_well():
    application = service(
        errorkit.validate, 5, {'type': 'string'}, webob.dec.wsgify)
    reply = asked(application, 'de')
    assert_error(
        reply, status=400, code='volume.undefined_code',
        source={'pointer': ''},
        detail='5 ist nicht erlaubt, sondern nur eine Zeichenkette.')


@pytest.mark.parametrize('kind', ['text/html', 'text/plain'])
def test_the_pages_are_in_that_language_too(kind):
    application = service(errorkit.validate, '', {'minLength': 1})
    reply = asked(application, 'fr', Accept=kind)
    assert_error(reply, status=400, code='volume.undefined_code', kind=kind,
                 detail='"" est vide.')


@pytest.mark.parametrize('text', [
    '%(value)s', '%s %d %', '%(limit)s', '%%', 'is not a string.'])
@pytest.mark.parametrize('language', OTHERS)
def test_a_value_is_no_part_of_the_sentence(text, language):
    schema = {'additionalProperties': {'type': 'null'}}
    detail = first(errorkit.validate, {text: text}, schema).detail
    assert detail == f'/{text}: "{text}" is not null.'
    translated = translate(detail, language)
    assert translated.startswith(f'/{text}: "{text}" ')
    assert translated != detail


@pytest.mark.parametrize('language', OTHERS)
def test_a_long_value_is_cut_in_every_language(language):
    value = {'x' * 5000: 'y' * 5000}
    error = first(errorkit.validate, value, {
        'additionalProperties': {'enum': ['z' * 5000] * 50}})
    assert len(translate(error.detail, language)) < 1200


@pytest.mark.parametrize('language', OTHERS)
def test_no_language_repeats_a_secret(language):
    for schema in (
            {'type': 'null'}, {'enum': [1]}, {'const': 1}, {'maxLength': 1},
            {'pattern': '^x'}, {'not': {}}, {'format': 'date'}, FORMS):
        error = first(
            errorkit.validate, SECRET, {**schema, 'writeOnly': True})
        assert SECRET not in translate(error.detail, language)
        assert SECRET.encode() not in pickle.dumps(error)


def test_an_error_of_validation_survives_pickling_in_every_language():
    error = first(errorkit.validate, {'a': []}, {
        'properties': {'a': {'enum': ['b', {}, 3]}}})
    again = pickle.loads(pickle.dumps(error))
    assert again == error
    for language in OTHERS:
        assert translate(again.detail, language) == translate(
            error.detail, language) != error.detail


def test_the_words_of_an_author_say_nothing_of_languages():
    def check(validator, value, instance, schema):
        yield jsonschema.ValidationError('is no match')

    kind = jsonschema.validators.extend(
        jsonschema.Draft202012Validator, {'matches': check})
    validator = kind({'items': {'matches': 6}})
    reply = ask(service(errorkit.validate, [5], validator),
                headers={'Accept-Language': 'de'})
    assert_error(reply, status=400, code='volume.undefined_code',
                 detail='/0: is no match', source={'pointer': '/0'})
    assert 'Content-Language' not in reply.headers
    assert 'accept-language' not in reply.vary()


def test_a_limit_of_one_is_the_same_in_every_way_it_is_written():
    for limit in (1, 1.0):
        detail = first(
            errorkit.validate, 'ab', {'maxLength': limit}).detail
        assert detail == f'"ab" has more than {limit} character.'


def test_a_schema_that_allows_no_value_says_so():
    detail = first(errorkit.validate, 5, {'enum': []}).detail
    assert detail == 'The value is not allowed.'


def test_nothing_is_translated_or_made_where_nothing_is_wrong(monkeypatch):
    made = []
    new = Text.__new__

    def noted(cls, msgid, **values):
        made.append(msgid)
        return new(cls, msgid, **values)

    monkeypatch.setattr(Text, '__new__', noted)
    assert errorkit.validate(['a'], WORD) == ['a']
    assert errorkit.validate_query('a=1', True) == {'a': '1'}
    assert made == []
    first(errorkit.validate, [5], WORD)
    assert made
