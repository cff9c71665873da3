# SPDX-License-Identifier: Apache-2.0
"""A search engine is asked, page by page.

Each page begins behind the last (search_after), in a point in time where the
engine gives one. The order is that of ``_seq_no``, which every document has
and which, unlike ``_id``, costs the engine no memory; documents of several
shards may share one, so a page begins with the last number of the page before
it, and what was seen is passed over.
"""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterator, Mapping
from typing import Any, TypeAlias
from urllib.parse import quote

import opensearchpy

from errorkit.trace.opensearch.address import (
    PASSWORD_VARIABLE,
    USER_VARIABLE,
    Address,
    SearchError,
)

#: Documents of a page, and the most that the engines give.
PAGE = 1000
_MAX_PAGE = 10_000
_KEEP = '2m'

# The library warns of each refusal; where nobody listens to logs that would
# be printed beside our own word of it.
logging.getLogger('opensearch').addHandler(logging.NullHandler())

#: A document's index and id.
Key: TypeAlias = tuple[str, str]


class Engine:
    """A search engine, and a point in time of an index of it.

    A context manager. The parameters are those of ``tree``.

    :raises SearchError: as all its methods do
    """

    def __init__(
        self,
        url: str,
        index: str,
        timeout: float,
        ca_file: str | None,
        page: int,
    ) -> None:
        self._index = index
        self._page = page
        self._point: dict[str, Any] | None = None
        self._end: tuple[str, dict[str, Any]] | None = None
        address = Address.of(url)
        #: The URL as it may be shown.
        self.name = address.name
        self._secrets = address.secrets
        options: dict[str, Any] = {'ca_certs': ca_file} if ca_file else {}
        self._client = opensearchpy.OpenSearch(
            hosts=[{
                'host': address.host,
                'port': address.port,
                'use_ssl': address.secure,
                'url_prefix': address.path,
            }],
            http_auth=address.user,
            timeout=timeout,
            max_retries=0,
            **options,
        )

    def __enter__(self) -> Engine:
        try:
            self._open()
        except BaseException:
            self._client.close()
            raise
        return self

    def __exit__(self, *exc_info: object) -> None:
        try:
            if self._end is not None:
                # It ends by itself too, a little later.
                with contextlib.suppress(SearchError):
                    self._ask('DELETE', *self._end)
        finally:
            self._client.close()

    def _open(self) -> None:
        """Ask for a point in time, in the words of both engines."""
        index = quote(self._index, safe='*,-_.')
        for path, member in (
            (f'/{index}/_search/point_in_time', 'pit_id'),
            (f'/{index}/_pit', 'id'),
        ):
            try:
                answer = self._ask('POST', path, None, {'keep_alive': _KEEP})
            except _Refused as exc:
                if exc.fatal:
                    raise
                continue
            point = answer.get(member)
            if isinstance(point, str):
                self._point = {'id': point, 'keep_alive': _KEEP}
                self._end = (
                    ('/_pit', {'id': point}) if member == 'id'
                    else ('/_search/point_in_time', {'pit_id': [point]})
                )
                return

    def search(
        self, query: dict[str, Any]
    ) -> Iterator[tuple[Key, Mapping[str, Any]]]:
        """Yield the documents that a query finds, each with its key."""
        seen: set[Key] = set()
        after: int | None = None
        size = self._page
        while True:
            hits = self._hits(query, size, after)
            for key, _, document in hits:
                if key not in seen:
                    yield key, document
            if len(hits) < size:
                return
            last = hits[-1][1]
            less = [number for _, number, _ in hits if number < last]
            seen = {key for key, number, _ in hits if number == last}
            if less:
                after = less[-1]
            elif size < _MAX_PAGE:
                seen = {key for key, _, _ in hits}
                size = min(2 * size, _MAX_PAGE)
            else:
                after = last

    def _hits(
        self, query: dict[str, Any], size: int, after: int | None
    ) -> list[tuple[Key, int, Mapping[str, Any]]]:
        """Return a page: of each document its key, number and members."""
        body: dict[str, Any] = {
            'query': query,
            'size': size,
            'sort': [{'_seq_no': 'asc'}],
            'track_total_hits': False,
        }
        if after is not None:
            body['search_after'] = [after]
        if self._point is not None:
            body['pit'] = self._point
            path = '/_search'
        else:
            path = f'/{quote(self._index, safe="*,-_.")}/_search'
        answer = self._ask('POST', path, body)
        try:
            failed = answer.get('_shards', {}).get('failed', 0)
            if answer.get('timed_out') or failed:
                raise SearchError(
                    f'{self.name}: the search was not complete: '
                    f'{failed} shards failed'
                )
            point = answer.get('pit_id')
            if self._point is not None and isinstance(point, str):
                self._point['id'] = point
            return [
                (
                    (str(hit['_index']), str(hit['_id'])),
                    int(hit['sort'][0]),
                    dict(hit['_source']),
                )
                for hit in answer['hits']['hits']
            ]
        except (LookupError, TypeError, ValueError, AttributeError):
            raise SearchError(
                f'{self.name}: the answer is no result of a search'
            ) from None

    def _ask(
        self,
        method: str,
        path: str,
        body: Any,
        params: dict[str, str] | None = None,
    ) -> dict[str, Any]:
        """Return the engine's answer.

        :raises SearchError: there is none, or it is a refusal
        """
        try:
            answer = self._client.transport.perform_request(
                method, path, params=params or {}, body=body
            )
        except opensearchpy.ConnectionTimeout:
            raise _Refused(
                f'{self.name}: no answer in time', True
            ) from None
        except opensearchpy.ConnectionError as exc:
            cause = self._shown(str(exc.info))
            raise _Refused(f'{self.name}: {cause}', True) from None
        except opensearchpy.TransportError as exc:
            raise self._refusal(exc) from None
        except (opensearchpy.OpenSearchException, ValueError) as exc:
            raise _Refused(
                f'{self.name}: the answer cannot be read: '
                f'{type(exc).__name__}', True,
            ) from None
        if not isinstance(answer, dict):
            raise _Refused(
                f'{self.name}: the answer is no JSON object: '
                'is this OpenSearch or Elasticsearch?', True,
            )
        return answer

    def _refusal(self, exc: opensearchpy.TransportError) -> _Refused:
        status = exc.status_code
        kind = self._shown(str(exc.error))[:200]
        if status == 401:
            return _Refused(
                f'{self.name}: user or password is wrong (401); they come '
                f'from the URL or from {USER_VARIABLE} and '
                f'{PASSWORD_VARIABLE}', True,
            )
        if 'index_not_found' in kind:
            return _Refused(
                f'{self.name}: there is no index {self._index!r} (404)', True
            )
        return _Refused(f'{self.name}: refused with {status}: {kind}', False)

    def _shown(self, text: str) -> str:
        for secret in self._secrets:
            text = text.replace(secret, '***')
        return ' '.join(text.split())


class _Refused(SearchError):
    """A request was refused.

    :param fatal: so will be any other
    """

    def __init__(self, text: str, fatal: bool) -> None:
        super().__init__(text)
        self.fatal = fatal
