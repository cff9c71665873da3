# SPDX-License-Identifier: Apache-2.0
"""What a WSGI server runs: ``volumes.wsgi:from_ini()``."""

import logging.config
import pathlib

from paste.deploy import loadapp

import errorkit
from errorkit.help_pages import HelpPages

from . import codes, registry
from .app import Service, mounted

INI = pathlib.Path(__file__).resolve().parent / 'volumes.ini'

IDS = '[%(global_request_id)s %(request_id)s %(user_id)s %(project_id)s]'

# The filter gives both ids to every record, whoever logged it.
LOGGING = {
    'version': 1,
    'disable_existing_loggers': False,
    'filters': {'context': {'()': 'errorkit.log.ContextFilter'}},
    'formatters': {
        'text': {
            'format': f'%(asctime)s %(levelname)s %(name)s {IDS} %(message)s'
        }
    },
    'handlers': {
        'stderr': {
            'class': 'logging.StreamHandler',
            'filters': ['context'],
            'formatter': 'text',
        }
    },
    'root': {'level': 'INFO', 'handlers': ['stderr']},
}


def from_ini(name='main'):
    """The service as ``volumes.ini`` says."""
    logging.config.dictConfig(LOGGING)
    return loadapp(f'config:{INI}', name)


def from_code():
    """The same in one call, without paste."""
    logging.config.dictConfig(LOGGING)
    pages = HelpPages(
        codes.CATALOG,
        title='Error codes of the volume service',
        not_found=codes.NOT_FOUND,
    )
    return errorkit.wrap(
        mounted(Service(), pages),
        service_type='volume',
        versions='3.0-3.70',
        code_version='3.5',
        catalog=codes.CATALOG,
        default_codes={
            404: codes.NOT_FOUND,
            405: codes.METHOD_NOT_ALLOWED,
        },
        exceptions=registry.EXCEPTIONS,
        compat_headers=('X-Compute-Request-Id',),
        auth='noauth',
    )
