# SPDX-License-Identifier: Apache-2.0
"""The same questions, asked of OpenSearch or Elasticsearch.

Needs the extra ``opensearch``. The documents are errorkit's JSON records,
oslo.log's, or a log engine's with the line in ``message``.
"""

from __future__ import annotations

try:
    import opensearchpy as _opensearchpy
except ImportError as missing:
    raise ImportError(
        f'errorkit.trace.opensearch needs {missing.name}: '
        "pip install 'errorkit[opensearch]'",
        name=missing.name,
    ) from missing

import datetime
import json
from collections.abc import Iterator, Mapping
from typing import Any

from errorkit import ids
from errorkit.trace.kin import Kin
from errorkit.trace.lines.groups import Group
from errorkit.trace.lines.heads import of_document
from errorkit.trace.lines.json_lines import plain
from errorkit.trace.opensearch import queries
from errorkit.trace.opensearch.address import SearchError
from errorkit.trace.opensearch.engine import PAGE, Engine, Key
from errorkit.trace.records import Record
from errorkit.trace.scan import is_failure

del _opensearchpy

__all__ = ['SearchError', 'errors', 'tree']

#: Ids that are asked for at once.
_IDS = 40
_LATEST = datetime.datetime.max.replace(tzinfo=datetime.UTC)


def tree(
    url: str,
    index: str,
    request_id: str,
    *,
    timeout: float = 30.0,
    ca_file: str | None = None,
    page: int = PAGE,
) -> list[Record]:
    """Return all records of the tree of requests that an id belongs to.

    See ``find.tree``.

    :param url: ``https://user:password@host:9200``; without a user those in
        the environment, ``OPENSEARCH_USERNAME`` and ``OPENSEARCH_PASSWORD``
    :param index: a name or a pattern, such as ``logs-*``
    :param request_id: a local or a global id
    :param timeout: seconds, of each of the requests
    :param ca_file: whose certificates are trusted; None: the system's
    :param page: documents of a page, 2 to 10,000
    :returns: by time; those without a time last
    :raises ValueError: it has not the form of an id
    :raises SearchError: the engine cannot be asked
    """
    if not ids.is_valid(request_id, strict=False):
        raise ValueError('not a request id: req- and a UUID, in lower case')
    engine = Engine(url, index, timeout, ca_file, page)
    kin = Kin(request_id)
    found: dict[Key, Record] = {}
    asked: set[str] = set()
    with engine:
        while new := sorted(kin.known - asked)[:_IDS]:
            asked.update(new)
            held = _records(engine.search(queries.with_ids(new)))
            count = -1
            # A record may belong to the tree by an id that another tells.
            while held and count != len(held):
                count = len(held)
                for key in [key for key in held if kin.take(held[key])]:
                    found[key] = held.pop(key)
    return sorted(
        found.values(),
        key=lambda one: (
            one.timestamp is None, one.timestamp or _LATEST, one.source,
            one.text,
        ),
    )


def errors(
    url: str,
    index: str,
    *,
    timeout: float = 30.0,
    ca_file: str | None = None,
    page: int = PAGE,
) -> Iterator[Record]:
    """Yield the records that tell that a request failed.

    See ``find.errors``; the parameters are those of ``tree``.

    :returns: in no order
    :raises SearchError: the engine cannot be asked
    """
    with Engine(url, index, timeout, ca_file, page) as engine:
        for key, document in engine.search(queries.failures()):
            record = _record(key, document)
            if is_failure(record):
                yield record


def _records(
    found: Iterator[tuple[Key, Mapping[str, Any]]],
) -> dict[Key, Record]:
    return {key: _record(key, document) for key, document in found}


def _record(key: Key, document: Mapping[str, Any]) -> Record:
    """Return what a document says."""
    now = datetime.datetime.now(datetime.UTC)
    head = of_document(dict(document), now)
    message = document.get('message')
    if isinstance(message, str) and head.rest != message:
        lines = plain(message).split('\n')
    else:
        lines = [plain(json.dumps(document, ensure_ascii=False))]
    return Group(head, 0, 0, lines, lines[1:], 0).record(key[0], None, now)
