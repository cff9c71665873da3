#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""How long ``import errorkit`` takes, beside importing what it builds on.

Each import runs in a fresh interpreter, whose own start is not counted. The
two take turns, and the ratio is the median of the rounds' own ratios.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys

from measure import ratio

BOUND = 2.0
# What the front door brings in, once its names are used.
OURS = 'errorkit.pipeline, errorkit.handler, errorkit.validation'
BASE = 'webob, oslo_context.context'
_PROGRAM = '''
import time
started = time.process_time()
import {}
print(time.process_time() - started)
'''


def seconds(modules: str) -> float:
    """Return the CPU time of an import in a new interpreter.

    :raises subprocess.CalledProcessError: it cannot be imported
    """
    done = subprocess.run(
        [sys.executable, '-c', _PROGRAM.format(modules)],
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return float(done.stdout)


def main() -> int:
    """Run what the command line asks for; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.split('\n')[0])
    parser.add_argument('--rounds', type=int, default=15)
    args = parser.parse_args()
    times: dict[str, list[float]] = {OURS: [], BASE: []}
    try:
        for modules in times:
            # Not counted: it may have to compile and write the byte code.
            seconds(modules)
        for _ in range(args.rounds):
            for modules, found in times.items():
                found.append(seconds(modules))
    except subprocess.CalledProcessError as exc:
        return exc.returncode
    for modules, found in times.items():
        middle = statistics.median(found) * 1e3
        print(f'import {modules:30} {middle:8.1f} ms of CPU time')
    print(
        f'ratio {ratio(times[OURS], times[BASE]):.2f}, bound {BOUND:.2f} '
        f'({args.rounds} fresh interpreters each, '
        f'Python {sys.version.split()[0]})'
    )
    return 0


if __name__ == '__main__':
    sys.exit(main())
