# SPDX-License-Identifier: Apache-2.0
"""The applications of actions and faults, as a paste pipeline names them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from errorkit import _paste
from errorkit.outcomes.rest.actions import application, fault_pages

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

ACTION_OPTIONS: dict[str, _paste.Converter] = {
    'actions': _paste.loaded,
    'service_type': _paste.text,
    'resource_type': _paste.text,
    'preset': _paste.text,
    'collection': _paste.text,
    'resource': _paste.loaded,
    'policy': _paste.loaded,
    'public_endpoint': _paste.text,
    'what': _paste.text,
    'catalog': _paste.loaded,
    'context_of': _paste.loaded,
    'format': _paste.text,
}


def paste_app(
    global_conf: Mapping[str, str], **local_conf: str
) -> WSGIApplication:
    """Return the application for ``use = egg:errorkit#actions``.

    :param local_conf: the options of ``ActionPages``; ``actions``,
        ``resource``, ``policy``, ``catalog`` and ``context_of`` are a
        ``module:name``
    :raises ConfigError: an option is unknown or missing, or a value is bad
    """
    options = _paste.converted(
        application.WHERE, local_conf, ACTION_OPTIONS,
        ['actions', 'service_type', 'resource_type'],
    )
    return application.ActionPages(options.pop('actions'), **options)


FAULT_OPTIONS: dict[str, _paste.Converter] = {
    'actions': _paste.loaded,
    'service_type': _paste.text,
    'policy': _paste.loaded,
    'public_endpoint': _paste.text,
    'catalog': _paste.loaded,
    'context_of': _paste.loaded,
    'format': _paste.text,
}


def paste_faults_app(
    global_conf: Mapping[str, str], **local_conf: str
) -> WSGIApplication:
    """Return the application for ``use = egg:errorkit#faults``.

    :param local_conf: the options of ``FaultPages``; ``actions``,
        ``policy``, ``catalog`` and ``context_of`` are a ``module:name``
    :raises ConfigError: an option is unknown or missing, or a value is bad
    """
    options = _paste.converted(
        fault_pages.WHERE, local_conf, FAULT_OPTIONS,
        ['actions', 'service_type'],
    )
    return fault_pages.FaultPages(options.pop('actions'), **options)
