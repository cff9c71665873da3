# SPDX-License-Identifier: Apache-2.0
"""What services and frameworks send is read as it is written down."""

import error_bodies as bodies
import pytest

from errorkit import client


@pytest.mark.parametrize('name', bodies.ALL)
def test_a_body_says_what_is_written_down(name):
    told = bodies.ALL[name]
    own, *more = client.parse(told.status, told.headers, told.body)
    assert (own.status, own.title, own.detail, own.code, own.request_id) == (
        told.status, told.title, told.detail, told.code, told.request_id)
    assert (own.source, own.retry, own.links) == (
        told.source, told.retry, told.links)
    assert [(one.source, one.detail) for one in more] == list(told.more)


def test_there_are_enough_of_them():
    assert len(bodies.OPENSTACK) >= 40
    assert len(bodies.ALL) >= 100
    services = {name.partition(',')[0] for name in bodies.OPENSTACK}
    assert services >= {
        'nova', 'cinder', 'glance', 'neutron', 'keystone', 'ironic',
        'placement', 'swift', 'heat', 'octavia', 'manila', 'barbican',
        'designate'}


def test_the_versions_of_a_406_are_read():
    told = bodies.ALL['placement, a microversion']
    (error,) = client.parse(told.status, told.headers, told.body)
    assert (error.min_version, error.max_version) == ('1.0', '1.39')
