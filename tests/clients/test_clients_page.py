# SPDX-License-Identifier: Apache-2.0
"""What the page on clients says that each of them shows, it does show."""

import pathlib
import re

import pytest
import refusing

# openstacksdk warns of what it calls in itself.
pytestmark = pytest.mark.filterwarnings(
    'ignore::openstack.warnings.RemovedInSDK50Warning'
)

PAGE = (
    pathlib.Path(__file__).parents[2] / 'doc' / 'source' / 'clients.rst'
).read_text()
CALLS = {
    'keystoneauth1': lambda clients, form: clients.keystoneauth(form).get(
        '/volumes/conflict'
    ),
    'python-cinderclient': lambda clients, form: clients.cinder(
        form
    ).volumes.get('conflict'),
    'python-novaclient': lambda clients, form: clients.nova(
        form
    ).servers.get('conflict'),
    'openstacksdk': lambda clients, form: clients.sdk(
        form
    ).compute.get_server('conflict'),
}
#: The clients that take the id from a header, and from no other.
TAKEN_FROM = {
    'X-Openstack-Request-Id': ('keystoneauth1', 'openstacksdk'),
    refusing.COMPAT_HEADER: ('python-cinderclient', 'python-novaclient'),
}


def documented():
    """Return the cells of the table, by client and format."""
    cells = {}
    client = None
    table = PAGE.partition('.. list-table::')[2].partition('\n\nWhat')[0]
    for row in table.split('\n   * -')[2:]:
        named, form, kind, *shown = (
            ' '.join(cell.split()) for cell in row.split('\n     -')
        )
        client = named.strip('`') or client
        cells[client, form.strip('`')] = kind.strip('`'), [
            cell.strip('`') for cell in shown
        ]
    return cells


CELLS = documented()


def test_the_page_has_every_client_and_format():
    assert set(CELLS) == {
        (client, form) for client in CALLS for form in refusing.FORMATS
    }


@pytest.mark.parametrize(('client', 'form'), CELLS)
def test_a_client_shows_what_the_page_says(clients, client, form):
    with pytest.raises(Exception) as caught:
        CALLS[client](clients, form)
    raised = caught.value
    shown = re.sub(r'req-[0-9a-f-]{36}', 'req-…', str(raised))
    shown = re.sub(r'http://[^ ,]+', 'URL', shown)
    details = getattr(raised, 'details', None)
    if details in (None, 'n/a'):
        details = 'none'
    assert CELLS[client, form] == (type(raised).__name__, [shown, details])


@pytest.mark.parametrize('client', CALLS)
def test_without_a_compat_header_some_have_no_id(clients, sent, client):
    with pytest.raises(Exception) as caught:
        CALLS[client](clients, 'one-id')
    has_id = client in TAKEN_FROM['X-Openstack-Request-Id']
    assert caught.value.request_id == (sent.request_id if has_id else None)


@pytest.mark.parametrize('header', TAKEN_FROM)
def test_the_page_says_which_header_a_client_takes_the_id_from(header):
    names = ' and '.join(TAKEN_FROM[header])
    assert f'has the id of ``{header}``: {names}.' in ' '.join(PAGE.split())


@pytest.mark.parametrize('client', CALLS)
def test_a_client_asks_for_json(clients, sent, client):
    with pytest.raises(Exception, match=r'conflict|deleted|Conflict'):
        CALLS[client](clients, 'bridge')
    assert set(sent.accepted) <= {'application/json', '*/*', None}
    assert sent.accepted
