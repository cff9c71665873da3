# SPDX-License-Identifier: Apache-2.0
"""The contract as checks, chapter by chapter."""

from __future__ import annotations

from errorkit.testing.checks import (
    failures,
    formats,
    negotiation,
    request_ids,
    sources,
    versions,
)
from errorkit.testing.verdicts import Check

ALL: tuple[Check, ...] = (
    *request_ids.CHAPTER,
    *versions.CHAPTER,
    *formats.CHAPTER,
    *negotiation.CHAPTER,
    *sources.CHAPTER,
    *failures.CHAPTER,
)
