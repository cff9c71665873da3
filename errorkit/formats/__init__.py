# SPDX-License-Identifier: Apache-2.0
"""The wire formats: one file each, and the choice among them.

A format's module has ``CONTENT_TYPE``, ``dump`` and ``load``. What a client
accepts is ``negotiation``; which JSON a service speaks is ``choice``.
"""

from __future__ import annotations

from collections.abc import Sequence

from errorkit.error import Error
from errorkit.formats import api_sig, bridge, compute, html, problem, text
from errorkit.formats.upstream import load

__all__ = ['Content', 'dump', 'load']

Content = tuple[str, tuple[tuple[str, str], ...], bytes]


def dump(
    kind: str,
    errors: Sequence[Error],
    truncated: bool = False,
    *,
    language: str = 'en',
    fallback: str = compute.FALLBACK,
    retry_after: str | None = None,
) -> Content:
    """Write errors in a format.

    :param kind: ``errors``, ``compute``, ``bridge``, ``problem``, ``html`` or
        ``text``
    :param errors: the response's own error first
    :param truncated: there were more of them
    :param language: of the details
    :param fallback: the key of a fault whose status has none
    :param retry_after: the response's Retry-After
    :returns: the Content-Type, further headers, and the body
    """
    if kind == 'errors':
        return api_sig.CONTENT_TYPE, (), api_sig.dump(errors, truncated)
    if kind == 'compute':
        fault = compute.dump(errors, fallback, retry_after)
        return compute.CONTENT_TYPE, (), fault
    if kind == 'bridge':
        both = bridge.dump(errors, truncated, fallback, retry_after)
        return bridge.CONTENT_TYPE, (), both
    if kind == 'problem':
        return problem.CONTENT_TYPE, (), problem.dump(errors, truncated)
    if kind == 'html':
        page = html.dump(errors, truncated, language)
        return html.CONTENT_TYPE, html.HEADERS, page
    return text.CONTENT_TYPE, (), text.dump(errors, truncated)
