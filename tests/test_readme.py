# SPDX-License-Identifier: Apache-2.0
"""The README's code runs and gives what the README shows; its map is true."""

import pathlib
import re
import textwrap

import pytest
import webob

import errorkit

ROOT = pathlib.Path(__file__).parent.parent
README = (ROOT / 'README.rst').read_text()
PACKAGE = ROOT / 'errorkit'


@pytest.fixture(name='application', scope='module')
def _application():
    code = README.partition('.. code-block:: python\n')[2]
    code = code.partition('\nThe same in a paste pipeline')[0]
    lines = [line for line in textwrap.dedent(code).split('\n') if line]
    assert 10 <= len(lines) <= 15
    names = {}
    exec(compile('\n'.join(lines), 'README.rst', 'exec'), names)
    return names['application']


def test_the_code_answers_as_the_after_shows(application):
    request = webob.Request.blank('/v3/volumes', method='POST')
    request.headers['OpenStack-API-Version'] = 'volume 3.5'
    response = request.get_response(application)

    request_id = response.headers['X-Openstack-Request-Id']
    assert response.status == '409 Conflict'
    assert response.headers['OpenStack-API-Version'] == 'volume 3.5'
    assert response.json == {
        'errors': [
            {
                'code': 'volume.name_exists',
                'status': 409,
                'title': 'Conflict',
                'detail': 'A volume named <cake> exists.',
                'request_id': request_id,
            }
        ]
    }


def test_the_before_is_what_webob_answers_by_itself(application):
    bare = application
    while not hasattr(bare, 'func'):
        bare = bare.application
    request = webob.Request.blank('/', accept='text/plain')
    # Nobody gave a code before.
    text = request.get_response(bare).text.replace('volume.name_exists', '')

    before = README.partition('Before\n')[2].partition('After\n')[0]
    for line in text.split('\n'):
        assert line.strip() in before


def test_every_module_is_on_the_map():
    listed = {
        name
        for row in re.findall(r'^(``[^ ].*?)  ', README, re.MULTILINE)
        for name in re.findall(r'``(\w+)``', row)
    }
    there = {
        path.stem if path.is_file() else path.name
        for path in PACKAGE.iterdir()
        if (path.suffix == '.py' and path.stem not in ('__init__',))
        or (path / '__init__.py').exists()
    }
    assert there - {'_i18n', '_paste'} == listed


def test_the_filters_it_names_are_the_ones_there_are():
    named = set(re.findall(r'``(?:egg:errorkit)?#(\w+)``', README))
    config = (ROOT / 'setup.cfg').read_text()
    assert named == set(
        re.findall(r'^    (\w+) = errorkit\.\w+:paste_filter', config, re.M)
    ) - {'main'}


def test_the_front_door_draws_the_same_stack():
    for name in ('RequestId', 'RequestLog', 'FaultWrapper', 'Context'):
        assert name in (errorkit.__doc__ or '')
