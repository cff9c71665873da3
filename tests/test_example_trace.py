# SPDX-License-Identifier: Apache-2.0
"""The example's three services, and the tree of one request in their logs."""

import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import time

import pytest

from errorkit import cli, ids
from errorkit.trace import files, find
from errorkit.trace.graph import build
from errorkit.trace.spans import Kind, Link

ROOT = pathlib.Path(__file__).resolve().parent.parent
VOLUMES = '/v3/bakery/volumes'
SECONDS = 30
MORE = 8  # requests without a global id
ID = 'X-Openstack-Request-Id'
WANTED = {'name': 'the ocean', 'size': 5000, 'imageRef': 'cirros'}

pytestmark = pytest.mark.server


def eventually(condition):
    """Wait until there is something, and return it."""
    end = time.monotonic() + SECONDS
    while not (found := condition()):
        assert time.monotonic() < end, 'it never came to be'
        time.sleep(0.05)
    return found


def post(server, path, body, **headers):
    """Post as Ada of the bakery."""
    headers = {
        'OpenStack-API-Version': 'volume 3.70',
        'X-User-Id': 'ada',
        'X-Project-Id': 'bakery',
        **headers,
    }
    return server.ask('POST', path, headers, json.dumps(body))


@pytest.fixture(scope='module', name='server')
def _server():
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(ROOT / 'examples')
        from volumes.stage import Server

        with Server() as server:
            yield server


@pytest.fixture(scope='module', name='story')
def _story(server):
    """Ids of a request with a global id and of one without, and the logs."""
    post(server, VOLUMES, {'volume': {**WANTED, 'size': 1}})
    global_id = ids.generate()
    replies = [
        post(server, VOLUMES, {'volume': WANTED}, **{ID: global_id}),
        *(post(server, VOLUMES, {'volume': WANTED}) for _ in range(MORE)),
    ]
    assert {reply.status for reply in replies} == {413}
    post(server, VOLUMES, {'volume': {**WANTED, 'imageRef': 'lemon'}})
    for name, ended in (
        ('volume', 'status: 413'), ('image', 'status: 200'),
        ('quota', 'status: 409'),
    ):
        log = server.logs / f'{name}.log'
        # The line of a request is written when its answer is already here.
        eventually(lambda log=log, ended=ended:
                   log.read_text().count(ended) > MORE)
    with_global, *without = [one.request_id for one in replies]
    return server.logs, global_id, with_global, without


def tree_of(logs, wanted):
    """The tree of an id."""
    with files.sources([str(logs)]) as sources:
        return build(find.tree(wanted, sources), wanted)


def assert_is_the_story(spans, root):
    """One request that has called two, of which the second one failed."""
    # A line that was written late can change the order of the two.
    spans = [spans[0], *sorted(spans[1:], key=lambda one: one.service)]
    assert spans[0].request_id == root
    assert [
        (one.service, one.method, one.path, one.status, one.code)
        for one in spans
    ] == [
        ('volume', 'POST', VOLUMES, 413, 'volume.quota_exceeded'),
        ('image', 'GET', '/v2/images/cirros', 200, None),
        ('quota', 'PUT', '/v1/bakery/reservations', 409,
         'quota.limit_exceeded'),
    ]
    first = spans[0].position
    assert [one.parent for one in spans[1:]] == [first, first]
    assert [one.link for one in spans[1:]] == [Link.CALL, Link.CALL]
    assert all(one.kind is Kind.REQUEST for one in spans)
    assert all(one.measured and one.duration > 0 for one in spans)
    leaf = spans[2]
    assert re.fullmatch(
        r'Refused \d+ GiB to project bakery',
        leaf.records[leaf.error].message,
    )


@pytest.mark.parametrize('which', [0, 1, 2])
def test_any_local_id_gives_the_whole_tree(story, which):
    logs, _, _, [root, *_] = story
    local_ids = [span.request_id for span in tree_of(logs, root).spans]
    tree = tree_of(logs, local_ids[which])
    assert_is_the_story(tree.spans, root)
    assert tree.spans[tree.culprit].service == 'quota'
    assert tree.notable_shifts == ()


def is_within(inner, outer):
    """Tell whether a call lies within the request that has made it."""
    return (
        inner.duration < outer.duration
        and outer.begin <= inner.begin
        and inner.end <= outer.end
    )


def test_each_call_lies_within_its_caller(story):
    # A service takes its time when the answer has gone, and on a machine
    # that is overloaded it may take longer for that than its caller for all.
    logs, _, _, roots = story
    trees = [tree_of(logs, root).spans for root in roots]
    right = [
        [one.service for one in spans] == ['volume', 'image', 'quota']
        and all(is_within(inner, spans[0]) for inner in spans[1:])
        for spans in trees
    ]
    assert sum(right) > len(right) / 2


@pytest.mark.parametrize('which', [0, 1, 2, 3])
def test_so_does_the_global_id(story, which):
    logs, global_id, root, _ = story
    named = [span.request_id for span in tree_of(logs, global_id).spans]
    assert named[:2] == [global_id, root]
    tree = tree_of(logs, named[which])
    assert tree.spans[0].kind is Kind.CALLER
    assert_is_the_story(tree.spans[1:], root)
    assert tree.spans[tree.culprit].service == 'quota'


def test_the_logs_are_text_and_json(story):
    logs, _, _, [root, *_] = story
    for name in ('image', 'quota'):
        lines = (logs / f'{name}.log').read_text().splitlines()
        assert lines
        assert all('request_id' in json.loads(line) for line in lines)
    assert f' {root} ' in (logs / 'volume.log').read_text()


def test_the_caller_is_told_which_requests_were_behind_it(story):
    logs, _, _, [root, *_] = story
    tree = tree_of(logs, root)
    log = (logs / 'volume.log').read_text()
    [answered] = [
        line for line in log.splitlines()
        if root in line and 'answered with 413' in line
    ]
    assert all(one.request_id in answered for one in tree.spans[1:])


def test_the_command_shows_the_tree(story, capsys, monkeypatch):
    logs, _, _, [root, *_] = story
    monkeypatch.setenv('COLUMNS', '100')
    assert cli.main(['trace', root, str(logs)]) == 0
    shown = capsys.readouterr().out
    assert '3 requests, 3 services' in shown
    assert 'failed first: quota' in shown
    assert cli.main(['trace', '--errors', '--json', str(logs)]) == 0
    found = json.loads(capsys.readouterr().out)['failures']
    by_service = {
        (one['service'], one['code']) for one in found
    }
    assert by_service == {
        ('volume', 'volume.quota_exceeded'),
        ('quota', 'quota.limit_exceeded'),
        ('volume', 'volume.image_not_found'),
        ('image', 'image.no_such_image'),
    }


def children_of(pid):
    """The processes that a process has started, by the script they run."""
    found = {}
    listed = pathlib.Path(f'/proc/{pid}/task/{pid}/children').read_text()
    for child in listed.split():
        words = pathlib.Path(f'/proc/{child}/cmdline').read_bytes()
        for word in words.decode().split('\0'):
            found[os.path.basename(word)] = int(child)
    return found


@pytest.mark.skipif(
    not os.path.exists(f'/proc/self/task/{os.getpid()}/children'),
    reason='the system does not say which processes a process has started',
)
def test_an_extender_that_is_killed_is_started_again(server):
    made = post(server, VOLUMES, {'volume': {'name': 'lake', 'size': 2}})
    path = f'{VOLUMES}/{made.json["volume"]["id"]}'

    def volume():
        return server.ask('GET', path, {'X-Project-Id': 'bakery'}, None).json[
            'volume']

    eventually(lambda: volume()['status'] == 'available')
    serve = server.pid
    first = eventually(lambda: children_of(serve).get('extender.py'))
    os.kill(first, signal.SIGKILL)
    body = {'os-extend': {'new_size': 3}}
    assert post(server, f'{path}/action', body).status == 202
    eventually(lambda: volume()['size'] == 3)
    assert children_of(serve)['extender.py'] != first


def test_a_service_that_ends_by_itself_ends_all(tmp_path):
    with subprocess.Popen(
        [
            sys.executable, ROOT / 'examples/volumes/serve.py', '--port=0',
            f'--database={tmp_path / "volumes.sqlite"}',
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as serving:
        for line in serving.stdout:
            found = re.search(r'Listening at: \S+ \((\d+)\)', line)
            if found:
                break
        os.kill(int(found[1]), signal.SIGTERM)
        # All have closed it when this returns.
        serving.stdout.read()
    assert serving.returncode == 1
