# SPDX-License-Identifier: Apache-2.0
"""Where a search engine is, and who asks: from a URL and the environment."""

from __future__ import annotations

import dataclasses
import os
from urllib.parse import quote, unquote, urlsplit

#: Where user and password are, if not in the URL.
USER_VARIABLE = 'OPENSEARCH_USERNAME'
PASSWORD_VARIABLE = 'OPENSEARCH_PASSWORD'


class SearchError(Exception):
    """The engine cannot be asked; the text says why, and holds no secret."""


@dataclasses.dataclass(frozen=True, slots=True)
class Address:
    """An engine's address.

    :param secure: by TLS
    :param path: before those of the engine, without slashes around it
    :param user: name and password, or None
    """

    secure: bool
    host: str
    port: int
    path: str
    user: tuple[str, str] | None = dataclasses.field(repr=False)

    @classmethod
    def of(cls, url: str) -> Address:
        """Read a URL.

        :raises SearchError: it is none of http or https
        """
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError:
            raise SearchError('the URL cannot be read') from None
        if parts.scheme not in ('http', 'https') or not parts.hostname:
            raise SearchError('the URL is not http://host or https://host')
        secure = parts.scheme == 'https'
        user = unquote(parts.username or '')
        password = unquote(parts.password or '')
        if not user:
            user = os.environ.get(USER_VARIABLE, '')
            password = os.environ.get(PASSWORD_VARIABLE, '')
        return cls(
            secure,
            parts.hostname,
            port or (443 if secure else 9200),
            parts.path.strip('/'),
            (user, password) if user else None,
        )

    @property
    def name(self) -> str:
        """Return the URL as it may be shown."""
        scheme = 'https' if self.secure else 'http'
        host = f'[{self.host}]' if ':' in self.host else self.host
        path = f'/{self.path}' if self.path else ''
        return f'{scheme}://{host}:{self.port}{path}'

    @property
    def secrets(self) -> list[str]:
        """Return what must not be shown."""
        password = self.user[1] if self.user else ''
        return [one for one in (password, quote(password)) if one]
