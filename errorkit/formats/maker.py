# SPDX-License-Identifier: Apache-2.0
"""An Error is made: with the service's code, title, link, and a cut text."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from errorkit import _i18n, codes, error, keys, log
from errorkit.error import Error
from errorkit.exceptions import ConfigError
from errorkit.formats import composed
from errorkit.formats.coder import Coder

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

LOG = logging.getLogger('errorkit.formatter')

MAX_TITLE = 256
_TEXTS = (str, _i18n.Text)


class Maker:
    """A service's codes and texts, for making Errors.

    :param service_type: the prefix of default codes, such as ``volume``
    :param catalog: the service's codes; gives titles, help links and retry
        hints, and notes undeclared ones
    :param default_codes: for a status, the code of an error without one
    :param detail_style: ``plain`` sends the author's text alone, ``webob``
        the composed string that placement's clients know
    :param max_detail: how many characters of a text are sent
    :raises ConfigError: one of them has a bad value
    """

    def __init__(
        self,
        service_type: str | None = None,
        *,
        catalog: codes.Catalog | None = None,
        default_codes: Mapping[int, str] | None = None,
        detail_style: str = 'plain',
        max_detail: int = error.MAX_DETAIL,
    ) -> None:
        if catalog is not None and not isinstance(catalog, codes.Catalog):
            raise bad('catalog', catalog, 'an errorkit.Catalog is')
        if service_type is None:
            service_type = catalog.service_type if catalog else 'errorkit'
        if not codes.is_valid_service_type(service_type):
            raise bad('service_type', service_type, 'a-z, 0-9, - and _ are')
        if detail_style not in ('plain', 'webob'):
            raise bad('detail_style', detail_style, 'plain and webob are')
        if type(max_detail) is not int or max_detail < 1:
            raise bad('max_detail', max_detail, 'a number above 0 is')
        if not isinstance(default_codes or {}, Mapping):
            raise bad('default_codes', default_codes, 'statuses and codes are')
        self.service_type = service_type
        for status, code in (default_codes or {}).items():
            if type(status) is not int or not 400 <= status <= 599:
                raise bad('default_codes', status, 'statuses of errors are')
            if not codes.is_valid(code):
                raise bad('default_codes', {status: code}, 'valid codes are')
        self.catalog = catalog
        if catalog is not None and catalog.service_type != service_type:
            self._object(
                'service_type',
                service_type,
                f'is not {catalog.service_type!r}, of which the catalog is',
            )
        self._coder = Coder(service_type, catalog, default_codes or {})
        for status, code in (default_codes or {}).items():
            self.check_declared('default_codes', status, code)
        self._composes = detail_style == 'webob'
        self._max_detail = max_detail

    def check_declared(self, option: str, status: int, code: str) -> None:
        """Warn of a code in an option that the catalog does not know so.

        :raises ConfigError: the catalog is strict
        """
        objection = self.catalog and self.catalog.objection(code, status)
        if objection:
            self._object(option, code, objection)

    def _object(self, option: str, value: str, objection: str) -> None:
        if self.catalog is not None and self.catalog.strict:
            raise bad(option, value, f'it {objection}; what is declared is')
        log.say(LOG, logging.WARNING, '%s: %s %s', option, value, objection)

    def make(
        self,
        status: int,
        environ: WSGIEnvironment,
        *,
        title: Any = None,
        detail: Any = None,
        explanation: Any = '',
        code: object = None,
        source: Mapping[str, str] | None = None,
        links: tuple[tuple[str, str], ...] = (),
        versions: tuple[str | None, str | None] = (None, None),
    ) -> Error:
        """Return an Error with code, title, links and request id.

        :param status: the HTTP status
        :param environ: of the request: its id, its microversion
        :param title: used where the catalog has none
        :param detail: the author's text, of any type
        :param explanation: used where there is no detail
        :param code: used when it is a valid code, else the default one is
        :param source: where in the request the cause lies
        :param links: used where the catalog has none
        :param versions: the oldest and the newest, of a version 406
        """
        chosen, declared = self._coder.choose(status, code)
        retry = None
        if declared is not None:
            title = declared.title or title
            retry = declared.retry
            if declared.help:
                links = (('help', declared.help),)
        limit = self._max_detail
        # text_of, spelled out for what nearly every text is.
        if type(detail) is not str and type(detail) is not _i18n.Text:
            detail = self.text(detail, limit)
        shown = detail or explanation or error.explanation_of(status)
        if self._composes:
            shown = self._composed(status, explanation, detail, environ)
        if type(shown) not in _TEXTS or len(shown) > limit:
            shown = error.text_of(shown, limit)
        if type(title) is not str or len(title) > MAX_TITLE:
            title = self.text(title, MAX_TITLE)
        if not title:
            title = error.title_of(status)
        made = error.Draft(
            status,
            title,
            shown,
            chosen,
            environ.get(keys.REQUEST_ID),
            links,
            source,
            retry,
            versions[1],
            versions[0],
        )
        made.__class__ = Error
        finished: Error = made
        return finished

    def text(self, value: Any, limit: int) -> str:
        """Return what an author gave, or nothing where that is nothing."""
        try:
            if not value:
                return ''
        except Exception:  # of a foreign __bool__
            return ''
        return error.text_of(value, limit)

    def _composed(
        self, status: int, explanation: Any, detail: Any, environ: Any
    ) -> str:
        """Return placement's string; of a lazy text, a lazy one."""

        def compose(text: object) -> str:
            return composed.composed(
                status,
                error.text_of(explanation, self._max_detail),
                error.text_of(text, self._max_detail),
                environ,
            )

        if _i18n.is_translatable(detail):
            return _i18n.Derived(detail, compose)
        return compose(detail or '')


def bad(option: str, value: object, allowed: str) -> ConfigError:
    """Return the error of an option of the whole stack."""
    return ConfigError('errorkit', option, value, f'{allowed} allowed')
