# SPDX-License-Identifier: Apache-2.0
"""The order of the stack and why, in one function: ``wrap``.

::

    client
      RequestId     outermost: whatever is logged or answered has the ids
      RequestLog    inside it, so that the first line has them; outside
                    FaultWrapper, so that it sees the status that was sent
      FaultWrapper  outside the auth layer: when that fails, it is an error
                    of ours
      (auth)        the service's own
      Context       inside it: now it is known who asks
      Microversion  innermost: who may not ask learns nothing of versions
    application
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from errorkit import _paste, codes, domain, error
from errorkit.context import Context
from errorkit.exceptions import ConfigError
from errorkit.fault_wrap import PASTE_OPTIONS as FAULT_OPTIONS
from errorkit.fault_wrap import FaultWrapper
from errorkit.formats import choice, compute
from errorkit.formats.formatter import Formatter
from errorkit.microversion import Microversion
from errorkit.observers import Observed
from errorkit.request_id import PASTE_OPTIONS as ID_OPTIONS
from errorkit.request_id import RequestId
from errorkit.request_log import RequestLog
from errorkit.versions import parse

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication, WSGIEnvironment
    from oslo_context.context import RequestContext

Layer = Callable[['WSGIApplication'], 'WSGIApplication']


def wrap(
    application: WSGIApplication,
    *,
    service_type: str,
    versions: str | Sequence[str] | None = None,
    code_version: str | None = None,
    catalog: codes.Catalog | None = None,
    auth: str | Layer | None = None,
    compat_headers: Iterable[str] = (),
    on_invalid: str = 'ignore',
    trust: str | Iterable[str] | Callable[[WSGIEnvironment], object] = 'all',
    strict: bool = True,
    request_id_version: str | None = None,
    expose: bool = True,
    legacy_headers: str | Iterable[str] = (),
    context_class: type[RequestContext] | None = None,
    default_codes: Mapping[int, str] | None = None,
    detail_style: str = 'plain',
    max_detail: int = error.MAX_DETAIL,
    exceptions: Mapping[
        type[BaseException], domain.Known | tuple[int, str] | int
    ]
    | None = None,
    format: choice.Format = 'errors',
    compute_fault: str = compute.FALLBACK,
    show_upstream: bool = False,
    code_header: bool = True,
    show_trace_id: bool = False,
    reshape: str = 'all',
    observers: Observed = (),
    base_exceptions: str = 'answer',
    log_requests: bool = True,
) -> WSGIApplication:
    """Wrap a WSGI application in the whole stack.

    :param application: the application
    :param service_type: as in the service types authority, such as
        ``volume``: the prefix of codes, the word in the version header
    :param versions: the supported microversions, a list or ``1.0-1.39``;
        None leaves ``Microversion`` out
    :param code_version: the microversion that shows ``code``, as
        ``request_id_version`` none above the newest; None: always
    :param catalog: the service's error codes
    :param auth: the auth layer to put in its place, a function from
        application to application; or ``noauth`` or ``outside``, see
        ``Context``
    :param compat_headers: see ``RequestId``, as are ``on_invalid``,
        ``trust``, ``strict``, ``request_id_version`` and ``expose``
    :param legacy_headers: see ``Microversion``
    :param context_class: see ``Context``
    :param default_codes: see ``FaultWrapper``, as are ``detail_style``,
        ``max_detail``, ``exceptions``, ``format``, ``compute_fault``,
        ``show_upstream``, ``code_header``, ``show_trace_id``, ``reshape``,
        ``observers`` and ``base_exceptions``
    :param log_requests: put ``RequestLog`` in
    :returns: the wrapped application
    :raises ConfigError: an option has a bad value
    """
    if code_version is not None and versions is None:
        raise ConfigError(
            'errorkit',
            'code_version',
            code_version,
            'allowed: only together with versions',
        )
    formatter = Formatter(
        service_type,
        code_version=code_version,
        catalog=catalog,
        default_codes=default_codes,
        detail_style=detail_style,
        max_detail=max_detail,
        exceptions=exceptions,
        format=format,
        compute_fault=compute_fault,
        show_upstream=show_upstream,
        code_header=code_header,
        show_trace_id=show_trace_id,
    )
    wrapped = application
    if versions is not None:
        versioned = Microversion(
            wrapped,
            service_type=service_type,
            versions=versions,
            legacy_headers=legacy_headers,
            formatter=formatter,
        )
        # What never reaches Microversion says the oldest version.
        formatter.version_headers = versioned.headers(versioned.versions[0])
        newest = versioned.versions[-1]
        _check_reachable('code_version', code_version, newest)
        _check_reachable('request_id_version', request_id_version, newest)
        wrapped = versioned
    elif legacy_headers or request_id_version is not None:
        option = 'legacy_headers' if legacy_headers else 'request_id_version'
        raise ConfigError(
            'errorkit',
            option,
            legacy_headers or request_id_version,
            'allowed: only together with versions',
        )
    wrapped = Context(
        wrapped,
        auth=None if callable(auth) else auth,
        context_class=context_class,
    )
    if callable(auth):
        wrapped = auth(wrapped)
    wrapped = FaultWrapper(
        wrapped,
        observers=observers,
        base_exceptions=base_exceptions,
        reshape=reshape,
        notes_claims=callable(auth),
        formatter=formatter,
    )
    if log_requests:
        wrapped = RequestLog(wrapped, service_type=service_type)
    return RequestId(
        wrapped,
        compat_headers=compat_headers,
        on_invalid=on_invalid,
        trust=trust,
        strict=strict,
        request_id_version=request_id_version,
        expose=expose,
        formatter=formatter,
    )


def _check_reachable(option: str, version: object, newest: str) -> None:
    """Refuse a version that no client can ever ask for.

    :raises ConfigError: it is above the newest one
    """
    if version is None:
        return
    try:
        above = parse(str(version)) > parse(newest)
    except ValueError:
        return  # no version at all: refused where it is used
    if above:
        raise ConfigError(
            'errorkit',
            option,
            version,
            f'allowed: none above {newest}, the newest of versions',
        )


def _auth(value: str) -> Any:
    return _paste.one_of_or_loaded('noauth', 'outside')(value)


paste_filter = _paste.filter_factory(
    'main',
    wrap,
    {
        **ID_OPTIONS,
        **FAULT_OPTIONS,
        'versions': _paste.text,
        'legacy_headers': _paste.words,
        'context_class': _paste.loaded,
        'auth': _auth,
        'log_requests': _paste.boolean,
    },
)
