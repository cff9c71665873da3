# SPDX-License-Identifier: Apache-2.0
"""A class and its option converters become a paste filter factory.

Paste hands over every option as a string. The converters here turn it into
what the class takes, and an unknown option or a bad value is an error that
names the filter, the option, the value and what is allowed.
"""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from errorkit.exceptions import ConfigError

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

Converter = Callable[[str], Any]
Filter = Callable[['WSGIApplication'], 'WSGIApplication']
FilterFactory = Callable[..., Filter]

_TRUE = frozenset(['true', 'yes', 'on', '1'])
_FALSE = frozenset(['false', 'no', 'off', '0'])


def text(value: str) -> str:
    """Take the value as it stands, without the white space around it."""
    return value.strip()


def words(value: str) -> list[str]:
    """Split a value at white space and commas."""
    return value.replace(',', ' ').split()


def boolean(value: str) -> bool:
    """Read one of true, yes, on, 1, false, no, off, 0."""
    lowered = value.strip().lower()
    if lowered in _TRUE:
        return True
    if lowered in _FALSE:
        return False
    raise ValueError('allowed: true, yes, on, 1, false, no, off, 0')


def integer(value: str) -> int:
    """Read a whole number."""
    try:
        return int(value)
    except ValueError:
        raise ValueError('allowed: a whole number') from None


def loaded(value: str) -> Any:
    """Import the object a ``module:name`` stands for."""
    module, separator, name = value.strip().partition(':')
    if not separator or not module or not name:
        raise ValueError('allowed: a module and a name in it, module:name')
    try:
        found: Any = importlib.import_module(module)
        for part in name.split('.'):
            found = getattr(found, part)
    except (ImportError, AttributeError) as exc:
        raise ValueError(f'allowed: module:name; {exc}') from exc
    return found


def one_of_or_loaded(*allowed: str) -> Converter:
    """Take one of some words, or import what ``module:name`` stands for."""

    def convert(value: str) -> Any:
        if value.strip() in allowed:
            return value.strip()
        try:
            return loaded(value)
        except ValueError as exc:
            names = ', '.join(allowed)
            raise ValueError(f'allowed: {names}; or {exc}') from exc

    return convert


def word_or_by_prefix(value: str) -> Any:
    """Read one word, pairs such as ``/v2.1=compute``, or a ``module:name``."""
    found = words(value)
    if any('=' in word for word in found):
        pairs = [word.partition('=') for word in found]
        return {prefix: name for prefix, _, name in pairs}
    return loaded(value) if ':' in value else text(value)


def statuses(value: str) -> dict[int, str]:
    """Read pairs such as ``405=volume.method 501=volume.missing``."""
    pairs = {}
    for word in words(value):
        status, separator, code = word.partition('=')
        if not separator or not status.isdigit():
            raise ValueError('allowed: pairs of a status and a code, 405=code')
        pairs[int(status)] = code
    return pairs


def converted(
    where: str,
    given: Mapping[str, str],
    converters: Mapping[str, Converter],
    required: Iterable[str] = (),
) -> dict[str, Any]:
    """Return the options of an ini file as what they stand for.

    :param where: the name in messages, such as ``errorkit#request_id``
    :param given: the options as they are written
    :param converters: for each option's name, what reads its string
    :param required: the names that have to be there
    :raises ConfigError: an option is unknown or missing, or a value is bad
    """
    options = {}
    for option, value in given.items():
        if option not in converters:
            known = ', '.join(sorted(converters))
            raise ConfigError(
                where, option, value, f'the options are: {known}'
            )
        try:
            options[option] = converters[option](value)
        except ValueError as exc:
            raise ConfigError(where, option, value, str(exc)) from exc
    for option in sorted(set(required) - set(options)):
        raise ConfigError(where, option, None, 'it has to be given')
    return options


def filter_factory(
    name: str,
    make: Callable[..., WSGIApplication],
    converters: Mapping[str, Converter],
) -> FilterFactory:
    """Return a ``paste.filter_factory`` for a middleware.

    :param name: the filter's name in messages, such as ``request_id``
    :param make: called with the application and the options as keywords
    :param converters: for each option's name, what reads its string;
        a ValueError of it says what is allowed
    :returns: ``factory(global_conf, **local_conf)``, which raises
        ``ConfigError`` for an unknown option or a bad value
    """
    where = f'errorkit#{name}'
    required = {
        parameter.name
        for parameter in inspect.signature(make).parameters.values()
        if parameter.kind is parameter.KEYWORD_ONLY
        and parameter.default is parameter.empty
    }

    def factory(global_conf: Mapping[str, str], **local_conf: str) -> Filter:
        options = converted(where, local_conf, converters, required)

        def filter_app(application: WSGIApplication) -> WSGIApplication:
            try:
                return make(application, **options)
            except ConfigError as exc:
                # The same, with the filter's name and the value as written.
                written = local_conf.get(exc.option, exc.value)
                raise ConfigError(
                    where, exc.option, written, exc.allowed
                ) from exc

        return filter_app

    return factory
