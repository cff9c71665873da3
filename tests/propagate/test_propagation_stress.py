# SPDX-License-Identifier: Apache-2.0
"""Many requests at once over one client: each call has its own request's id.

Every call says in a header of its own which request it is of.
"""

import asyncio
import concurrent.futures
import contextlib

import httpx
import keystoneauth1.session
import pytest
import requests
import urllib3
from assertions import ID_HEADER, ask

import errorkit
from errorkit import context
from errorkit.propagate import Propagation

MARK = 'X-Number'
REQUESTS = 24
CALLS = 6


def id_of(number):
    return f'req-00000000-0000-4000-8000-{number:012d}'


def in_request(number, inside):
    """Run a function in a request that has this number's id."""
    given = []

    def application(environ, start_response):
        start_response('200 OK', [('Content-Type', 'text/plain')])
        # In the body, as a service does that streams.
        given.append(inside())
        yield b'done'

    reply = ask(errorkit.wrap(application, service_type='bakery'),
                headers={ID_HEADER: id_of(number)})
    assert reply.status_int == 200
    return given[0]


@contextlib.contextmanager
def requests_client(propagation):
    with propagation.requests(requests.Session()) as session:
        yield lambda url, headers: session.get(
            url, headers=headers, timeout=10).close()


@contextlib.contextmanager
def httpx_client(propagation):
    with httpx.Client(follow_redirects=True, trust_env=False) as client:
        propagation.httpx(client)
        yield lambda url, headers: client.get(url, headers=headers)


@contextlib.contextmanager
def urllib3_client(propagation):
    with propagation.urllib3(urllib3.PoolManager(maxsize=8)) as pool:
        yield lambda url, headers: pool.request('GET', url, headers=headers)


@contextlib.contextmanager
def keystone_client(propagation):
    with requests.Session() as inner:
        session = propagation.keystoneauth(
            keystoneauth1.session.Session(session=inner))
        yield lambda url, headers: session.get(
            url, authenticated=False, headers=headers)


def numbers_and_ids(service):
    return sorted({
        (one['x_number'], one.get('x_openstack_request_id'))
        for one in service.seen})


DUE = [(f'{number:02d}', id_of(number)) for number in range(REQUESTS)]


@pytest.mark.parametrize('make', [
    requests_client, httpx_client, urllib3_client, keystone_client])
def test_threads_that_share_a_client_each_send_their_own_id(make, ours):
    with make(Propagation(ours.place)) as call:

        def inside(number):
            for turn in range(CALLS):
                url = f'{ours.url}/'
                if turn % 2:
                    url = f'{ours.url}/to?url={ours.url}/{turn}'
                call(url, {MARK: f'{number:02d}'})

        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            list(pool.map(
                lambda n: in_request(n, lambda: inside(n)), range(REQUESTS)))
    assert len(ours.seen) == REQUESTS * CALLS * 3 // 2
    assert numbers_and_ids(ours) == DUE


def test_tasks_that_share_a_client_send_their_own_id_though_others_are_cut(
    ours
):
    async def inside(client, number):
        for _ in range(CALLS):
            await client.get(ours.url, headers={MARK: f'{number:02d}'})
            await asyncio.sleep(0)

    async def all_of_them():
        async with httpx.AsyncClient(trust_env=False) as client:
            Propagation(ours.place).httpx(client)
            tasks = [
                asyncio.create_task(in_request(
                    number, lambda: context.wrap(inside))(client, number))
                for number in range(REQUESTS)
            ]
            await asyncio.sleep(0.01)
            for task in tasks[1::4]:
                task.cancel()
            return await asyncio.gather(*tasks, return_exceptions=True)

    ended = asyncio.run(all_of_them())
    assert sum(one is None for one in ended) >= REQUESTS * 3 // 4
    found = numbers_and_ids(ours)
    assert set(found) <= set(DUE)
    assert len(found) >= REQUESTS * 3 // 4


def test_a_thread_pool_of_a_service_sends_nothing_of_an_old_request(ours):
    with requests_client(Propagation(ours.place)) as call, (
        concurrent.futures.ThreadPoolExecutor(1)
    ) as pool:
        for number in range(3):
            in_request(number, lambda number=number: pool.submit(
                context.wrap(call), ours.url,
                {MARK: f'{number:02d}'}).result())
            pool.submit(call, ours.url, {MARK: 'none'}).result()
    assert numbers_and_ids(ours) == [*DUE[:3], ('none', None)]
