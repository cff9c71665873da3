# SPDX-License-Identifier: Apache-2.0
"""What a violation of a schema is called: one short sentence, and its place.

A sentence repeats single values only, cut and as JSON writes them; never an
object or a list, and never anything of a property that is marked as secret.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from errorkit.formats.reader import MAX_ERRORS
from errorkit.validation.keywords import library
from errorkit.validation.secrecy import Passed, is_secret

#: How much of a value or a name is shown, in characters.
MAX_VALUE = 80
MAX_LIST = 10
_MAX_TEXT = 500
#: A longer pointer stops at the last parent that fits.
_MAX_POINTER = 1000
ELLIPSIS = '\N{HORIZONTAL ELLIPSIS}'


class Violation(NamedTuple):
    """One thing that is wrong with an instance.

    :param path: the names and indexes that lead to it
    :param keyword: the schema's keyword, None of the schema ``false``
    :param text: a sentence without its subject's place
    :param names: the properties it is about, where they are not the path
    """

    path: tuple[Any, ...]
    keyword: str | None
    text: str
    names: tuple[str, ...] = ()

    def order(self) -> Any:
        """Return what violations are sorted by: path, then keyword."""
        path = [
            (0, part, '') if isinstance(part, int) else (1, 0, str(part))
            for part in self.path
        ]
        return path, self.keyword or '', self.names, self.text

    def pointer(self) -> str:
        """Return the path as a JSON pointer, RFC 6901."""
        pointer = ''
        for part in self.path:
            escaped = str(part).replace('~', '~0').replace('/', '~1')
            if len(pointer) + len(escaped) >= _MAX_POINTER:
                break
            pointer += f'/{escaped}'
        return pointer


def violation_of(error: Any, root: Any, noun: str) -> Violation:
    """Return a jsonschema ``ValidationError`` in our words.

    :param error: with the schemas it passed, as ``keywords`` notes them
    :param root: the whole schema
    :param noun: what members are called: ``property`` or ``parameter``
    """
    told = _most_telling(error)
    passed: list[Passed] = []
    one = told
    while one is not None:
        passed += getattr(one, 'errorkit_passed', ())
        one = one.parent
    path = tuple(told.absolute_path)
    # What a class without our notes has found may hold anything.
    secret = (
        not passed
        or passed[0][1] is not told.schema
        or is_secret(passed, path, root)
    )
    names: tuple[str, ...] = ()
    if hasattr(told, 'errorkit_names'):
        names = tuple(map(str, told.errorkit_names[: MAX_ERRORS + 1]))
    text = _text(told, secret, noun, names)
    return Violation(path, told.validator, text, names)


def _most_telling(error: Any) -> Any:
    """Return the violation inside an ``anyOf`` that says most, if one does."""
    if not error.context:
        return error
    try:
        return library().exceptions.best_match([error])
    except TypeError:  # names of several types cannot be ordered
        return error


def shown(value: Any) -> str:
    """Return a value as JSON writes it, cut; of a container only its kind."""
    kind = type(value)
    if value is None or kind is bool:
        return _CONSTANTS[value]
    if isinstance(value, str):
        quoted = json.dumps(str.__str__(value)[:MAX_VALUE], ensure_ascii=False)
        if len(quoted) > MAX_VALUE or len(value) > MAX_VALUE:
            quoted = f'{quoted[: MAX_VALUE - 2]}{ELLIPSIS}"'
        return quoted
    if isinstance(value, Mapping):
        return 'an object'
    if isinstance(value, (list, tuple)):
        return 'an array'
    if kind is int or kind is float:
        try:
            return cut(json.dumps(value), MAX_VALUE)
        except ValueError:  # more digits than Python converts
            return 'a number'
    return 'a value'


_CONSTANTS = {None: 'null', True: 'true', False: 'false'}


def cut(text: str, limit: int = _MAX_TEXT) -> str:
    """Return a text, its end replaced by an ellipsis where it is long."""
    return text if len(text) <= limit else text[: limit - 1] + ELLIPSIS


def listed(values: Iterable[Any], last: str = 'and') -> str:
    """Return values as ``"a", "b" and "c"``; ten of them at most."""
    texts: list[str] = []
    for value in values:
        if len(texts) == MAX_LIST:
            return ', '.join(texts) + f', {ELLIPSIS}'
        texts.append(shown(value))
    if len(texts) < 2:
        return ''.join(texts)
    return f'{", ".join(texts[:-1])} {last} {texts[-1]}'


def _text(error: Any, secret: bool, noun: str, names: tuple[str, ...]) -> str:
    keyword = error.validator
    if names and keyword != 'additionalProperties':
        return f'The {noun} {listed(names)} is required.'
    if secret:
        return _SECRET.get(keyword, 'The value is not allowed.')
    if len(names) > 1:
        return f'The {_plural(noun)} {listed(names)} are not allowed.'
    if names:
        return f'The {noun} {listed(names)} is not allowed.'
    subject = shown(error.instance)
    if subject.startswith('a'):
        subject = subject.capitalize()
    if error.context or keyword in ('anyOf', 'oneOf'):
        return _of_forms(error, subject)
    if keyword is None:
        return f'{subject} is not allowed here.'
    if hasattr(error, 'errorkit_no_number'):
        return f'{subject} is not a number.'
    if keyword in _SENTENCES:
        return f'{subject} {_SENTENCES[keyword](error.validator_value)}.'
    return cut(str(error.message))


def _of_forms(error: Any, subject: str) -> str:
    """Say what an ``anyOf`` or ``oneOf`` whose forms are alike wanted."""
    inner = error.context or ()
    if not inner:
        return f'{subject} has more than one of the permitted forms.'
    kinds: list[Any] = []
    for one in inner:
        if one.validator != 'type' or one.relative_path:
            return f'{subject} has none of the permitted forms.'
        kinds += _each(one.validator_value)
    return f'{subject} is not {_kinds(kinds)}.'


def _each(value: Any) -> Iterator[Any]:
    yield from value if isinstance(value, (list, tuple)) else (value,)


def _kinds(value: Any) -> str:
    names = dict.fromkeys(_KINDS.get(str(kind), 'it') for kind in _each(value))
    return ' or '.join(names)


_KINDS = {
    'array': 'an array',
    'boolean': 'true or false',
    'integer': 'an integer',
    'null': 'null',
    'number': 'a number',
    'object': 'an object',
    'string': 'a string',
}


def _plural(noun: str) -> str:
    return noun[:-1] + 'ies' if noun.endswith('y') else noun + 's'


def _at_least(number: Any, noun: str) -> str:
    if number == 1:
        return 'is empty'
    return f'has fewer than {shown(number)} {_plural(noun)}'


def _at_most(number: Any, noun: str) -> str:
    if number == 0:
        return 'is not empty'
    many = noun if number == 1 else _plural(noun)
    return f'has more than {shown(number)} {many}'


_SENTENCES: dict[str, Callable[[Any], str]] = {
    'type': lambda value: f'is not {_kinds(value)}',
    'enum': lambda value: f'is not {listed(value, "or")}',
    'const': lambda value: f'is not {shown(value)}',
    'minimum': lambda value: f'is less than {shown(value)}',
    'maximum': lambda value: f'is greater than {shown(value)}',
    'exclusiveMinimum': lambda value: f'is not greater than {shown(value)}',
    'exclusiveMaximum': lambda value: f'is not less than {shown(value)}',
    'multipleOf': lambda value: f'is not a multiple of {shown(value)}',
    'divisibleBy': lambda value: f'is not a multiple of {shown(value)}',
    'minLength': lambda value: _at_least(value, 'character'),
    'maxLength': lambda value: _at_most(value, 'character'),
    'minItems': lambda value: _at_least(value, 'item'),
    'maxItems': lambda value: _at_most(value, 'item'),
    'minProperties': lambda value: _at_least(value, 'property'),
    'maxProperties': lambda value: _at_most(value, 'property'),
    'uniqueItems': lambda _: 'has an item twice',
    'pattern': lambda value: f'does not match {cut(str(value), 200)}',
    'format': lambda value: f'is not a valid {cut(str(value), MAX_VALUE)}',
    'contains': lambda _: 'does not have the items it needs',
    'minContains': lambda _: 'has too few of the items it needs',
    'maxContains': lambda _: 'has too many of the items it needs',
    'not': lambda _: 'has a form that is not allowed',
    'items': lambda _: 'has too many items',
    'additionalItems': lambda _: 'has too many items',
    'unevaluatedItems': lambda _: 'has items that are not allowed',
    'unevaluatedProperties': lambda _: 'has properties that are not allowed',
    'dependencies': lambda _: 'lacks a property that another one needs',
    'required': lambda _: 'lacks a property',
    'disallow': lambda _: 'is of a type that is not allowed',
}

# Of a secret nothing is told that a guess could be made from.
_SECRET: dict[str | None, str] = {
    'type': 'The value is of the wrong type.',
    'minLength': 'The value is too short.',
    'maxLength': 'The value is too long.',
    'pattern': 'The value does not have the right form.',
    'format': 'The value does not have the right form.',
    'additionalProperties': 'The value has properties that are not allowed.',
}
