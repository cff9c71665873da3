#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""errorkit beside its installed peers, in one process: ratios of CPU time.

Every contender of a scenario first shows that it does the job. Then all of
them are timed in short blocks, in an order that is shuffled every round, and
a ratio is the median of the rounds' own ratios: what slows the machine down
slows all of them down. README.rst says how to read the table.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import platform
import random
import statistics
import subprocess
import sys
from typing import Any

import adapter
from measure import NotDoingTheJob, measure
from scenarios import SCENARIOS


def run(keys: list[str], seconds: float, seed: int) -> dict[str, Any]:
    """Measure scenarios in this process.

    :raises NotDoingTheJob: a contender failed its check
    """
    # webob makes cycles; without the collector they would cost nothing.
    gc.enable()
    rng = random.Random(seed)
    return {
        'python': platform.python_version(),
        'clock': 'CPU time of the thread',
        'cpus': os.cpu_count(),
        'load': os.getloadavg()[0],
        'processes': 1,
        'scenarios': {
            key: measure(SCENARIOS[key], seconds, rng) for key in keys
        },
    }


def run_fresh(
    keys: list[str], seconds: float, seed: int, processes: int
) -> dict[str, Any]:
    """Measure in processes of their own, one after another.

    :returns: as ``run``, each ratio the median, with ``least`` and
        ``greatest``; the single results are in ``runs``
    :raises subprocess.CalledProcessError: a process failed
    """
    runs = []
    for number in range(processes):
        command = [sys.executable, os.path.abspath(__file__), '--json', '-']
        command += ['--only', ','.join(keys), '--seconds', str(seconds)]
        command += ['--seed', str(seed + number)]
        done = subprocess.run(command, stdout=subprocess.PIPE, check=True)
        runs.append(json.loads(done.stdout))
        print(f'# process {number + 1} of {processes}', file=sys.stderr)
    first: dict[str, Any] = json.loads(json.dumps(runs[0]))
    for key, scenario in first['scenarios'].items():
        same = [run['scenarios'][key] for run in runs]
        scenario['rounds'] = sum(one['rounds'] for one in same)
        for name in scenario['microseconds']:
            scenario['microseconds'][name] = statistics.median(
                one['microseconds'][name] for one in same
            )
        for place, row in enumerate(scenario['ratios']):
            rows = [one['ratios'][place] for one in same]
            ratios = [one['ratio'] for one in rows]
            row['ratio'] = statistics.median(ratios)
            row['least'], row['greatest'] = min(ratios), max(ratios)
            if 'floor' in row:
                row['floor'] = statistics.median(one['floor'] for one in rows)
    return {**first, 'processes': processes, 'runs': runs}


def show(found: dict[str, Any]) -> None:
    """Print the results as a table."""
    print(
        f'# Python {found["python"]}, {found["cpus"]} CPUs, load '
        f'{found["load"]:.1f}, {found["clock"]}, '
        f'{found["processes"]} process(es); ratios of errorkit to:'
    )
    missing = []
    for key, scenario in found['scenarios'].items():
        print(f'\n{key:7} {scenario["title"]}  [log: {scenario["log"]}]')
        for row in scenario['ratios']:
            print(_line(row))
        missing += [f'{key}: {text}' for text in scenario['missing']]
    if missing:
        print('\n# Not installed, so left out:')
        for text in missing:
            print(f'#   {text}')


def _line(row: dict[str, Any]) -> str:
    text = f'  {row["against"]:31} {row["ratio"]:6.3f}'
    if 'bound' in row:
        verdict = 'within' if row['ratio'] <= row['bound'] else 'OVER'
        text += f'  bound {row["bound"]:.2f} {verdict:6}'
        text += f'  floor {row["floor"]:.3f}'
    if 'least' in row:
        text += f'  ({row["least"]:.3f} to {row["greatest"]:.3f})'
    return text


def _keys(text: str) -> list[str]:
    wanted = [key for key in text.split(',') if key]
    for key in wanted:
        if key not in SCENARIOS:
            raise argparse.ArgumentTypeError(
                f'{key!r}; there are {", ".join(SCENARIOS)}'
            )
    return [key for key in SCENARIOS if key in wanted]


def main() -> int:
    """Run what the command line asks for; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.split('\n')[0])
    parser.add_argument(
        '--only',
        type=_keys,
        default=list(SCENARIOS),
        metavar='a,b,…',
        help=f'some of the scenarios {", ".join(SCENARIOS)}',
    )
    parser.add_argument(
        '--seconds',
        type=float,
        default=3.0,
        help='time for each scenario (default 3)',
    )
    parser.add_argument(
        '--repeat',
        type=int,
        default=1,
        metavar='N',
        help='N fresh processes, and the medians over them',
    )
    parser.add_argument(
        '--json',
        metavar='FILE',
        help="write all results to a file too; '-': only JSON, to stdout",
    )
    parser.add_argument('--seed', type=int, default=1)
    args = parser.parse_args()
    if not adapter.available():
        print('errorkit cannot be imported: pip install -e .', file=sys.stderr)
        return 2
    try:
        if args.repeat > 1:
            found = run_fresh(args.only, args.seconds, args.seed, args.repeat)
        else:
            found = run(args.only, args.seconds, args.seed)
    except NotDoingTheJob as exc:
        print(f'Not timed, not doing its job: {exc}', file=sys.stderr)
        return 1
    except subprocess.CalledProcessError as exc:
        return exc.returncode
    text = json.dumps(found, indent=1)
    if args.json == '-':
        print(text)
        return 0
    if args.json:
        with open(args.json, 'w', encoding='utf-8') as file:
            file.write(text + '\n')
    show(found)
    return 0


if __name__ == '__main__':
    sys.exit(main())
