# SPDX-License-Identifier: Apache-2.0
"""Prints verdicts for programs, as JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence

from errorkit.testing.verdicts import Verdict, counts
from errorkit.testing.wording import Wording


def dump(
    target: str, verdicts: Sequence[Verdict], wording: Wording
) -> str:
    """Return all of it, one object in ``checks`` for each check."""
    checks = [
        {
            'id': verdict.check.id,
            'clause': verdict.check.clause,
            'promise': verdict.check.promise,
            'verdict': verdict.verdict,
            'came': wording.text(verdict.came),
            'requests': [
                {
                    'asked': wording.asked(answer.request),
                    'came': wording.came(answer),
                }
                for answer in verdict.trail
            ],
        }
        for verdict in verdicts
    ]
    summary = counts(verdicts)
    return json.dumps(
        {'target': target, 'summary': summary, 'checks': checks}, indent=2
    )
