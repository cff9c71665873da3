# SPDX-License-Identifier: Apache-2.0
"""The text of what is declared, for a reader; and what to mend in texts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from errorkit import codes
from errorkit._i18n import translate
from errorkit.outcomes import parameters
from errorkit.outcomes.declared import Declared
from errorkit.outcomes.exceptions import InvalidParams
from errorkit.outcomes.parameters import Kind, Value


def kinds_of(parts: Iterable[Declared]) -> dict[str, Kind]:
    """Return the kinds of the parameters of several parts together."""
    kinds: dict[str, Kind] = {}
    for part in parts:
        kinds.update(part.params)
    return kinds


def checked(
    parts: tuple[Declared, ...], given: Mapping[str, object]
) -> dict[str, Value]:
    """Return the values of the parameters of several parts, as kept.

    :raises InvalidParams: see ``parameters.checked``
    """
    values = parameters.checked(kinds_of(parts), given)
    for part in parts:
        # Of one name and two kinds, a value has to be both.
        parameters.checked(part.params, {
            name: given[name] for name in part.params
        })
    return values


def read(
    declared: Declared, params: Mapping[str, Value], language: str | None
) -> str | None:
    """Return a text in a language, or None where it cannot be said.

    The values were kept for the text of another day; so they are checked
    again.

    :param language: None for English
    """
    text = str(translate(declared.text, language or 'en'))
    if not declared.params:
        return text
    try:
        values = parameters.checked(
            declared.params,
            {name: params[name] for name in declared.params},
        )
    except (KeyError, InvalidParams):
        return None
    for one in (text, str(declared.text)):
        try:
            return parameters.filled(one, values)
        except Exception:  # a translation that asks for something else
            continue
    return None


def lint(declared: Iterable[Declared]) -> Iterator[str]:
    """Yield what should be mended, a line each."""
    for one in declared:
        name = f'{type(one).__name__.lower()} {str(one)!r}'
        if one.cause == 'service' and one.params:
            yield (
                f'{name}: the service is the cause, and its text has '
                f'parameters: {", ".join(sorted(one.params))}. Say it in '
                'general words; what is special belongs into the log.'
            )
        code = one.code
        if isinstance(code, codes.ErrorCode):
            if code.cause != one.cause:
                yield (
                    f'{name}: its cause is {one.cause}, and that of its code '
                    f'{str(code)!r} is {code.cause}.'
                )
            if code.retired:
                yield f'{name}: its code {str(code)!r} is retired.'
