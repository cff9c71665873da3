# SPDX-License-Identifier: Apache-2.0
"""What of an error a client may read: its language, its version's code."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import TYPE_CHECKING

import microversion_parse

from errorkit import _i18n, error, keys, traceparent, versions
from errorkit.codes import Catalog
from errorkit.error import Error, UpstreamError
from errorkit.formats import negotiation
from errorkit.formats.maker import bad
from errorkit.formats.reader import MAX_ERRORS

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

#: The errors, whether there were more, their language or None, and the Vary.
Shown = tuple[Sequence[Error], bool, str | None, str]


class Viewer:
    """What a service's choices and a client's make of its errors.

    :param service_type: whose microversion counts
    :param catalog: knows the codes that have other names in some versions
    :param code_version: the microversion that shows ``code``, or None
    :param show_upstream: show the ``UpstreamError`` entries too
    :param show_trace_id: show the id of the client's own trace
    :raises ConfigError: ``code_version`` is not a version
    """

    def __init__(
        self,
        service_type: str,
        catalog: Catalog | None,
        code_version: str | None,
        show_upstream: bool,
        show_trace_id: bool = False,
    ) -> None:
        self._catalog = catalog
        self._version_key = keys.microversion(service_type)
        self._code_version = _version(code_version)
        self._shows_upstream = show_upstream
        self._shows_trace = show_trace_id

    def shown(
        self, errors: Sequence[Error], environ: WSGIEnvironment
    ) -> Shown:
        """Return errors as this client may read them.

        :param errors: the response's own error first
        :param environ: of the request
        """
        cut = False
        if len(errors) > 1:
            if not self._shows_upstream:
                errors = [
                    one for one in errors if not isinstance(one, UpstreamError)
                ]
            cut = len(errors) > MAX_ERRORS
            errors = errors[:MAX_ERRORS]
        language, vary = None, 'Accept'
        for one in errors:
            if type(one.detail) is not str:
                errors, language = _localized(errors, environ)
                vary = 'Accept, Accept-Language'
                break
        if self._code_version is not None and not self._shows_code(environ):
            # The help link would tell it.
            errors = [
                _with(one, one.detail, None, (), None) for one in errors
            ]
        elif self._catalog is not None and self._catalog.renames:
            errors = self._renamed(errors, environ)
        if self._shows_trace:
            errors = _traced(errors, environ)
        return errors, cut, language, vary

    def _shows_code(self, environ: WSGIEnvironment) -> bool:
        version = environ.get(self._version_key)
        return version is not None and version >= self._code_version

    def _renamed(
        self, errors: Sequence[Error], environ: WSGIEnvironment
    ) -> Sequence[Error]:
        """Return errors with the codes that a client's version knows."""
        assert self._catalog is not None
        version = environ.get(self._version_key)
        renamed = []
        for one in errors:
            declared = one.code and self._catalog.find(one.code)
            if declared and not isinstance(one, UpstreamError):
                code = declared.at(version)
                one = _with(one, one.detail, code, one.links, one.retry)
            renamed.append(one)
        return renamed


def _traced(
    errors: Sequence[Error], environ: WSGIEnvironment
) -> Sequence[Error]:
    parsed = traceparent.parse(environ.get(keys.HTTP_TRACEPARENT, ''))
    if parsed is None:
        return errors
    return [
        one
        if one.trace_id or isinstance(one, UpstreamError)
        else dataclasses.replace(one, trace_id=parsed.trace_id)
        for one in errors
    ]


def _localized(
    errors: Sequence[Error], environ: WSGIEnvironment
) -> tuple[Sequence[Error], str | None]:
    language = None
    translated = []
    for one in errors:
        if _i18n.is_translatable(one.detail):
            if language is None:
                language = negotiation.choose_language(
                    environ.get('HTTP_ACCEPT_LANGUAGE'),
                    _i18n.languages(_i18n.domain_of(one.detail)),
                )
            detail = _i18n.translate(one.detail, language)
            one = _with(one, detail, one.code, one.links, one.retry)
        translated.append(one)
    if language is not None:
        language = language.replace('_', '-')
    return translated, language


def _with(
    given: Error,
    detail: str,
    code: str | None,
    links: tuple[tuple[str, str], ...],
    retry: str | None,
) -> Error:
    # dataclasses.replace takes twenty times as long.
    made = error.Draft(
        given.status,
        given.title,
        detail,
        code,
        given.request_id,
        links,
        given.source,
        retry,
        given.max_version,
        given.min_version,
        given.trace_id,
        given.extra,
    )
    made.__class__ = Error
    finished: Error = made
    return finished


def _version(value: str | None) -> microversion_parse.Version | None:
    if value is None:
        return None
    try:
        return microversion_parse.Version(*versions.parse(value))
    except (TypeError, ValueError) as exc:
        raise bad('code_version', value, 'a version such as 1.23 is') from exc
