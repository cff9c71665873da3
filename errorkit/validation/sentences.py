# SPDX-License-Identifier: Apache-2.0
"""The sentences: what a violation of each keyword is called.

Each is whole, and marked to be translated; none is put together from words.
``%(value)s`` is its subject and begins it. Where a number is counted, one has
a sentence of its own.
"""

from __future__ import annotations

import numbers
from typing import Any

from errorkit._i18n import Text, _
from errorkit.validation.values import MAX_VALUE, OR, cut, kinds, listed, shown

TOO_DEEP = _('The value is nested too deep.')
NOT_UTF_8 = _('The parameter is not valid UTF-8.')
REPEATED = _('The parameter is given more than once.')
PARAMETER_REQUIRED = _('The parameter is required.')
PARAMETER_NOT_ALLOWED = _('The parameter is not allowed.')
NOT_ALLOWED = _('The value is not allowed.')
NO_FORM = _('%(value)s has none of the permitted forms.')
SEVERAL_FORMS = _('%(value)s has more than one of the permitted forms.')
_IS_NOT = _('%(value)s is not %(allowed)s.')

#: By what a member is called.
REQUIRED = {
    'property': _('The property %(names)s is required.'),
    'parameter': _('The parameter %(names)s is required.'),
}
ONE_TOO_MANY = {
    'property': _('The property %(names)s is not allowed.'),
    'parameter': _('The parameter %(names)s is not allowed.'),
}
SEVERAL_TOO_MANY = {
    'property': _('The properties %(names)s are not allowed.'),
    'parameter': _('The parameters %(names)s are not allowed.'),
}

_WRONG_FORM = _('The value does not have the right form.')
#: Of a secret nothing is told that a guess could be made from.
SECRET: dict[str | None, str] = {
    'type': _('The value is of the wrong type.'),
    'minLength': _('The value is too short.'),
    'maxLength': _('The value is too long.'),
    'pattern': _WRONG_FORM,
    'format': _WRONG_FORM,
    'additionalProperties': _(
        'The value has properties that are not allowed.'
    ),
}

_NO_MULTIPLE = _('%(value)s is not a multiple of %(limit)s.')
_TOO_MANY_ITEMS = _('%(value)s has too many items.')
_SENTENCES: dict[str, str] = {
    'minimum': _('%(value)s is less than %(limit)s.'),
    'maximum': _('%(value)s is greater than %(limit)s.'),
    'exclusiveMinimum': _('%(value)s is not greater than %(limit)s.'),
    'exclusiveMaximum': _('%(value)s is not less than %(limit)s.'),
    'multipleOf': _NO_MULTIPLE,
    'divisibleBy': _NO_MULTIPLE,
    'minLength': _('%(value)s has fewer than %(limit)s characters.'),
    'maxLength': _('%(value)s has more than %(limit)s characters.'),
    'minItems': _('%(value)s has fewer than %(limit)s items.'),
    'maxItems': _('%(value)s has more than %(limit)s items.'),
    'minProperties': _('%(value)s has fewer than %(limit)s properties.'),
    'maxProperties': _('%(value)s has more than %(limit)s properties.'),
    'uniqueItems': _('%(value)s has an item twice.'),
    'pattern': _('%(value)s does not match %(limit)s.'),
    'format': _('%(value)s is not a valid %(limit)s.'),
    'contains': _('%(value)s does not have the items it needs.'),
    'minContains': _('%(value)s has too few of the items it needs.'),
    'maxContains': _('%(value)s has too many of the items it needs.'),
    'not': _('%(value)s has a form that is not allowed.'),
    'items': _TOO_MANY_ITEMS,
    'additionalItems': _TOO_MANY_ITEMS,
    'unevaluatedItems': _('%(value)s has items that are not allowed.'),
    'unevaluatedProperties': _(
        '%(value)s has properties that are not allowed.'
    ),
    'dependencies': _('%(value)s lacks a property that another one needs.'),
    'required': _('%(value)s lacks a property.'),
    'disallow': _('%(value)s is of a type that is not allowed.'),
}

_EMPTY = _('%(value)s is empty.')
_NOT_EMPTY = _('%(value)s is not empty.')
# The sentence of a keyword for one limit.
_OF_LIMIT: dict[str, dict[Any, str]] = {
    'minLength': {1: _EMPTY},
    'minItems': {1: _EMPTY},
    'minProperties': {1: _EMPTY},
    'maxLength': {
        0: _NOT_EMPTY,
        1: _('%(value)s has more than %(limit)s character.'),
    },
    'maxItems': {
        0: _NOT_EMPTY,
        1: _('%(value)s has more than %(limit)s item.'),
    },
    'maxProperties': {
        0: _NOT_EMPTY,
        1: _('%(value)s has more than %(limit)s property.'),
    },
}
# How much of the author's text is shown, where a limit is one.
_TEXTS = {'pattern': 200, 'format': MAX_VALUE}


def sentence_of(keyword: str, limit: Any, value: str) -> str | None:
    """Return what a violation of a keyword is called.

    :param keyword: of the schema
    :param limit: what the schema says for it
    :param value: the violating value, as a sentence begins with it
    :returns: None of a keyword that is not known here
    """
    if keyword == 'type':
        return is_not(value, kinds(limit))
    if keyword == 'enum':
        return is_not(value, listed(limit, OR))
    if keyword == 'const':
        return is_not(value, shown(limit))
    sentence = _SENTENCES.get(keyword)
    if sentence is None:
        return None
    if keyword in _OF_LIMIT and isinstance(limit, numbers.Number):
        sentence = _OF_LIMIT[keyword].get(limit, sentence)
    if keyword in _TEXTS:
        told = cut(str(limit), _TEXTS[keyword])
    else:
        told = shown(limit)
    return Text(sentence, value=value, limit=told)


def is_not(value: str, allowed: str) -> str:
    """Return that a value is none of those that are allowed, if any are."""
    if not allowed:
        return NOT_ALLOWED
    return Text(_IS_NOT, value=value, allowed=allowed)
