# SPDX-License-Identifier: Apache-2.0
"""Records to make trees of: a story, a crowd, and what nobody wishes for."""

import dataclasses
import datetime
import random

from errorkit.trace.records import Call, Record

BEGIN = datetime.datetime(2026, 11, 22, 10, 4, 31, tzinfo=datetime.UTC)

#: Markup, scripts, terminal escapes, reordering, NUL, lines, surrogates.
HOSTILE = [
    '</script><script>window.broken = 1</script>',
    '<img src=x onerror="window.broken = 1"><b>bold</b>',
    '<!--<script>',
    '\x1b[2J\x1b]0;title\x07\x9b31m',
    'safe\u202eexe.txt\u2066',
    'one\ntwo\r\nthree\u2028four\x85five',
    '\x00nul\x00',
    'lone \ud800 surrogate',
    '"quoted\\" \\N \\G &amp; &#60;',
    '{{data}} {{script}} %s {0}',
    'e' + '\u0301' * 60,
    '漢字' * 30,
    'javascript:alert(1)',
    '\ufeff\u200b\u00ad',
]


def request_id(number):
    """An id for each number."""
    return f'req-{number:08x}-0000-4000-8000-{number:012x}'


def at(seconds):
    """So many seconds after the beginning."""
    return BEGIN + datetime.timedelta(seconds=seconds)


def record(service, number, seconds, message='', **known):
    """A record of a request.

    :param number: of its local id; None for none
    :param seconds: after the beginning; None for no stamp
    """
    given = {
        'source': f'{service}.log',
        'line': 1,
        'level': 'INFO',
        'logger': f'{service}.api',
        'timestamp': None if seconds is None else at(seconds),
        'service': service,
        'request_id': None if number is None else request_id(number),
        'message': message,
        **known,
    }
    given.setdefault('text', f'{given["timestamp"]} {message}')
    return Record(**given)


def end(service, number, seconds, took, status=200, **known):
    """The record that tells the end of a request."""
    known = {'method': 'GET', 'path': f'/{service}', **known}
    said = f'"{known["method"]} {known["path"]}" status: {status}'
    return record(service, number, seconds, said, duration=took,
                  status=status, **known)


def call(service, number, seconds, callee, **known):
    """The record of a call to another request."""
    return record(
        service, number, seconds,
        f'GET call to x for http://x/ used request id {request_id(callee)}',
        call=Call('GET', known.pop('to', None), known.pop('url', None),
                  request_id(callee)),
        **known)


def story():
    """volume asks placement, that asks quota, that says no; and image."""
    gid = {'global_request_id': request_id(1)}
    return [
        record('volume', 1, 0.004, 'creating a volume of 10 GiB'),
        call('volume', 1, 0.061, 4, to='image', url='http://image/v2/images/7'),
        call('volume', 1, 0.243, 2, to='placement',
             url='http://placement/claims'),
        end('volume', 1, 0.25, 0.25, 409, method='POST',
            path='/v3/p1/volumes', code='volume.quota_exceeded',
            host='ctl-1'),
        record('placement', 2, 0.07, 'looking for room', **gid),
        call('placement', 2, 0.221, 3, to='quota',
             url='http://quota/reservations', **gid),
        end('placement', 2, 0.24, 0.172, 409, method='PUT', path='/claims',
            code='placement.refused', **gid),
        record('quota', 3, 0.12, 'asked for 10 GiB', **gid),
        record('quota', 3, 0.2, 'no room left for p1', level='ERROR',
               code='quota.exceeded', traceback='| Traceback\n| NoRoom: 3',
               text='… ERROR quota no room left for p1\n| Traceback\n'
               '|   File "quota.py", line 3\n| NoRoom: 3', **gid),
        end('quota', 3, 0.22, 0.12, 409, method='PUT', path='/reservations',
            code='quota.exceeded', **gid),
    ]


def batch():
    """A client's four requests with one global id: 1 and 4 are fine.

    2 fails as its callee 5 does, 3 later, as 6 does.
    """
    gid = {'global_request_id': request_id(9)}
    return [
        end('volume', 1, 1, 0.5, **gid),
        call('volume', 2, 2.4, 5, to='quota', **gid),
        end('quota', 5, 2.35, 0.1, 409, code='quota.exceeded', **gid),
        end('volume', 2, 2.5, 0.5, 409, code='volume.quota', **gid),
        call('volume', 3, 3.4, 6, to='image', **gid),
        end('image', 6, 3.35, 0.1, 500, code='image.broke', **gid),
        end('volume', 3, 3.5, 0.5, 500, code='volume.image', **gid),
        end('volume', 4, 4.5, 0.5, **gid),
    ]


def skewed(records, service, seconds):
    """The same records, with a clock that is wrong."""
    step = datetime.timedelta(seconds=seconds)
    return [
        dataclasses.replace(one, timestamp=one.timestamp + step)
        if one.service == service and one.timestamp else one
        for one in records]


def crowd(requests, lines=4, seed=7):
    """So many requests, each called by an earlier one."""
    luck = random.Random(seed)
    services = ['api', 'volume', 'placement', 'image', 'network', 'quota',
                'compute', 'identity', 'metering']
    spans = [(0.0, float(requests))]
    found = []
    for number in range(requests):
        parent = None
        if number:
            parent = luck.randrange(max(0, number - 40), number)
            low, high = spans[parent]
            begin = low + (high - low) * luck.uniform(0.02, 0.6)
            spans.append((begin, begin + (high - begin) * 0.7))
        begin, over = spans[number]
        service = services[number % len(services)]
        status = 500 if luck.random() < 0.03 else 200
        gid = {'global_request_id': request_id(0)} if number else {}
        for step in range(lines):
            found.append(record(
                service, number, begin + (over - begin) * step / (lines + 1),
                f'step {step} of request {number}', **gid))
        if status == 500:
            found.append(record(
                service, number, over, f'request {number} broke',
                level='ERROR', code=f'{service}.broke', **gid))
        found.append(end(service, number, over, over - begin, status,
                         path=f'/{service}/{number}', **gid))
        if parent is not None:
            found.append(call(services[parent % len(services)], parent,
                              over, number, to=service,
                              **({'global_request_id': request_id(0)}
                                 if parent else {})))
    return found


def deep(levels):
    """Each request calls the next."""
    return [record('a', number, number / 1000,
                   call=Call('GET', None, None, request_id(number + 1)))
            for number in range(levels)]


def wide(children):
    """One request calls all the others."""
    found = [call('a', 0, number, number)
             for number in range(1, children)]
    return found + [end('b', number, number, 0.5)
                    for number in range(1, children)]


def hostile():
    """A request all of whose texts are hostile."""
    found = []
    for number, text in enumerate(HOSTILE):
        found.append(record(
            text, 1, number, text, text=text, level='ERROR', logger=text,
            host=text, source=text, code=text, traceback=text, path=text,
            method=text, status=500, duration=0.5,
            call=Call(text, text, text, f'{text}-{number}')))
    found.append(record('long', 1, 99, 'x' * 1_000_000,
                        text='y' * 1_000_000))
    return found
