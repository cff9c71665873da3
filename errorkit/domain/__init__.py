# SPDX-License-Identifier: Apache-2.0
"""What the exceptions of a service's own domain become, by their class.

An exception is looked up by its class and bases, never by what it says of
itself: libraries give theirs a ``code`` or a ``status`` that is of another
service's answer. A registration is checked when it is made.
"""

from errorkit.domain.lookup import known
from errorkit.domain.registration import Known
from errorkit.domain.registry import ExceptionRegistry, table_of

__all__ = ['ExceptionRegistry', 'Known', 'known', 'table_of']
