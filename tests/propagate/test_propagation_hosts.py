# SPDX-License-Identifier: Apache-2.0
"""Which hosts are listed, and that no odd URL passes for one of them."""

from unittest import mock

import httpx
import pytest
import requests
import urllib3
from hypothesis import given
from hypothesis import strategies as st
from keystoneauth1 import session

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


#: For each library what its method takes, as its refusal says.
TAKEN = {
    'requests': 'a requests.Session',
    'httpx': 'an httpx.Client or httpx.AsyncClient',
    'urllib3': 'an urllib3.PoolManager or ProxyManager',
    'keystoneauth': 'a keystoneauth1 Session or Adapter',
}


class Odd:
    """Has what a session has, and it is of no use."""

    @property
    def session(self):
        raise OSError


@pytest.mark.parametrize('library', TAKEN)
@pytest.mark.parametrize('client', [
    object(), 'http://nova', 7, Odd(), mock.MagicMock(), requests.Session,
    requests, requests.adapters.HTTPAdapter()])
def test_what_is_no_client_is_refused(library, client):
    with pytest.raises(ConfigError) as caught:
        getattr(Propagation(), library)(client)
    assert caught.value.where == 'errorkit.propagate'
    assert f'allowed: {TAKEN[library]}' in caught.value.allowed


@pytest.mark.parametrize('library', sorted(set(TAKEN) - {'requests'}))
def test_no_client_is_none_of_a_library_that_is_given_one(library):
    with pytest.raises(ConfigError, match=r'allowed: an? '):
        getattr(Propagation(), library)(None)


@pytest.mark.parametrize('library', TAKEN)
@pytest.mark.parametrize('other', TAKEN)
def test_the_client_of_another_library_is_refused(library, other):
    made = {
        'requests': requests.Session, 'httpx': httpx.Client,
        'urllib3': urllib3.PoolManager, 'keystoneauth': session.Session}
    client = made[other]()
    try:
        if library == other:
            assert getattr(Propagation(), library)(client) is client
        else:
            with pytest.raises(ConfigError, match=TAKEN[library]):
                getattr(Propagation(), library)(client)
    finally:
        getattr(client, 'close', lambda: None)()


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
