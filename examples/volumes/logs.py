# SPDX-License-Identifier: Apache-2.0
"""What the processes log: to standard error, and each to a file of its own.

The files are there when ``VOLUMES_LOG_DIR`` names a folder. ``errorkit trace``
reads them, in whichever of the two forms they are.
"""

import logging.config
import os

IDS = '[%(global_request_id)s %(request_id)s %(user_id)s %(project_id)s]'

FORMATTERS = {
    # The filter below gives both ids to every record, whoever logged it.
    'short': {
        'format': f'%(asctime)s %(levelname)s %(name)s {IDS} %(message)s'
    },
    'text': {'()': 'errorkit.log.TextFormatter'},
    'json': {'()': 'errorkit.log.JSONFormatter'},
}


def set_up(name, form='text'):
    """Have a process log.

    :param name: of the process, and of its file
    :param form: of the file: ``text`` or ``json``
    """
    handlers = {
        'stderr': {
            'class': 'logging.StreamHandler',
            'level': 'INFO',
            'filters': ['context'],
            'formatter': 'short',
        }
    }
    loggers = {
        # It tells of every look at the tables.
        'alembic': {'level': 'WARNING'},
        # In text, the code of a 4xx is in a line of its own.
        'errorkit.fault_wrap': {'level': 'DEBUG'},
    }
    folder = os.environ.get('VOLUMES_LOG_DIR')
    if folder:
        apart = os.path.join(folder, 'notifications')
        os.makedirs(apart, exist_ok=True)
        for kind, where in (('file', folder), ('told', apart)):
            handlers[kind] = {
                'class': 'logging.FileHandler',
                'filename': os.path.join(where, f'{name}.log'),
                'encoding': 'utf-8',
                'delay': kind == 'told',
                'filters': ['context'],
                'formatter': form,
            }
        # Each is a line of JSON with a traceback in it.
        loggers['errorkit.observers.notify'] = {
            'handlers': ['told'],
            'propagate': False,
        }
    logging.config.dictConfig({
        'version': 1,
        'disable_existing_loggers': False,
        'filters': {'context': {'()': 'errorkit.log.ContextFilter'}},
        'formatters': FORMATTERS,
        'handlers': handlers,
        'loggers': loggers,
        'root': {
            'level': 'INFO',
            'handlers': [one for one in handlers if one != 'told'],
        },
    })
