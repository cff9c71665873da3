# SPDX-License-Identifier: Apache-2.0
"""What users can be told of a request that failed after it was accepted.

A message keeps the id of its event, never a text: this is where the texts
are, and ``locale`` has them in German.
"""

import os
import pathlib

import oslo_i18n

from errorkit.outcomes.permitted import Permitted

from . import codes, refusals

# The translations are not installed; so oslo.i18n looks for them here.
os.environ.setdefault(
    'VOLUME_SERVICE_LOCALEDIR',
    str(pathlib.Path(__file__).resolve().parent / 'locale'),
)
_ = oslo_i18n.TranslatorFactory('volume-service').primary

PERMITTED = Permitted('volume', catalog=codes.CATALOG)

VOLUME = PERMITTED.resource_type('VOLUME')

# Lazy texts are translated when they are read, in the reader's language.
oslo_i18n.enable_lazy()

FAILED = PERMITTED.event('000001', _('The volume could not be made.'))
NO_ROOM = PERMITTED.event(
    '000002',
    _('No storage could be allocated for this volume request.'),
    cause='service',
    code=codes.NO_ROOM,
    exceptions=[refusals.NoRoom],
)
EXTEND_FAILED = PERMITTED.event(
    '000003', _('The volume could not be made larger.')
)

# Whoever shares this process with the service may want other texts.
oslo_i18n.enable_lazy(False)
