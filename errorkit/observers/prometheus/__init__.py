# SPDX-License-Identifier: Apache-2.0
"""Requests and errors as Prometheus metrics; needs the extra ``prometheus``.

::

    application = Metrics(errorkit.wrap(handler, ...), catalog=CODES)
    page = MetricsPage()        # mount it at /metrics

No label holds what a client has chosen: a method, a status or a code that
is not known beforehand is counted as ``other``.
"""

try:
    import prometheus_client as _prometheus_client
except ImportError as missing:
    raise ImportError(
        f'errorkit.observers.prometheus needs {missing.name}: '
        "pip install 'errorkit[prometheus]'",
        name=missing.name,
    ) from missing

from errorkit.observers.prometheus.counting import Metrics, paste_filter
from errorkit.observers.prometheus.page import MetricsPage, paste_app
from errorkit.observers.prometheus.series import BUCKETS

del _prometheus_client

__all__ = ['BUCKETS', 'Metrics', 'MetricsPage', 'paste_app', 'paste_filter']
