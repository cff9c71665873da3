# SPDX-License-Identifier: Apache-2.0
"""What a trace's server span says of a request; needs ``opentelemetry``.

::

    application = OpenTelemetryMiddleware(      # or whoever makes the span
        Spans(errorkit.wrap(handler, observers=[SpanErrors()], ...)))

``Spans`` tells the span of every request, ``SpanErrors`` the exception behind
a 500, which nobody outside ``FaultWrapper`` gets to see. Neither makes a span:
where none is live, nothing happens. It is the API alone that is used here, so
the service chooses the SDK.
"""

try:
    import opentelemetry.trace as _trace
except ImportError as missing:
    raise ImportError(
        f'errorkit.observers.opentelemetry needs {missing.name}: '
        "pip install 'errorkit[opentelemetry]'",
        name=missing.name,
    ) from missing

from errorkit.observers.opentelemetry.errors import SpanErrors
from errorkit.observers.opentelemetry.layer import Spans, paste_filter

del _trace

__all__ = ['SpanErrors', 'Spans', 'paste_filter']
