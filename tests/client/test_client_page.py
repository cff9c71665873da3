# SPDX-License-Identifier: Apache-2.0
"""The worked example of the documentation, run against a real service."""

import pathlib
import re
import textwrap

import pytest
import refusing_service
from loopback import serving

from errorkit import client
from errorkit.codes import lock

ROOT = pathlib.Path(__file__).parents[2]
PAGE = (ROOT / 'doc' / 'source' / 'client.rst').read_text()


@pytest.fixture
def example(tmp_path, monkeypatch):
    """What the first block of the page defines."""
    (tmp_path / 'error-codes.lock').write_text(
        lock.dump(lock.of(refusing_service.CATALOG)))
    monkeypatch.chdir(tmp_path)
    block = re.search(
        r'code-block:: python\n\n((?:   .*\n|\n)+)', PAGE)[1]
    names = {}
    exec(textwrap.dedent(block), names)
    return names


@pytest.fixture(scope='module')
def url():
    with serving(refusing_service.APPLICATION) as served:
        yield served


def test_a_name_that_is_taken_is_told_with_the_id(example, url, capsys):
    assert example['create'](f'{url}/taken', 'data') is None
    assert re.fullmatch(
        r'taken already, see req-[0-9a-f-]{36}\n', capsys.readouterr().out)


def test_a_busy_service_says_when_to_come_back(example, url, capsys):
    with pytest.raises(client.ServiceUnavailable):
        example['create'](f'{url}/busy', 'data')
    assert capsys.readouterr().out == 'once more in 7.0 seconds\n'


def test_a_success_is_returned(example, url):
    assert example['create'](url, 'data') == {'path': '/volumes'}


@pytest.mark.parametrize('name', client.__all__)
def test_every_public_name_is_documented_in_its_place(name):
    assert getattr(client, name).__doc__


@pytest.mark.parametrize('name', [
    name for name in client.__all__ if name[0].islower()])
def test_the_page_has_every_function(name):
    assert f':func:`errorkit.client.{name}`' in PAGE
