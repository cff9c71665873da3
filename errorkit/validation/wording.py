# SPDX-License-Identifier: Apache-2.0
"""What a violation of a schema is called: one short sentence, and its place.

A sentence repeats single values only, cut and as JSON writes them; never an
object or a list, and never anything of a property that is marked as secret.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from errorkit._i18n import Text
from errorkit.formats.reader import MAX_ERRORS
from errorkit.validation import sentences
from errorkit.validation.keywords import library
from errorkit.validation.secrecy import Passed, is_secret
from errorkit.validation.values import (
    A_NUMBER,
    AND,
    cut,
    each,
    kinds,
    listed,
    subject,
)

#: A longer pointer stops at the last parent that fits.
_MAX_POINTER = 1000


class Violation(NamedTuple):
    """One thing that is wrong with an instance.

    :param path: the names and indexes that lead to it
    :param keyword: the schema's keyword, None of the schema ``false``
    :param text: a sentence without its subject's place; a ``Text`` where it
        is errorkit's own
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


def _text(error: Any, secret: bool, noun: str, names: tuple[str, ...]) -> str:
    keyword = error.validator
    if names and keyword != 'additionalProperties':
        return Text(sentences.REQUIRED[noun], names=listed(names, AND))
    if secret:
        return sentences.SECRET.get(keyword, sentences.NOT_ALLOWED)
    if names:
        several = len(names) > 1
        further = (
            sentences.SEVERAL_TOO_MANY if several else sentences.ONE_TOO_MANY
        )
        return Text(further[noun], names=listed(names, AND))
    value = subject(error.instance)
    if error.context or keyword in ('anyOf', 'oneOf'):
        return _of_forms(error, value)
    if hasattr(error, 'errorkit_no_number'):
        return sentences.is_not(value, A_NUMBER)
    limit = error.validator_value
    found = sentences.sentence_of(keyword, limit, value)
    return cut(str(error.message)) if found is None else found


def _of_forms(error: Any, value: str) -> str:
    """Say what an ``anyOf`` or ``oneOf`` whose forms are alike wanted."""
    inner = error.context or ()
    if not inner:
        return Text(sentences.SEVERAL_FORMS, value=value)
    types: list[Any] = []
    for one in inner:
        if one.validator != 'type' or one.relative_path:
            return Text(sentences.NO_FORM, value=value)
        types += each(one.validator_value)
    return sentences.is_not(value, kinds(types))
