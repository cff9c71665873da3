# SPDX-License-Identifier: Apache-2.0
"""Call: one outbound request to a listed host, and what it answered with."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable
from typing import Any

from errorkit import (
    current,
    ids,
    keys,
    log,
    masking,
    secrets,
    traceparent,
)

LOG = logging.getLogger('errorkit.propagate')

_FORMAT = '%s call to %s for %s used request id %s'
_MAX_WORDS = 64
_ANSWER = keys.REQUEST_ID_HEADER.lower()
_ANY_ANSWER = '-request-id'
_PARTS = re.compile(
    r'(https?://)(?:[^/?#]*@)?([^/?#@]*)([^?#]*)(?:\?([^#]*))?', re.IGNORECASE
)


class Call:
    """One request to a listed host.

    :param method: of the request
    :param service: the name of what is called
    :param url: as the client has it
    :param traces: pass the trace headers on
    """

    def __init__(
        self, method: str, service: str, url: str, traces: bool
    ) -> None:
        self._method = method
        self._service = service
        self._url = url
        self._traces = traces

    def headers(self, present: Iterable[str]) -> dict[str, str]:
        """Return what to add to the request; never raises.

        :param present: names of the headers it has: the caller's own stay
        """
        try:
            names = {_text(name).lower() for name in present}
            return self._headers(names)
        except Exception as exc:  # of a foreign context: the call goes on
            log.say(LOG, logging.DEBUG, 'no id was sent', raised=exc)
            return {}

    def _headers(self, names: set[str]) -> dict[str, str]:
        context = current.current()
        if context is None:
            return {}
        added = {}
        request_id = context.global_id
        if (
            _ANSWER not in names
            and type(request_id) is str
            and ids.is_valid(request_id, strict=False)
        ):
            added[keys.REQUEST_ID_HEADER] = request_id
        if self._traces and traceparent.HEADER not in names:
            trail = current.current_trail()
            if trail is not None:
                passed = trail.headers()
                if traceparent.STATE_HEADER in names:
                    passed.pop(traceparent.STATE_HEADER, None)
                added.update(passed)
        return added

    def note(
        self, headers: Any, said: bool = False, service: str | None = None
    ) -> None:
        """Keep and log the id that the service answered with; never raises.

        :param headers: of the response, a mapping
        :param said: somebody else logs it
        :param service: its name, where the client knows it better
        """
        try:
            request_id = _answered(headers)
            if request_id is None:
                return
            trail = current.current_trail()
            if trail is not None and not trail.note(request_id):
                return  # two of a client's layers are ours
            if not said and LOG.isEnabledFor(logging.INFO):
                log.emit(
                    LOG,
                    logging.INFO,
                    _FORMAT,
                    (
                        _word(self._method),
                        _word(service or self._service),
                        shown(self._url),
                        request_id,
                    ),
                )
        except Exception as exc:  # a log never fails a call
            log.note_lost({}, exc)


def shown(url: str) -> str:
    """Return a URL as it is logged: no user, no password, a masked query."""
    # First, as a password may hold what a URL cannot be read with.
    found = _PARTS.match(secrets.mask(url))
    if found is None:
        return masking.MASK
    scheme, host, path, query = found.groups()
    path = path.encode('utf-8', 'replace').decode('latin-1')
    return scheme + masking.one_line(host) + masking.uri(path, query or '')


def _word(text: object) -> str:
    return masking.one_line(_text(text)[:_MAX_WORDS])


def _text(value: Any) -> str:
    return value.decode('latin-1') if type(value) is bytes else str(value)


def _answered(headers: Any) -> str | None:
    """Return the id in a response's headers, the standard one's first."""
    other = None
    for name, value in headers.items():
        lowered = _text(name).lower()
        if not lowered.endswith(_ANY_ANSWER):
            continue
        request_id = _text(value)
        if not ids.is_valid(request_id, strict=False):
            continue
        if lowered == _ANSWER:
            return request_id
        other = other or request_id
    return other
