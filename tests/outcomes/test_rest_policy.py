# SPDX-License-Identifier: Apache-2.0
"""Who may list, show and delete: a callable, or rules of oslo.policy."""

import pytest
from message_samples import UNABLE_TO_ALLOCATE, context
from oslo_config import cfg
from oslo_policy import policy as oslo
from rest_service import Caller, api_of, wrapped

from errorkit.outcomes.memory import MemoryStore
from errorkit.outcomes.rest import oslo_policy, policy

ACTIONS = {'message:get_all', 'message:get', 'message:delete'}


@pytest.fixture
def store():
    return MemoryStore()


def filled(store, **options):
    """Return an API, and the ids of a message of alpha and of beta."""
    api = api_of(store, **options)
    return api, *(
        api.create(context(project, user_id=user), UNABLE_TO_ALLOCATE,
                   project).id
        for project, user in (('alpha', 'ada'), ('beta', 'bob')))


def statuses(caller, id):
    """Return the statuses of a list, of showing one and of deleting it."""
    return [caller('.').status_int, caller(f'./{id}').status_int,
            caller(f'./{id}', 'DELETE').status_int]


def test_a_policy_is_asked_with_context_action_and_target(store):
    asked = []

    def allow(context, action, target):
        asked.append((context.user_id, action, dict(target)))
        return True

    api, one, _ = filled(store)
    caller = Caller(wrapped(api, policy=allow), 'eve:alpha')
    assert statuses(caller, one) == [200, 200, 204]
    own = {'project_id': 'alpha', 'user_id': 'eve'}
    of_ada = {'project_id': 'alpha', 'user_id': 'ada'}
    assert asked == [
        ('eve', 'message:get_all', own),
        ('eve', 'message:get', own), ('eve', 'message:get', of_ada),
        ('eve', 'message:delete', own), ('eve', 'message:delete', of_ada)]


@pytest.mark.parametrize('action', sorted(ACTIONS))
def test_what_is_refused_is_403_for_what_is_not_there_too(store, action):
    api, one, other = filled(store)
    caller = Caller(wrapped(
        api, policy=lambda context, asked, target: asked != action))
    expected = [200, 200, 204]
    expected[['message:get_all', 'message:get', 'message:delete'].index(
        action)] = 403
    assert statuses(caller, one) == expected
    if action != 'message:get_all':
        path = 'DELETE' if action == 'message:delete' else 'GET'
        told = {caller(f'./{id}', path).status_int
                for id in (one, other, 'x')}
        assert told == {403}


def test_a_policy_that_allows_everything_shows_nothing_foreign(store):
    api, one, other = filled(store)
    caller = Caller(wrapped(api, policy=lambda *asked: True))
    assert statuses(caller, other) == [200, 404, 404]
    assert caller.ids('.?all_tenants=1') == [one]
    assert caller('.?project_id=beta').status_int == 400


def test_a_policy_can_hide_a_message_from_an_admin(store):
    api, one, other = filled(store)
    admin = Caller(wrapped(
        api, policy=lambda context, action, target:
        target['project_id'] == context.project_id), 'root:beta:admin')
    assert statuses(admin, one) == [200, 404, 404]
    assert admin(f'./{other}').status_int == 200


def test_a_policy_by_user_refuses_within_the_project(store):
    api, one, _ = filled(store)
    application = wrapped(
        api, policy=lambda context, action, target:
        target['user_id'] == context.user_id)
    assert statuses(Caller(application, 'eve:alpha'), one) == [200, 403, 403]
    assert statuses(Caller(application, 'ada:alpha'), one) == [200, 200, 204]


@pytest.mark.parametrize('answer', [None, 0, '', False])
def test_a_policy_that_does_not_say_yes_says_no(store, answer):
    api, one, _ = filled(store)
    caller = Caller(wrapped(api, policy=lambda *asked: answer))
    assert statuses(caller, one) == [403, 403, 403]


def test_a_policy_that_fails_lets_nobody_in(store):
    def fail(*asked):
        raise RuntimeError('hunter2')

    api, one, _ = filled(store)
    caller = Caller(wrapped(api, policy=fail))
    assert statuses(caller, one) == [500, 500, 500]
    assert 'hunter2' not in caller('.').text
    assert Caller(wrapped(api)).ids() == [one]


def test_the_default_asks_the_api_who_is_an_admin(store):
    api, one, _ = filled(
        store, sees_all=lambda context: context.user_id == 'root')
    application = wrapped(api)
    root = Caller(application, 'root:')
    assert root(f'/v3/messages/{one}').status_int == 200
    assert len(root.ids('/v3/messages?all_tenants=1')) == 2
    other = Caller(application, 'eve:beta:admin')
    assert other(f'./{one}').status_int == 404


@pytest.mark.parametrize('project', [None, '', 'a\0', 5])
def test_no_project_owns_nothing(project):
    stranger = context()
    stranger.project_id = project
    allows = policy.owner_or_admin()
    for action in ACTIONS:
        assert not allows(stranger, action, policy.target_of(stranger))
        assert not allows(None, action, policy.target_of(None))


@pytest.fixture
def enforcer(tmp_path):
    """An enforcer of a service, with a rule of its own."""
    conf = cfg.ConfigOpts()
    conf([], project='volumes', default_config_files=[])
    made = oslo.Enforcer(conf, policy_file=str(tmp_path / 'policy.yaml'))
    made.register_default(oslo.RuleDefault(
        'message:delete', 'role:janitor and project_id:%(project_id)s'))
    return made


def test_the_rules_of_messages_have_cinders_names():
    assert {rule.name for rule in oslo_policy.rules()} == {
        *ACTIONS, 'context_is_admin', 'action:get_all', 'action:get',
        'action:details', 'fault:get_all'}


def test_rules_of_oslo_policy_hold(store, enforcer):
    rules = oslo_policy.OsloPolicy(enforcer)
    api, one, other = filled(store, sees_all=rules.sees_all)
    application = wrapped(api, policy=rules)
    # The service's own rule for deleting was there before.
    assert statuses(Caller(application), one) == [200, 200, 403]
    assert statuses(Caller(application), other) == [200, 404, 403]
    admin = Caller(application, 'root:beta:admin')
    assert statuses(admin, one) == [200, 200, 403]
    assert len(admin.ids('.?all_tenants=1')) == 2
    janitor = Caller(application, 'joe:alpha:janitor')
    assert statuses(janitor, one) == [200, 200, 204]
    assert Caller(application, 'ada')('/v3/messages').status_int == 403


def test_a_policy_file_changes_them(store, enforcer, tmp_path):
    (tmp_path / 'policy.yaml').write_text(
        '"message:get_all": "role:reader"\n'
        '"context_is_admin": "user_id:root"\n')
    rules = oslo_policy.OsloPolicy(enforcer)
    api, one, _ = filled(store, sees_all=rules.sees_all)
    application = wrapped(api, policy=rules)
    assert statuses(Caller(application), one) == [403, 200, 403]
    assert Caller(application, 'ada:alpha:reader').ids() == [one]
    root = Caller(application, 'root:beta:reader')
    assert root(f'./{one}').status_int == 200
    assert Caller(application, 'eve:beta:admin')(
        f'./{one}').status_int == 404


def test_what_is_no_context_is_nobody(enforcer):
    rules = oslo_policy.OsloPolicy(enforcer)
    for nobody in (None, {}, 'root', object()):
        assert not rules(nobody, 'message:get', {'project_id': None})
        assert not rules.sees_all(nobody)


@pytest.mark.parametrize(('own', 'admin', 'of', 'allowed'), [
    ('alpha', False, 'alpha', True),
    ('alpha', False, 'beta', False),
    ('alpha', False, None, False),
    ('alpha', True, 'beta', True),
    ('alpha', 'yes', 'beta', False),
    (None, False, None, False),
    (None, False, 'alpha', False),
    (None, True, 'alpha', True),
    ('', False, '', False),
])
def test_without_a_policy_it_is_the_owner_or_an_admin(
        own, admin, of, allowed):
    who = context()
    who.project_id, who.is_admin = own, admin
    target = {'project_id': of, 'user_id': None}
    for action in ACTIONS:
        assert policy.owner_or_admin()(who, action, target) is allowed
