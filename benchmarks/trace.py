# SPDX-License-Identifier: Apache-2.0
"""One id's tree among very many records, beside ``grep -F`` for that id.

Makes its own logs, the same for each size: five services, four in oslo.log's
format, one in errorkit's JSON, 200 bytes a record, requests that overlap, and
in the midst of them a request whose tree has some 200 records in all five
files. What is found is checked in every run, and every run is a process of its
own, its start included. Bounds: 5 times grep, 300 MB over all processes, and
twice the time for twice the size.
"""

import argparse
import contextlib
import json
import os
import pathlib
import random
import resource
import shutil
import subprocess
import sys
import tempfile
import threading
import time

SERVICES = ('nova-api', 'nova-compute', 'neutron-server', 'cinder', 'glance')
JSON = SERVICES[4:]
#: The id that is asked for: the local one of the first service, which is the
#: global one of the others.
ASKED = 'req-5eed5eed-0000-4000-8000-000000000000'
MESSAGES = (
    'Starting instance...', 'Claim successful on node compute-17',
    'Took 0.34 seconds to build instance.', 'Acquired lock "refresh_cache"',
    'Releasing lock "refresh_cache"', 'Lock released by "update_usage"',
)
OSLO = (
    '2026-11-22 {:02}:{:02}:{:02}.{:03} {} INFO {}.manager [{} {} 113d3a99 '
    '54fadb41 - - -] {}\n'
)
OURS = (
    '{{"timestamp": "2026-11-22T{0:02}:{1:02}:{2:02}.{3:03}000+00:00", '
    '"level": "INFO", "logger": "{5}.api", "message": "{8}", '
    '"request_id": "{7}", "global_request_id": {6}, '
    '"user_id": "113d3a99", "project_id": "54fadb41"}}\n'
)
END = '10.0.0.17 "GET /v3/volumes/detail" status: 200 len: 1893 time: 0.247782'
USED = (
    'GET call to {0} for http://192.0.2.1/{0}/v3/detail used request id {1}')


class Writer:
    """Writes the logs of all services.

    :param folder: empty
    :param size: of all logs, in bytes
    """

    def __init__(self, folder, size):
        self.folder = folder
        self.size = size
        self.count = self.written = 0
        self.chance = random.Random(7)

    def new_id(self):
        """Return an id that nobody has."""
        digits = f'{self.chance.getrandbits(128):032x}'
        return (f'req-{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-'
                f'8{digits[17:20]}-{digits[20:]}')

    def line(self, service, caller, request_id, message):
        """Return the next record of a service."""
        moment = self.count // 20  # twenty a millisecond
        clock = (moment // 3_600_000 % 24, moment // 60_000 % 60,
                 moment // 1000 % 60, moment % 1000)
        if service in JSON:
            caller = json.dumps(caller)
            message = message.replace('"', '\\"')
        return (OURS if service in JSON else OSLO).format(
            *clock, 1000 + self.count % 8, service, caller, request_id,
            message)

    def request(self, service):
        """Return the records of one request, to be written one by one."""
        caller = self.chance.choice([None, None, self.new_id()])
        request_id = self.new_id()
        count = self.chance.randrange(4, 12)
        messages = (*self.chance.choices(MESSAGES, k=count), END)
        return [(service, caller, request_id, one) for one in messages]

    def hidden(self):
        """Return the records of the tree: 21 requests, some 200 records."""
        records = []
        for number in range(20):
            service = SERVICES[1 + number % 4]
            called = self.new_id()
            # One in four services does not say whose request it serves.
            caller = ASKED if number % 4 else None
            records += [(service, caller, called, one)
                        for one in (*MESSAGES, END)]
            records.append(
                ('nova-api', None, ASKED, USED.format(service, called)))
            records.append(('nova-api', None, ASKED, MESSAGES[number % 6]))
        return [*records, ('nova-api', None, ASKED, END)]

    def write(self):
        """Write all; return how many records are of the tree."""
        tree = self.hidden()
        waiting = list(reversed(tree))
        live = [self.request(SERVICES[n % 5]) for n in range(40)]
        with contextlib.ExitStack() as stack:
            files = {
                name: stack.enter_context(
                    open(self.folder / f'{name}.log', 'w', 1 << 20))
                for name in SERVICES}
            while self.written < self.size:
                place = self.chance.randrange(len(live))
                if not live[place]:
                    live[place] = self.request(
                        SERVICES[self.chance.randrange(5)])
                record = live[place].pop(0)
                if waiting and self.written > self.size // 2 and (
                        self.count % 50 == 0):
                    record = waiting.pop()
                text = self.line(*record)
                files[record[0]].write(text)
                self.count += 1
                self.written += len(text)
        assert not waiting, 'the logs are too small for the tree'
        return len(tree)


def make(folder, megabytes):
    """Make the logs; return their names, the records, those of the tree."""
    folder.mkdir(parents=True)
    writer = Writer(folder, megabytes * 1_000_000)
    tree = writer.write()
    names = sorted(str(path) for path in folder.iterdir())
    return names, writer.count, tree


def resident(pid):
    """Return the memory of a process and its children, in bytes.

    Pages that they share count for each of them.
    """
    total, todo = 0, [pid]
    while todo:
        one = todo.pop()
        with contextlib.suppress(OSError, ValueError):
            root = pathlib.Path(f'/proc/{one}')
            pages = (root / 'statm').read_text().split()[1]
            total += int(pages) * os.sysconf('SC_PAGE_SIZE')
            for task in (root / 'task').iterdir():
                todo += map(int, (task / 'children').read_text().split())
    return total


def timed(command):
    """Run a command; return seconds, output, memory, processor seconds.

    The memory is the peak of it and its children together, in bytes.
    """
    peak, done = [0], threading.Event()
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    begin = time.perf_counter()
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, env={**os.environ, 'LC_ALL': 'C'})

    def watch():
        while not done.wait(.01):
            peak[0] = max(peak[0], resident(process.pid))

    watcher = threading.Thread(target=watch)
    watcher.start()
    output = process.communicate()[0]
    seconds = time.perf_counter() - begin
    done.set()
    watcher.join()
    if process.returncode:
        raise SystemExit(f'{command[:4]} failed')
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    used = (after.ru_utime + after.ru_stime
            - before.ru_utime - before.ru_stime)
    return seconds, output, peak[0], used


def ask(question, names):
    """Do what one of our processes does: search, and say what was found."""
    from errorkit.trace import files, find
    with files.sources(names) as sources:
        if question == 'errors':
            found = sum(1 for _ in find.errors(sources))
        else:
            found = len(find.tree(question, sources))
        assert not sources.unread, sources.unread
    print(found)


def measure(folder, megabytes, rounds):
    """Make logs, time grep and ourselves on them; return our best time."""
    names, count, tree = make(folder, megabytes)
    ours = [sys.executable, __file__, '--ask', ASKED, *names]
    rows = []
    for _ in range(rounds):
        grep, lines, _, grep_used = timed(['grep', '-F', ASKED, *names])
        assert 0 < lines.count(b'\n') <= tree
        seconds, found, memory, used = timed(ours)
        if int(found) != tree:
            raise SystemExit(f'found {int(found)} of {tree} records')
        rows.append((grep, seconds, seconds / grep, memory,
                     grep_used, used))
    failing = timed([sys.executable, __file__, '--ask', 'errors', *names])
    ratio = sorted(row[2] for row in rows)[len(rows) // 2]
    memory = max(row[3] for row in rows) / 1e6
    best = min(row[1] for row in rows)
    print(f'{megabytes} MB, {count:,} records, {tree} of them in the tree, '
          f'{os.cpu_count()} processors, load {os.getloadavg()[0]:.1f}')
    print(f'  grep -F, best          {min(row[0] for row in rows):8.2f} s')
    print(f'  the tree, best         {best:8.2f} s')
    if megabytes >= 1000:
        verdict = 'within' if ratio <= 5 else 'OVER'
    else:
        verdict = 'for 2000 MB; here it is mostly the start of Python'
    print(f'  ratio, median          {ratio:8.2f}    bound 5.00 {verdict}')
    print(f'  processor seconds      {min(row[5] for row in rows):8.2f} '
          f'   grep\'s {min(row[4] for row in rows):.2f}')
    print(f'  memory of all, peak    {memory:8.0f} MB bound 300 '
          f'{"within" if memory <= 300 else "OVER"}')
    print(f'  --errors               {failing[0]:8.2f} s', flush=True)
    return best


def main():
    """Measure, or be one of the measured processes."""
    if sys.argv[1:2] == ['--ask']:
        ask(sys.argv[2], sys.argv[3:])
        return
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('--size', type=int, default=100, metavar='MB',
                        help='of the larger logs; 100; 2000 is the bound\'s')
    parser.add_argument('--rounds', type=int, default=3)
    parser.add_argument('--keep', metavar='DIR',
                        help='make the logs here, and leave them')
    options = parser.parse_args()
    folder = pathlib.Path(options.keep or tempfile.mkdtemp())
    try:
        half = measure(folder / 'half', options.size // 2, options.rounds)
        full = measure(folder / 'full', options.size, options.rounds)
    finally:
        if not options.keep:
            shutil.rmtree(folder)
    print(f'twice the size takes {full / half:.2f} times as long')


if __name__ == '__main__':
    # The folder of this file holds a module named like one of Python's.
    sys.path.pop(0)
    main()
