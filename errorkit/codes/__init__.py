# SPDX-License-Identifier: Apache-2.0
"""Stable error codes and the catalog that declares them.

A code is what a client branches on. Its string never changes once published
and is never used again for another meaning; the symbol that holds it may be
renamed. A catalog is checked when it is imported.
"""

from errorkit.codes.catalog import Catalog
from errorkit.codes.code import CAUSES, RETRIES, ErrorCode
from errorkit.codes.forms import (
    MAX_LENGTH,
    is_valid,
    is_valid_service_type,
    undefined,
)

__all__ = [
    'CAUSES',
    'MAX_LENGTH',
    'RETRIES',
    'Catalog',
    'ErrorCode',
    'is_valid',
    'is_valid_service_type',
    'undefined',
]
