# SPDX-License-Identifier: Apache-2.0
"""The messages API over HTTP: a WSGI application, to be mounted anywhere."""

from __future__ import annotations

from errorkit.outcomes.rest.application import Messages, paste_app
from errorkit.outcomes.rest.refusals import declare

__all__ = ['Messages', 'declare', 'paste_app']
