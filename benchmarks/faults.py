# SPDX-License-Identifier: Apache-2.0
"""The stores of messages when databases fail: what is lost, who waits.

::

    python benchmarks/faults.py SCENARIO [KIND…]

KIND is sqlite, postgresql or mysql; without one, all that the scenario is
for. Each starts the servers it needs, on free ports and in folders of their
own, and stops them afterwards.
"""

from __future__ import annotations

import pathlib
import sys

sys.path.insert(
    0, str(pathlib.Path(__file__).parent.parent / 'tests/outcomes'))

from fault_outages import outages, reads
from fault_races import conflicts, crowd, cuts, hostile
from fault_refusals import full, refused

SERVERS = ('postgresql', 'mysql')
ALL = ('sqlite', *SERVERS)
SCENARIOS = {
    'outages': (outages, ALL),
    'full': (full, ALL),
    'refused': (refused, ALL),
    'reads': (reads, SERVERS),
    'cuts': (cuts, SERVERS),
    'crowd': (crowd, ALL),
    'conflicts': (conflicts, ('galera',)),
    'hostile': (hostile, ('every',)),
}


if __name__ == '__main__':
    name, *given = sys.argv[1:]
    scenario, kinds = SCENARIOS[name]
    for kind in given or kinds:
        print(f'{name}: {kind}: {scenario(kind)}', flush=True)
