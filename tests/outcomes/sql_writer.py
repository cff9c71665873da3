# SPDX-License-Identifier: Apache-2.0
"""Processes that write messages; a program, run by tests.

``kill URL N``: N children, one after the other, each killed while it writes.
``race URL N M``: N children at once, each of which writes M messages.
``fork URL``: a process that has written forks; both go on.
Prints the ids of all messages whose writing was acknowledged, as JSON.
"""

import json
import os
import random
import signal
import sys
import time

from sql_samples import sample

from errorkit.outcomes.sql import Database, SqlMessages


def child(work):
    """Fork a child that does a work; return its pid and what it says."""
    reader, writer = os.pipe()
    pid = os.fork()
    if pid:
        os.close(writer)
        return pid, os.fdopen(reader)
    status = 1
    try:
        work(lambda text: os.write(writer, f'{text}\n'.encode()))
        status = 0
    finally:
        os._exit(status)


def write(store, number, say):
    """Write messages, and say each when it is stored."""
    while number:
        message = sample()
        store.add(message)
        say(message.id)
        number -= 1


def kill(url, number):
    """Let children write, and kill each of them."""
    said = []
    # Every child has a copy, with all statements made.
    theirs = SqlMessages(Database(url, budget=10))
    write(theirs, 1, lambda id: said.append(f'{id}\n'))
    for _ in range(number):
        pid, lines = child(lambda say: write(theirs, -1, say))
        said.append(lines.readline())
        time.sleep(random.uniform(0, 0.03))
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        said.extend(lines)
    return [line.strip() for line in said if line.endswith('\n')]


def race(url, number, each):
    """Let children write at once."""
    children = [
        child(lambda say: write(
            SqlMessages(Database(url, budget=20)), each, say))
        for _ in range(number)]
    said = []
    for pid, lines in children:
        said.extend(line.strip() for line in lines)
        _, status = os.waitpid(pid, 0)
        assert status == 0
    return said


def conversation(store):
    """Return the driver's connection that a store would use now."""
    with store.database.engine.connect() as connection:
        return connection.connection.dbapi_connection


def fork(url):
    """Write before and after a fork, on both sides, with one store."""
    store = SqlMessages(Database(url, budget=10))
    said = []
    write(store, 3, said.append)
    mine = conversation(store)

    def go_on(say):
        # Two who share one would often go unnoticed: the answers are alike.
        assert conversation(store) is not mine
        write(store, 20, say)

    pid, lines = child(go_on)
    write(store, 20, said.append)
    said.extend(line.strip() for line in lines)
    _, status = os.waitpid(pid, 0)
    assert status == 0
    assert conversation(store) is mine
    write(store, 3, said.append)
    return said


if __name__ == '__main__':
    name, url, *numbers = sys.argv[1:]
    done = {'kill': kill, 'race': race, 'fork': fork}[name](
        url, *map(int, numbers))
    print(json.dumps(done))
