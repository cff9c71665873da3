# SPDX-License-Identifier: Apache-2.0
"""Three services that really call each other, and the tree of their logs."""

import contextlib
import importlib.metadata
import itertools
import json
import os
import pathlib
import re
import subprocess
import sys
import time
import urllib.error
import urllib.request

import pytest

from errorkit import cli, ids
from errorkit.trace import files, find
from errorkit.trace.graph import build
from errorkit.trace.spans import Kind, Link

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
SECONDS = 30

pytestmark = pytest.mark.server


@contextlib.contextmanager
def served(folder, name, form, following=None, by=None):
    """Run one service in a process of its own; give its URL."""
    said = folder / f'{name}.err'
    command = [
        sys.executable, '-m', 'gunicorn', '-w', '1', '-b', '127.0.0.1:0',
        '--worker-tmp-dir', str(folder), '--graceful-timeout', '2']
    if int(importlib.metadata.version('gunicorn').split('.')[0]) >= 25:
        command.append('--no-control-socket')
    env = {**os.environ, 'RELAY_NAME': name, 'RELAY_FORM': form,
           'RELAY_LOG': str(folder / 'logs' / f'{name}.log'),
           'PYTHONPATH': os.pathsep.join([str(HERE / 'live'), str(ROOT)]),
           'NO_PROXY': '*', 'PYTHONDONTWRITEBYTECODE': '1'}
    if following:
        env |= {'RELAY_NEXT': '='.join(following), 'RELAY_BY': by}
    with said.open('wb') as stream:
        process = subprocess.Popen(
            [*command, 'relay:application'], env=env, stdout=stream,
            stderr=stream, stdin=subprocess.DEVNULL, cwd=folder)
    try:
        yield address(said, process)
    finally:
        process.terminate()
        try:
            process.wait(SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def address(said, process):
    """The URL that a server says it listens at, once it answers there."""
    until = time.monotonic() + SECONDS
    while time.monotonic() < until:
        found = re.search(r'Listening at: (http://[\d.:]+)', said.read_text())
        if found:
            with contextlib.suppress(urllib.error.URLError), opened(
                    urllib.request.Request(found[1])):
                return found[1]
        assert process.poll() is None, said.read_text()
        time.sleep(0.05)
    raise AssertionError(said.read_text())


def opened(request):
    """Open a URL, past whatever proxy the environment names."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    return opener.open(request, timeout=SECONDS)


def asked(url, global_id=None):
    """Ask for room; return the local id of the refusal."""
    headers = {'X-Openstack-Request-Id': global_id} if global_id else {}
    with pytest.raises(urllib.error.HTTPError) as raised:
        opened(urllib.request.Request(
            f'{url}/claims', b'{}', headers, method='POST'))
    with raised.value as answer:
        assert answer.code == 409
        return answer.headers['X-Openstack-Request-Id']


@pytest.fixture(scope='module')
def story(tmp_path_factory):
    """Ids of a request with a global id and of one without, and the logs."""
    folder = tmp_path_factory.mktemp('services')
    (folder / 'logs').mkdir()
    with contextlib.ExitStack() as stack:
        quota = stack.enter_context(served(folder, 'quota', 'json'))
        placement = stack.enter_context(served(
            folder, 'placement', 'text', ('quota', quota), 'requests'))
        volumes = stack.enter_context(served(
            folder, 'volumes', 'json', ('placement', placement),
            'keystoneauth'))
        asked(volumes)
        global_id = ids.generate()
        with_global = asked(volumes, global_id)
        without = asked(volumes)
        asked(placement)
        logs = folder / 'logs'
        # The line of a request is written when its answer is already here.
        until = time.monotonic() + SECONDS
        while time.monotonic() < until:
            lines = [line for log in logs.iterdir()
                     for line in log.read_text().splitlines()]
            if sum('status: 409' in line for line in lines) >= 11:
                break
            time.sleep(0.05)
    return logs, global_id, with_global, without


def tree_of(logs, wanted):
    """The tree of an id."""
    with files.sources([str(logs)]) as sources:
        return build(find.tree(wanted, sources), wanted)


def assert_is_the_story(spans, root):
    """Three requests, each within its caller, the last one failed first."""
    assert [span.service for span in spans] == [
        'volumes', 'placement', 'quota']
    assert spans[0].request_id == root
    assert [(span.method, span.path, span.status, span.code)
            for span in spans] == [
        ('POST', '/claims', 409, 'volumes.refused'),
        ('POST', '/claims', 409, 'placement.refused'),
        ('POST', '/claims', 409, 'quota.exceeded')]
    assert all(span.kind is Kind.REQUEST for span in spans)
    assert [span.link for span in spans[1:]] == [Link.CALL] * 2
    assert [span.parent for span in spans[1:]] == [
        span.position for span in spans[:2]]
    assert all(span.measured for span in spans)
    for outer, inner in itertools.pairwise(spans):
        assert outer.duration > inner.duration > 0.02
        assert outer.begin <= inner.begin
        assert inner.end <= outer.end
    leaf = spans[2]
    assert leaf.records[leaf.error].message == 'no room left'


@pytest.mark.parametrize('which', [0, 1, 2])
def test_any_local_id_gives_the_whole_tree(story, which):
    logs, _, _, root = story
    local_ids = [span.request_id for span in tree_of(logs, root).spans]
    tree = tree_of(logs, local_ids[which])
    assert_is_the_story(tree.spans, root)
    assert tree.culprit == 2
    assert tree.notable_shifts == ()


@pytest.mark.parametrize('which', [0, 1, 2, 3])
def test_so_does_the_global_id(story, which):
    logs, global_id, root, _ = story
    named = [span.request_id for span in tree_of(logs, global_id).spans]
    assert named[:2] == [global_id, root]
    tree = tree_of(logs, named[which])
    assert tree.spans[0].kind is Kind.CALLER
    assert_is_the_story(tree.spans[1:], root)
    assert tree.culprit == 3


def test_the_command_shows_the_tree_of_the_logs(story, capsys, monkeypatch):
    logs, _, _, root = story
    monkeypatch.setenv('COLUMNS', '100')
    assert cli.main(['trace', root, str(logs)]) == 0
    shown = capsys.readouterr().out
    assert '3 requests, 3 services' in shown
    assert 'failed first: quota' in shown
    assert 'WARNING no room left' in shown
    assert cli.main(['trace', '--json', root, str(logs)]) == 0
    assert json.loads(capsys.readouterr().out)['culprit'] == 2


def test_the_failures_are_listed_by_their_code(story, capsys):
    logs, _, _, root = story
    assert cli.main(['trace', '--errors', '--json', str(logs)]) == 0
    found = json.loads(capsys.readouterr().out)['failures']
    codes = [one['code'] for one in found]
    assert {code: codes.count(code) for code in codes} == {
        'volumes.refused': 3, 'placement.refused': 4, 'quota.exceeded': 4}
    assert any(one['request_id'] == root and one['service'] == 'volumes'
               for one in found)
