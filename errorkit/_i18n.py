# SPDX-License-Identifier: Apache-2.0
"""The translation of errorkit's own texts and of lazy oslo.i18n messages.

``_`` marks a text and leaves it in English: the language is known only when
an error is written for a reader, and then ``translate`` is called.
"""

from __future__ import annotations

import functools
import gettext
import pathlib
from collections.abc import Callable

import oslo_i18n

DOMAIN = 'errorkit'
LOCALE_DIR = str(pathlib.Path(__file__).parent / 'locale')


class Text(str):
    """One of errorkit's own texts: English as a str, any language on asking.

    :param msgid: the English text, with ``%(name)s`` for its values
    :param values: the values, already fit to be shown; a ``Text`` among them
        comes out in the same language
    """

    __slots__ = ('msgid', 'values')
    msgid: str
    values: dict[str, str]

    def __new__(cls, msgid: str, **values: str) -> Text:
        self = super().__new__(cls, msgid % values if values else msgid)
        self.msgid = msgid
        self.values = values
        return self

    def __reduce__(self) -> tuple[object, ...]:
        return (_restore, (self.msgid, self.values))


def _restore(msgid: str, values: dict[str, str]) -> Text:
    return Text(msgid, **values)


class Derived(str):
    """A text made from a translatable one, translated as that is.

    :param source: the translatable text
    :param make: what turns the source, in any language, into the text
    """

    __slots__ = ('_make', '_source', 'domain')
    _make: Callable[[str], str]
    _source: str
    domain: str

    def __new__(cls, source: str, make: Callable[[str], str]) -> Derived:
        self = super().__new__(cls, make(source))
        self._source = source
        self._make = make
        self.domain = domain_of(source)
        return self

    def __reduce__(self) -> tuple[object, ...]:
        # What makes it need not pickle; far from its request it is English.
        return (str, (str.__str__(self),))

    def translation(self, desired_locale: str) -> str:
        """Return the text in a language."""
        return self._make(translate(self._source, desired_locale))


_ = Text


def is_translatable(text: object) -> bool:
    """Tell whether a text depends on the reader's language.

    A lazy oslo.i18n message is known by its ``translation`` method; its
    class is private there.
    """
    kind = type(text)
    return kind is not str and (kind is Text or hasattr(kind, 'translation'))


@functools.cache
def languages(domain: str = DOMAIN) -> tuple[str, ...]:
    """Return the languages a domain is available in, English first.

    :param domain: the gettext domain, errorkit's own or a service's
    """
    if domain != DOMAIN:
        return ('en', *oslo_i18n.get_available_languages(domain))
    found = sorted(
        path.parent.parent.name
        for path in pathlib.Path(LOCALE_DIR).glob(
            f'*/LC_MESSAGES/{DOMAIN}.mo'
        )
    )
    return ('en', *found)


def domain_of(text: object) -> str:
    """Return the gettext domain a translatable text belongs to."""
    return str(getattr(text, 'domain', DOMAIN))


def translate(text: str, language: str) -> str:
    """Return a text in a language, or in English where it has none.

    :param text: a ``Text`` or a lazy oslo.i18n message; any other str comes
        back as it is
    :param language: a locale name such as ``de`` or ``pt_BR``
    """
    if type(text) is Text:
        return _translated(text, language)
    if is_translatable(text):
        return str(text.translation(language))  # type: ignore[attr-defined] # it has one
    return text


def _translated(text: Text, language: str) -> str:
    found = _catalog(language).gettext(text.msgid)
    if not text.values:
        return found
    return found % {
        name: translate(value, language)
        for name, value in text.values.items()
    }


@functools.cache
def _catalog(language: str) -> gettext.NullTranslations:
    return gettext.translation(
        DOMAIN, LOCALE_DIR, languages=[language], fallback=True
    )
