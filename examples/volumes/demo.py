# SPDX-License-Identifier: Apache-2.0
"""Start the three services, show what they answer, and check all of it."""

import re
import sys

from screen import Screen
from stage import ID, Server, Stage

VERSION = 'OpenStack-API-Version'
GLOBAL_ID = 'req-7ccb8d5e-8b1c-4b3e-9f43-6a3f4c1f2b10'
BROWSER = 'text/html,application/xhtml+xml,*/*;q=0.8'

VOLUMES = '/v3/bakery/volumes'
SNAPSHOTS = '/v3/bakery/snapshots'
REPORT = '/v3/bakery/reports/usage'
ATTACH = {'os-attach': {'instance_uuid': 'web-1'}}
DETACH = {'os-detach': {}}


def main():
    with Server() as server:
        stage = Stage(server, Screen(sys.stdout))
        volume = create_a_volume(stage)
        tell_conflicts_apart(stage, volume)
        tell_missing_things_apart(stage)
        ask_flask_for_what_it_has_not(stage)
        ask_for_problem_details(stage)
        ask_for_strange_versions(stage)
        send_global_ids(stage)
        run_into_the_bug(stage, volume)
        open_it_in_a_browser(stage)
        download_it(stage, volume)
        learn_why_it_failed(stage)
        follow_an_action(stage)
        cross_three_services(stage)
        stage.finish()
    return 1 if stage.failed else 0


def create_a_volume(stage):
    stage.title('1. A volume is made, and its log is found by the request id')
    stage.say(
        'The handlers are plain WebOb. The layers around them add the id, '
        'also under the name that old clients know it by.'
    )
    reply = stage.ask(
        'POST',
        VOLUMES,
        {'volume': {'name': 'ice cream', 'size': 2}},
        show=(ID, 'X-Compute-Request-Id', VERSION, 'Vary'),
    )
    stage.check('202', reply.status == 202)
    stage.check(
        'one id under both names',
        reply.request_id == reply.headers['X-Compute-Request-Id'],
    )
    stage.say('Who has the id has the log of the request:')
    records = stage.log(reply.request_id, 'status: 202', 'Allocated')
    stage.check(
        'a line of the call to the quota service, one of the handler, '
        'one around, one behind',
        len(records) == 4,
    )
    return f'{VOLUMES}/{reply.json["volume"]["id"]}'


def tell_conflicts_apart(stage, volume):
    stage.title('2. Two conflicts, told apart by their codes')
    stage.say('The same request, twice a 409. Look at the codes.')
    stage.prepare('a server attaches the volume', f'{volume}/action', ATTACH)
    reply = stage.ask('DELETE', volume)
    stage.check_error(reply, 409, 'volume.in_use')
    stage.check(
        'it may be tried again, once the volume has been looked at',
        reply.error['retry'] == 'after-refresh',
    )
    stage.say('So the client has it detached, and comes too late once more.')
    stage.prepare('the server detaches it', f'{volume}/action', DETACH)
    wanted = {'name': 'before lunch', 'volume_id': volume.split('/')[-1]}
    stage.prepare('a snapshot is taken', SNAPSHOTS, {'snapshot': wanted})
    reply = stage.ask('DELETE', volume)
    stage.check_error(reply, 409, 'volume.has_snapshots')

    stage.title('3. The same for a client from before the codes')
    stage.say('Codes came with 3.5. This client asks for 3.4.')
    reply = stage.ask('DELETE', volume, version='3.4', show=[VERSION])
    stage.check_error(reply, 409, None)
    versions = reply.headers.get_all(VERSION)
    stage.check('one version, the one asked for', versions == ['volume 3.4'])


def tell_missing_things_apart(stage):
    stage.title('4. One request, two things that may be missing')
    wanted = {'name': 'lemonade', 'size': 1, 'snapshot_id': 'last-summer'}
    reply = stage.ask('POST', VOLUMES, {'volume': wanted})
    stage.check_error(reply, 404, 'volume.snapshot_not_found')
    wanted = {'name': 'lemonade', 'size': 1, 'imageRef': 'lemon-os'}
    reply = stage.ask('POST', VOLUMES, {'volume': wanted})
    stage.check_error(reply, 404, 'volume.image_not_found')
    stage.say('The text is as its author wrote it, markup or not.')
    reply = stage.ask('GET', f'{SNAPSHOTS}/%3Cuuid%3E')
    stage.check_error(reply, 404, 'volume.snapshot_not_found')
    stage.check('<uuid> is still there', '<uuid>' in reply.error['detail'])


def ask_flask_for_what_it_has_not(stage):
    stage.title('5. A 404 of another framework')
    stage.say(
        'The reports are a Flask application, and Flask answers with HTML of '
        'its own. It is read, and leaves in the one shape.'
    )
    reply = stage.ask(
        'GET', '/v3/bakery/reports/weather', show=('Content-Type', ID)
    )
    stage.check_error(reply, 404, 'volume.not_found')
    stage.check(
        'the text is that of its author',
        reply.error['detail'] == 'There is no report weather.',
    )


def ask_for_problem_details(stage):
    stage.title('6. A client that wants problem details')
    stage.say('It names RFC 9457, and gets it. Nobody else does.')
    reply = stage.ask(
        'GET',
        f'{VOLUMES}/lost',
        headers={'Accept': 'application/problem+json'},
        show=('Content-Type', ID),
    )
    kind = reply.headers.get_content_type()
    stage.check('problem details', kind == 'application/problem+json')
    stage.check_error(reply, 404, 'volume.volume_not_found')
    number = reply.request_id.removeprefix('req-')
    stage.check(
        'the instance is the id, as a URN',
        reply.json['instance'] == f'urn:uuid:{number}',
    )


def ask_for_strange_versions(stage):
    stage.title('7. A malformed and an unsupported microversion')
    stage.say('No version could be read, so there is no code either.')
    reply = stage.ask('GET', VOLUMES, version='three', show=[VERSION])
    stage.check_error(reply, 400, None)
    stage.say('A version that may exist one day: the error says what does.')
    reply = stage.ask('GET', VOLUMES, version='3.99', show=[VERSION])
    stage.check_error(reply, 406, None)
    limits = reply.error.get('min_version'), reply.error.get('max_version')
    stage.check('from 3.0 to 3.70', limits == ('3.0', '3.70'))


def send_global_ids(stage):
    stage.title('8. A global id: one that is none, and a good one')
    stage.say('The bad one is dropped, and the request goes on.')
    reply = stage.ask('GET', REPORT, headers={ID: 'req-42'}, show=[ID])
    stage.check('200', reply.status == 200)
    records = stage.log(reply.request_id, 'status: 200')
    stage.check('req-42 is not in the log', 'req-42' not in ''.join(records))
    stage.say(
        "The good one joins this service's log to its caller's. (The report "
        'is Flask again. It lives under the same roof, and has what all have.)'
    )
    reply = stage.ask('GET', REPORT, headers={ID: GLOBAL_ID}, show=[ID])
    stage.check('the response has its own id', reply.request_id != GLOBAL_ID)
    records = stage.log(GLOBAL_ID, 'status: 200')
    stage.check('the line has both', reply.request_id in records[0])


def run_into_the_bug(stage, volume):
    stage.title('9. A bug')
    stage.say('The client learns the id, and nothing else.')
    reply = stage.ask('GET', f'{volume}/statistics', show=[ID])
    stage.check_error(reply, 500, 'volume.undefined_code')
    stage.say('The operator looks for it, and finds the traceback:')
    records = ''.join(stage.log(reply.request_id, 'status: 500'))
    for secret in ('KeyError', 'storage-3.rack-12.internal'):
        told = secret in str(reply.body) + str(reply.headers)
        stage.check(
            f'{secret} is in the log, and not in the response',
            secret in records and not told,
        )
    payload = stage.notification(reply.request_id)
    stage.check(
        'and a notification tells of the bug whoever runs the service',
        payload['exception'].endswith('KeyError')
        and payload['status'] == 500,
    )


def open_it_in_a_browser(stage):
    stage.title('10. A 404 in a browser, and where its link leads')
    stage.say('A client that truly prefers HTML gets a page, id included.')
    reply = stage.ask(
        'GET',
        f'{VOLUMES}/lost',
        headers={'Accept': BROWSER},
        show=('Content-Type', 'Content-Security-Policy', 'Vary'),
    )
    page = reply.body.decode()
    stage.check('404', reply.status == 404)
    stage.check('a page', reply.headers.get_content_type() == 'text/html')
    stage.check('the code is on it', 'volume.volume_not_found' in page)
    stage.check('the id is on it', reply.request_id in page)
    stage.say('Its link leads to what the service says of the code:')
    link = re.search(r'href="([^"]+)" rel="help"', page)[1]
    reply = stage.ask('GET', link, headers={'Accept': BROWSER})
    stage.check('200', reply.status == 200)
    stage.check(
        'it says what the code means',
        'The project has no volume with this id.' in reply.body.decode(),
    )


def download_it(stage, volume):
    stage.title('11. A download, made while it is sent')
    reply = stage.ask('GET', f'{volume}/export', show=['Transfer-Encoding'])
    stage.check('it came in chunks', 'Transfer-Encoding' in reply.headers)
    stage.check('and complete', len(reply.body) == 524288)
    stage.say(
        'The handler had returned long before the last block was made, and '
        'still the line about it has the id. The time is that of the body.'
    )
    records = stage.log(reply.request_id, 'status: 200')
    stage.check('both lines', 'Exported' in records[0] and len(records) == 2)


def learn_why_it_failed(stage):
    stage.title('12. Accepted, and then it fails')
    stage.say('Within the quota, but no backend has so much room.')
    wanted = {'name': 'the sea', 'size': 600}
    reply = stage.ask('POST', VOLUMES, {'volume': wanted}, show=(ID, 'Link'))
    stage.check('202', reply.status == 202)
    accepted = reply.request_id
    link = reply.headers['Link']
    monitor = re.fullmatch(r'<(\S+)>; rel="monitor"', link)[1]
    volume = reply.json['volume']['id']
    stage.say('The thread that looks for room has finished soon.')
    reply = stage.poll(f'{VOLUMES}/{volume}', 'error')
    stage.check('error', reply.json['volume']['status'] == 'error')
    stage.say('Why? The link of the 202 leads to the message about it.')
    reply = stage.ask(
        'GET',
        monitor,
        headers={'Accept-Language': 'de'},
        show=('Content-Language', 'Vary'),
    )
    [message] = reply.json['messages']
    stage.check('it is of the 202', message['request_id'] == accepted)
    stage.check('and of the volume', message['resource_uuid'] == volume)
    stage.check(
        "it is in the reader's language",
        message['user_message'].startswith('Für diese Anforderung'),
    )
    stage.check('no backend is named', b'storage-1' not in reply.body)
    stage.say('The operator, who has the same id, knows more:')
    records = ''.join(stage.log(accepted, 'Failed to allocate'))
    stage.check('the backends are in the log', 'storage-1' in records)
    path = f'{VOLUMES}/{volume}'
    stage.drop('the sea is given up, and counts no longer', path)


def follow_an_action(stage):
    stage.title('13. An action, its steps, and what broke the volume')
    wanted = {'name': 'the lake', 'size': 2}
    volume = stage.make('a volume is there', VOLUMES, {'volume': wanted})
    stage.say(
        'It is to grow beyond what its backend has. Another process does it, '
        'in two steps; the 202 says where to look.'
    )
    reply = stage.ask(
        'POST',
        f'{volume}/action',
        {'os-extend': {'new_size': 800}},
        show=(ID, 'Location', 'Link'),
    )
    stage.check('202', reply.status == 202)
    accepted = reply.request_id
    action = re.search('/v3/.*', reply.headers['Location'])[0]
    stage.say('The second step fails, and the volume says what broke it.')
    reply = stage.poll(volume, 'error_extending')
    fault = reply.json['volume'].get('fault', {})
    stage.check('it has a fault', fault.get('code') == 503)
    stage.say('Its actions, and the one of the 202 with its steps:')
    reply = stage.ask('GET', f'{volume}/actions')
    names = [one['action'] for one in reply.json['actions']]
    stage.check('extended after it was made', names == ['extend', 'create'])
    reply = stage.ask('GET', action)
    told = reply.json['action']
    stage.check('it is of the 202', told['request_id'] == accepted)
    stage.check(
        'it failed, and by which code',
        (told['status'], told['code']) == ('error', 'volume.no_room'),
    )
    steps = [(one['event'], one['status']) for one in told['events']]
    stage.check(
        'in its second step',
        steps == [('resize', 'error'), ('check_quota', 'success')],
    )
    stage.say('The message for the user has the same request id:')
    reply = stage.ask('GET', f'/v3/bakery/messages?request_id={accepted}')
    stage.check('one message', len(reply.json['messages']) == 1)
    stage.say('And so has the log of the other process:')
    records = ''.join(stage.log(accepted, 'Failed to extend'))
    stage.check('the backend is in the log', 'storage-' in records)


def cross_three_services(stage):
    stage.title('14. One request, three services')
    stage.say(
        'The volume service asks the image service whether there is such an '
        'image, and the quota service whether there may be such a volume. '
        'Each is a process of its own.'
    )
    wanted = {'name': 'the ocean', 'size': 5000, 'imageRef': 'cirros'}
    reply = stage.ask('POST', VOLUMES, {'volume': wanted}, show=[ID])
    stage.check_error(reply, 413, 'volume.quota_exceeded')
    stage.check(
        'the client is told of no other service',
        b'quota.limit_exceeded' not in reply.body,
    )
    stage.say('Who has its id finds all of it in the logs of the three:')
    tree = stage.trace(reply.request_id, 3)
    spans = tree['spans']
    services = [one['service'] for one in spans]
    stage.check(
        'three services, the first of which has asked the others',
        services[0] == 'volume'
        and sorted(services[1:]) == ['image', 'quota']
        and [one['parent'] for one in spans] == [None, 0, 0],
    )
    leaf = spans[tree['culprit']]
    stage.check(
        'it failed first in the quota service, and by which code',
        (leaf['service'], leaf['status'], leaf['code'])
        == ('quota', 409, 'quota.limit_exceeded'),
    )


if __name__ == '__main__':
    sys.exit(main())
