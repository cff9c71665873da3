# SPDX-License-Identifier: Apache-2.0
"""validate and validate_query: every violation of a JSON Schema, as errors.

They need jsonschema, which is imported at the first call.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from typing import Any, TypeVar

from errorkit import error
from errorkit._i18n import Text
from errorkit.error import Error, MultiError
from errorkit.formats.reader import MAX_ERRORS
from errorkit.validation import query as reading
from errorkit.validation import sentences
from errorkit.validation.compiled import validator_of
from errorkit.validation.values import cut, shown
from errorkit.validation.wording import Violation, violation_of

_Instance = TypeVar('_Instance')

#: A schema that does not end, rather than an instance, is at fault for a
#: stack that overflows over an instance no deeper than this.
_SHALLOW = 20
_TOO_DEEP = Violation((), None, sentences.TOO_DEEP)


def validate(
    instance: _Instance,
    schema: Any,
    *,
    code: str | None = None,
    codes: Mapping[str, str] | None = None,
    format_checker: Any = None,
) -> _Instance:
    """Check a value, usually a request's body, against a JSON Schema.

    :param instance: as ``json.loads`` gives it
    :param schema: a dict, a boolean or a jsonschema validator. It is made
        ready once and known by its identity: keep it at module level, and
        never change it. ``$ref`` is never fetched; a validator with a
        registry brings further schemas
    :param code: the code of each error; without it, that of an error to
        which none was given
    :param codes: for a keyword of JSON Schema, such as ``required``, the
        code of its errors
    :param format_checker: a ``jsonschema.FormatChecker``, in place of that
        of the schema's draft
    :returns: the instance
    :raises MultiError: one ``Error`` of status 400 for each violation, with
        a JSON pointer (RFC 6901) as its source, by path and keyword. Beyond
        20 it stops: one more is kept, so that the answer says that there
        were more
    :raises jsonschema.SchemaError: the schema is none
    :raises ImportError: jsonschema is not installed
    """
    validator = validator_of(schema, format_checker)
    found = _violations(instance, validator, 'property')
    if found:
        raise MultiError(
            _error(one, {'pointer': one.pointer()}, one.pointer(), code, codes)
            for one in found
        )
    return instance


def validate_query(
    query: Any,
    schema: Any,
    *,
    code: str | None = None,
    codes: Mapping[str, str] | None = None,
    format_checker: Any = None,
) -> dict[str, Any]:
    """Check the parameters of a query against a JSON Schema of an object.

    Their text is first converted to the type that the schema declares:
    ``integer``, ``number``, ``boolean`` (true, false, 1, 0), or ``array``,
    which collects a repeated parameter.

    :param query: the query string (``environ['QUERY_STRING']``), webob's
        ``request.GET``, or a mapping from names to texts
    :param schema: see ``validate``, as are the others
    :returns: the parameters, converted
    :raises MultiError: one ``Error`` of status 400 for each violation, with
        the parameter's name as its source
    """
    validator = validator_of(schema, format_checker)
    pairs, found = reading.pairs_of(query)
    values, repeated = reading.converted(pairs, validator)
    found += repeated
    # One that could not be read is not missing as well.
    unread = {one.path[0] for one in found if one.keyword == 'encoding'}
    for one in _violations(values, validator, 'parameter'):
        for name in one.names or ('',):
            if name not in unread:
                found.append(_named(one, name))
    if found:
        found.sort(key=Violation.order)
        raise MultiError(
            _error(one, *_parameter(one), code, codes)
            for one in found[: MAX_ERRORS + 1]
        )
    return values


def _violations(
    instance: Any, validator: Any, noun: str
) -> list[Violation]:
    """Return what is wrong, in order; one more than is shown at most."""
    root = validator.schema
    try:
        errors = validator.iter_errors(instance)
        found = [
            violation_of(one, root, noun)
            for one in itertools.islice(errors, MAX_ERRORS + 1)
        ]
    except BaseException as exc:
        if not _is_overflow(exc) or not _is_deep(instance):
            raise
        return [_TOO_DEEP]
    found.sort(key=Violation.order)
    return found


def _is_overflow(raised: BaseException) -> bool:
    """Tell whether the stack overflowed.

    Where it does so inside the maps of referencing, which are not written
    in Python, that is a panic of theirs: no RecursionError, no Exception.
    """
    return (
        isinstance(raised, RecursionError)
        or type(raised).__name__ == 'PanicException'
    )


def _is_deep(instance: Any) -> bool:
    level = [instance]
    for _ in range(_SHALLOW):
        inner: list[Any] = []
        for one in level:
            if isinstance(one, Mapping):
                inner.extend(one.values())
            elif isinstance(one, (list, tuple)):
                inner.extend(one)
        if not inner:
            return False
        level = inner
    return True


def _named(one: Violation, name: str) -> Violation:
    """Return a violation of the whole query as one of a parameter."""
    if not name or one.path:
        return one
    if one.keyword == 'required':
        text = sentences.PARAMETER_REQUIRED
    else:
        text = sentences.PARAMETER_NOT_ALLOWED
    return Violation((name,), one.keyword, text)


def _parameter(one: Violation) -> tuple[dict[str, str] | None, str]:
    if not one.path:
        return None, ''
    name = cut(str(one.path[0]), 256)
    return {'parameter': name}, name


def _error(
    one: Violation,
    source: Mapping[str, str] | None,
    place: str,
    code: str | None,
    codes: Mapping[str, str] | None,
) -> Error:
    if codes and one.keyword is not None and one.keyword in codes:
        code = codes[one.keyword]
    detail = _placed(shown(place)[1:-1], one.text)
    return Error(400, error.title_of(400), detail, code, source=source)


def _placed(place: str, text: str) -> str:
    """Return a sentence behind its place: not every format shows that."""
    if not place:
        return text
    if isinstance(text, Text):
        return Text('%(place)s: %(text)s', place=place, text=text)
    return f'{place}: {text}'  # the words of an author
