# SPDX-License-Identifier: Apache-2.0
"""Reading back what webob wrote of an error, long bodies included."""

import pytest
import webob
import webob.dec
import webob.exc
from assertions import assert_error

import errorkit

CODE = 'volume.name_exists'
MIB = 1024 * 1024


def ask(detail, comment, accept):
    @webob.dec.wsgify
    def handler(request):
        raise webob.exc.HTTPConflict(detail, comment=comment)

    application = errorkit.wrap(handler, service_type='volume')
    request = webob.Request.blank('/', headers={'Accept': accept})
    return request.get_response(application)


@pytest.mark.parametrize('accept', ['*/*', 'application/json'])
@pytest.mark.parametrize('character', ['a', '<', '\xe9', '\n', '\ud800', '"'])
def test_a_long_detail_is_cut_and_its_code_is_found(character, accept):
    response = ask(character * MIB, CODE, accept)
    error = assert_error(response, status=409, code=CODE)
    assert error['detail'] == character * 8191 + '\N{HORIZONTAL ELLIPSIS}'


@pytest.mark.parametrize('accept', ['*/*', 'application/json'])
@pytest.mark.parametrize('detail', ['no <room>', None])
def test_a_long_comment_is_not_shown_either(detail, accept):
    response = ask(detail, 'secret ' * MIB, accept)
    error = assert_error(
        response, status=409, code='volume.undefined_code'
    )
    assert b'secret' not in response.body
    assert error['detail'].startswith(detail or 'There was a conflict')


@pytest.mark.parametrize('accept', ['*/*', 'application/json'])
def test_a_body_of_a_template_not_known_shows_no_comment(accept):
    template = '<b>${detail}</b> & <i>more</i> ${html_comment}'

    @webob.dec.wsgify
    def handler(request):
        raise webob.exc.HTTPConflict(
            'no room', comment='secret plan', body_template=template
        )

    application = errorkit.wrap(handler, service_type='volume')
    response = webob.Request.blank(
        '/', headers={'Accept': accept}
    ).get_response(application)
    assert b'secret' not in response.body
