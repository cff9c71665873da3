# SPDX-License-Identifier: Apache-2.0
"""The caller's global id: accepted, dropped, or the request refused."""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING, Any

from errorkit import ids, keys, log
from errorkit._i18n import _
from errorkit.exceptions import ConfigError
from errorkit.trust import predicate

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

    from errorkit.formats.formatter import Formatter

LOG = logging.getLogger('errorkit.request_id')

_STRICT_FORM = _(
    'The X-Openstack-Request-Id header must be "req-" followed by a UUID of '
    'version 4 in lower case.'
)
_ANY_FORM = _(
    'The X-Openstack-Request-Id header must be "req-" followed by a UUID in '
    'lower case.'
)


class GlobalIds:
    """Judges the ids that clients send.

    :param formatter: how a refusal is said
    :param on_invalid: see ``RequestId``, as are the others
    :raises ConfigError: an option has a bad value
    """

    def __init__(
        self,
        formatter: Formatter,
        *,
        on_invalid: str,
        trust: Any,
        strict: bool,
    ) -> None:
        if on_invalid not in ('ignore', 'warn', 'reject'):
            raise ConfigError(
                'errorkit#request_id',
                'on_invalid',
                on_invalid,
                'allowed: ignore, warn, reject',
            )
        self._formatter = formatter
        self._on_invalid = on_invalid
        self._waits = trust == 'service_token'
        self._trusts = predicate(trust)
        #: The usual case: there is nothing to ask of a valid id.
        self.trusts_all = self._trusts is None
        self._strict = strict
        self.match = ids.matcher(strict)
        #: How many were not accepted, by reason.
        self.rejected = {'invalid': 0, 'untrusted': 0}
        self._counting = threading.Lock()

    def trusted(self, inbound: str, environ: WSGIEnvironment) -> bool:
        """Tell whether a client may set a valid id; else drop it."""
        if self._trusts is None:
            return True
        if self._waits:
            # The auth layer is further in: Context decides.
            environ[keys.PENDING_GLOBAL_ID] = inbound
        else:
            try:
                if self._trusts(environ):
                    return True
                log.say(
                    LOG, logging.DEBUG, 'a global request id is not trusted'
                )
            except Exception as exc:  # of the service's own predicate
                log.say(
                    LOG,
                    logging.ERROR,
                    'the trust predicate failed: the id is not trusted',
                    raised=exc,
                )
            self._count('untrusted')
        del environ[keys.HTTP_REQUEST_ID]
        return False

    def refused(
        self, inbound: str, environ: WSGIEnvironment, start: StartResponse
    ) -> list[bytes] | None:
        """Drop an invalid id; return the answer if the request goes too."""
        # No inner layer shall find it and judge more kindly.
        del environ[keys.HTTP_REQUEST_ID]
        self._count('invalid')
        if self._on_invalid == 'ignore':
            log.say(
                LOG, logging.DEBUG, 'an invalid global request id is ignored'
            )
            return None
        log.say(
            LOG,
            logging.WARNING,
            'invalid global request id: %s (%d characters%s)',
            ascii(inbound[:64])[:64],
            len(inbound),
            ', several values' if ',' in inbound else '',
        )
        if self._on_invalid == 'warn':
            return None
        made = self._formatter.make(
            400,
            environ,
            detail=_STRICT_FORM if self._strict else _ANY_FORM,
            code=f'{self._formatter.service_type}.request_id.invalid',
            source={'header': keys.REQUEST_ID_HEADER},
        )
        try:
            status, head, body = self._formatter.respond((made,), environ)
        except Exception as exc:  # of the formatter: nobody is outside us
            log.say(
                LOG,
                logging.ERROR,
                'the answer to an invalid id could not be written',
                raised=exc,
            )
            status, head, body = self._formatter.constant(environ)
        start(status, head)
        return [] if environ['REQUEST_METHOD'] == 'HEAD' else [body]

    def _count(self, reason: str) -> None:
        with self._counting:
            self.rejected[reason] += 1
