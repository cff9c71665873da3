# SPDX-License-Identifier: Apache-2.0
"""What a WSGI server runs: ``volumes.wsgi:from_ini()``."""

import pathlib

from paste.deploy import loadapp

import errorkit
from errorkit.help_pages import HelpPages
from errorkit.observers.prometheus import Metrics, MetricsPage

from . import codes, logs, registry, told
from .app import Service, mounted

INI = pathlib.Path(__file__).resolve().parent / 'volumes.ini'


def from_ini(name='main'):
    """The service as ``volumes.ini`` says."""
    logs.set_up('volume')
    return loadapp(f'config:{INI}', name)


def from_code():
    """The same in a few calls, without paste."""
    logs.set_up('volume')
    pages = HelpPages(
        codes.CATALOG,
        title='Error codes of the volume service',
        not_found=codes.NOT_FOUND,
    )
    service = errorkit.wrap(
        mounted(Service(), errors=pages),
        service_type='volume',
        versions='3.0-3.70',
        code_version='3.5',
        catalog=codes.CATALOG,
        default_codes={
            404: codes.NOT_FOUND,
            405: codes.METHOD_NOT_ALLOWED,
        },
        exceptions=registry.EXCEPTIONS,
        observers=told.OBSERVERS,
        compat_headers=('X-Compute-Request-Id',),
        auth='noauth',
    )
    counted = Metrics(service, catalog=codes.CATALOG)
    return mounted(counted, metrics=MetricsPage())
