# SPDX-License-Identifier: Apache-2.0
"""Which hosts are listed, and that no odd URL passes for one of them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from errorkit.exceptions import ConfigError
from errorkit.propagate import Propagation
from errorkit.propagate.calls import shown
from errorkit.propagate.hosts import Hosts, place_of


def allows(allow, url):
    return Propagation(allow).call('GET', url) is not None


@pytest.mark.parametrize(('allow', 'url'), [
    ('nova.internal', 'http://nova.internal'),
    ('nova.internal', 'http://nova.internal/v2.1?limit=1#x'),
    ('nova.internal', 'https://NOVA.internal.:8774/'),
    ('NOVA.internal', 'http://nova.internal/'),
    ('nova.internal:8774', 'http://nova.internal:8774/'),
    ('nova.internal:80', 'http://nova.internal/'),
    ('nova.internal:443', 'HTTPS://nova.internal/'),
    ('nova.internal', 'http://ada:pass@nova.internal/'),
    ('.svc.example', 'http://nova.svc.example/'),
    ('.svc.example', 'http://a.b.svc.example:99/'),
    ('*.svc.example', 'http://nova.svc.example/'),
    ('*.svc.example:8774', 'http://nova.svc.example:8774/'),
    ('10.0.0.7', 'http://10.0.0.7:5000/v3'),
    ('::1', 'http://[::1]:5000/v3'),
    ('[::1]', 'http://[::1]/v3'),
    ('::1', 'http://[0:0:0:0:0:0:0:1]/'),
    ('[FD00:0::0:7]:80', 'http://[fd00::7]/'),
    ('[fd00::7]:5000', 'http://[FD00::7]:5000/v3'),
    (['a.example', 'b.example'], 'http://b.example/'),
    ({'b.example': 'bread', 'c.example': None}, 'http://c.example/'),
])
def test_a_listed_host_is_found(allow, url):
    assert allows(allow, url)


@pytest.mark.parametrize(('allow', 'url'), [
    ((), 'http://nova.internal/'),
    ('nova.internal', 'http://evil.example/nova.internal'),
    ('nova.internal', 'http://nova.internal.evil.example/'),
    ('nova.internal', 'http://evilnova.internal/'),
    ('nova.internal', 'http://nova.internal@evil.example/'),
    ('nova.internal', 'http://nova.internal\\@evil.example/'),
    ('nova.internal', 'http://evil.example\\@nova.internal/'),
    ('nova.internal', 'http://a@b@nova.internal/'),
    ('nova.internal', 'http://evil.example#@nova.internal/'),
    ('nova.internal', 'http://evil.example?@nova.internal/'),
    ('nova.internal', 'http://nova.internal\t.evil.example/'),
    ('nova.internal', 'http://nova.internal%2eevil.example/'),
    ('nova.internal', 'http://nova.internal:80:81/'),
    ('nova.internal', 'http://nova.internal..'),
    ('nova.internal', ' http://nova.internal/'),
    ('nova.internal', '//nova.internal/'),
    ('nova.internal', 'ftp://nova.internal/'),
    ('nova.internal', 'http:nova.internal/'),
    ('nova.internal', ''),
    ('nova.internal:8774', 'http://nova.internal/'),
    ('nova.internal:80', 'https://nova.internal/'),
    ('.svc.example', 'http://svc.example/'),
    ('.svc.example', 'http://evilsvc.example/'),
    ('*.svc.example', 'http://svc.example/'),
    ('.svc.example:1', 'http://a.svc.example:2/'),
    ('10.0.0.7', 'http://10.0.0.70/'),
    ('127.0.0.1', 'http://127.1/'),
    ('127.0.0.1', 'http://2130706433/'),
    ('::1', 'http://[::2]/'),
    ('::1', 'http://[::1%25eth0]/'),
    ('::1', 'http://[:::1]/'),
])
def test_any_other_host_is_not(allow, url):
    assert not allows(allow, url)


@pytest.mark.parametrize('allow', [
    '', '*', '.', '*.', '**.example', 'http://nova.internal', 'nova/v2',
    'nova.internal:', 'nova.internal:0', 'nova.internal:99999',
    'nova.internal:x', 'a b', 'nova\n', 'n\u00f6va.example', '.[::1]',
    '10.0.0.0/8', 'user@nova', 'a..b', [''], [None], 7, None, b'nova',
    {'nova.internal': ''}, {'nova.internal': 7},
])
def test_a_bad_entry_is_named_at_once(allow):
    with pytest.raises(ConfigError, match="'allow'"):
        Propagation(allow)


def test_a_bad_choice_about_traces_is_named_at_once():
    with pytest.raises(ConfigError, match="'traceparent'"):
        Propagation((), traceparent='yes')


@pytest.mark.parametrize('library', ['httpx', 'urllib3', 'keystoneauth'])
@pytest.mark.parametrize('client', [None, object(), 'http://nova'])
def test_what_is_no_client_is_refused(library, client):
    with pytest.raises(ConfigError, match=r'errorkit\.propagate'):
        getattr(Propagation(), library)(client)


def test_the_services_name_is_the_operators_else_the_hosts():
    hosts = Hosts({'a.example': 'bread', '.b.example': None})
    assert hosts.service_at(('http', 'a.example', None)) == 'bread'
    assert hosts.service_at(('http', 'x.b.example', 80)) == 'x.b.example'


@given(st.text(max_size=60))
def test_no_text_before_or_after_makes_a_foreign_url_a_listed_one(text):
    place = place_of(f'http://evil.example{text}')
    if place is not None and not place[1].startswith('evil.example'):
        # Only what stands before an @ is no host, for every reader.
        before, _, _ = text.partition('@')
        assert '@' in text
        assert not set(before) & set('/?#\\')


@given(st.text() | st.binary() | st.integers() | st.none())
def test_no_url_makes_it_raise(url):
    Propagation('nova.internal').call('GET', url)


@pytest.mark.parametrize(('url', 'logged'), [
    ('http://a.example/x?limit=1', 'http://a.example/x?limit=1'),
    ('http://u:hunter2@a.example/', 'http://a.example/'),
    ('http://a.example/x?token=hunter2#hunter2', 'http://a.example/x?token=***'),
    ('https://a.example:1/\n\x1b[2J', 'https://a.example:1/%0A%1B%5B2J'),
    ('http://a.example/\u202e', 'http://a.example/%E2%80%AE'),
    ('http://u:a@hunter2@a.example/', 'http://a.example/'),
    ('http://u:hunter2/b@a.example/', 'http://a.example/'),
    ('http://a.example/password=hunter2', 'http://a.example/password=***'),
    ('not a url hunter2', '***'),
])
def test_a_url_is_logged_without_what_is_secret(url, logged):
    assert shown(url) == logged
