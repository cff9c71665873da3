# SPDX-License-Identifier: Apache-2.0
"""A model of user messages: a list, a few projects, and who may see what."""

import datetime

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from message_samples import DAY, PERMITTED, UNABLE_TO_ALLOCATE, Clock, context

from errorkit.outcomes import retention
from errorkit.outcomes.exceptions import (
    MarkerNotFound,
    MessageNotFound,
    NotAllowed,
)
from errorkit.outcomes.messages import API
from errorkit.outcomes.records import FILTERABLE, SORTABLE, Order

PROJECTS = ['alpha', 'Alpha', 'alpha ', 'beta', 'a%']
UUIDS = [None, 'a', 'A', '', 'b']

projects = st.sampled_from(PROJECTS)
picks = st.integers(0, 10_000)
sorts = st.one_of(
    st.just((None, None)),
    st.tuples(
        st.lists(st.sampled_from(SORTABLE), max_size=3),
        st.lists(st.sampled_from(['asc', 'desc']), max_size=1),
    ))
filters = st.one_of(st.none(), st.fixed_dictionaries({}, optional={
    'resource_uuid': st.sampled_from(['a', 'A', '', 'none']),
    'message_level': st.sampled_from(['ERROR', 'INFO', 'error'])}))


def ordered(messages, order):
    """Return messages in an order; a missing value is the least."""
    found = list(messages)
    for key in reversed(order):
        found.sort(
            key=lambda one, name=key.column: (
                (0,) if getattr(one, name) is None
                else (1, getattr(one, name))),
            reverse=key.descending)
    return found


def order_due(keys, directions):
    """Return the order that is due for the arguments of a list."""
    keys, directions = list(keys or ()), list(directions or ())
    first = directions[0] if directions else 'desc'
    directions += [first] * (len(keys) + 2 - len(directions))
    order = []
    names = [*keys, *(name for name in ('created_at', 'id')
                      if name not in keys)]
    for number, name in enumerate(names):
        direction = directions[number] if number < len(keys) else first
        order.append(Order(name, direction == 'desc'))
    return order


def hostile_arguments():
    """Return arguments of a list that nobody means well with."""
    text = st.one_of(
        st.text(max_size=60),
        st.sampled_from([
            "' OR '1'='1", '"; DROP TABLE errorkit_messages; --', '\0',
            '\ud800', 'x' * 10_000, '%', '_', 'NULL', '1e9', '-1', '٣',
            '9' * 5000, 'm1.', 'm1.AAAA', 'id', 'project_id', 'asc', 'ERROR',
            'created_at desc']))
    value = st.one_of(text, st.none(), st.integers(), st.booleans(),
                      st.lists(text, max_size=2), st.binary(max_size=5))
    return st.fixed_dictionaries({}, optional={
        'filters': st.dictionaries(
            st.one_of(st.sampled_from(FILTERABLE), text), value, max_size=3),
        'marker': text,
        'limit': value,
        'offset': value,
        'sort_keys': st.one_of(
            st.none(), text, st.lists(
                st.one_of(st.sampled_from(SORTABLE), value), max_size=4)),
        'sort_dirs': st.one_of(
            st.none(), text, st.lists(
                st.one_of(st.sampled_from(['asc', 'desc']), value),
                max_size=4)),
    })


class Projects(RuleBasedStateMachine):
    """Several projects and an admin use one store.

    :param store: an empty one
    """

    def __init__(self, store):
        super().__init__()
        self.clock = Clock()
        self.store = store
        self.api = API(store, permitted=PERMITTED, clock=self.clock)
        self.kept = []
        self.gone = ['nothing']

    def of(self, project):
        """Return the messages of a project."""
        return [one for one in self.kept if one.project_id == project]

    def expect(self, found, rows):
        """Assert that a list is of these rows, in this order."""
        assert [one.message for one in found] == rows

    @rule(project=projects, uuid=st.sampled_from(UUIDS),
          level=st.sampled_from(['ERROR', 'INFO']),
          later=st.integers(0, 2))
    def create(self, project, uuid, level, later):
        """One more message."""
        self.clock.now += datetime.timedelta(microseconds=later)
        made = self.api.create(
            context('other'), UNABLE_TO_ALLOCATE, project,
            resource_uuid=uuid, level=level)
        assert made
        self.kept.append(self.store.get_of_any_project(made.id))
        one = self.kept[-1]
        assert (one.project_id, one.resource_uuid) == (project, uuid)

    @rule(project=projects, pick=picks)
    def get(self, project, pick):
        """Any message, by any project."""
        if not self.kept:
            return
        one = self.kept[pick % len(self.kept)]
        if one.project_id == project:
            assert self.api.get(context(project), one.id).message == one
        else:
            with pytest.raises(MessageNotFound):
                self.api.get(context(project, is_admin=True), one.id)

    @rule(project=projects, pick=picks)
    def delete(self, project, pick):
        """Any message, by any project."""
        if not self.kept:
            return
        one = self.kept[pick % len(self.kept)]
        if one.project_id == project:
            self.api.delete(context(project), one.id)
            self.kept.remove(one)
            self.gone.append(one.id)
        else:
            with pytest.raises(MessageNotFound):
                self.api.delete(context(project, is_admin=True), one.id)

    @rule(pick=picks)
    def admin_gets_and_deletes(self, pick):
        """An admin, by the methods for it; nobody else by these."""
        if not self.kept:
            return
        one = self.kept[pick % len(self.kept)]
        for call in (self.api.get_of_any_project,
                     self.api.delete_of_any_project):
            with pytest.raises(NotAllowed):
                call(context(one.project_id), one.id)
        admin = context('beta', is_admin=True)
        assert self.api.get_of_any_project(admin, one.id).message == one
        self.api.delete_of_any_project(admin, one.id)
        self.kept.remove(one)
        self.gone.append(one.id)

    @rule(project=projects, filters=filters, sort=sorts)
    def list(self, project, filters, sort):
        """A project's list, filtered and sorted."""
        due = ordered(
            [one for one in self.of(project) if all(
                getattr(one, name) == value
                for name, value in (filters or {}).items())],
            order_due(*sort))
        found = self.api.get_all(
            context(project), filters, None, None, None, *sort)
        self.expect(found, due)

    @rule(project=st.one_of(st.none(), projects), limit=st.integers(1, 3),
          sort=sorts)
    def walk(self, project, limit, sort):
        """A list page by page; None: an admin's of all projects."""
        rows = self.kept if project is None else self.of(project)
        due = ordered(rows, order_due(*sort))
        ask, who = self.api.get_all, context(project)
        if project is None:
            ask, who = self.api.get_all_of_all_projects, context(
                is_admin=True)
        marker, found = None, []
        for _ in range(len(rows) + 2):
            page = ask(who, None, marker, limit, None, *sort)
            found += page
            marker = page.next_marker
            if marker is None:
                break
        self.expect(found, due)

    @rule(project=projects, other=projects, pick=picks)
    def admin_lists_one_project(self, project, other, pick):
        """An admin filters by project; a marker of another is not found."""
        admin = context('beta', is_admin=True)
        rows = ordered(self.of(project), order_due(None, None))
        self.expect(self.api.get_all_of_all_projects(
            admin, {'project_id': project}), rows)
        foreign = self.of(other)
        if project != other and foreign:
            with pytest.raises(MarkerNotFound):
                self.api.get_all_of_all_projects(
                    admin, {'project_id': project},
                    foreign[pick % len(foreign)].id)

    @rule(mine=projects, other=projects, pick=picks)
    def use_a_foreign_marker(self, mine, other, pick):
        """A marker of another project, by id and as a cursor."""
        rows = self.of(other)
        if mine == other or not rows:
            return
        one = rows[pick % len(rows)]
        page = self.api.get_all(context(other), limit=1)
        for marker in (one.id, page.next_marker):
            with pytest.raises(MarkerNotFound):
                self.api.get_all(context(mine, is_admin=True), marker=marker)

    @rule(pick=picks, project=projects)
    def look_for_what_is_gone(self, pick, project):
        """A message that was deleted, or never was."""
        id = self.gone[pick % len(self.gone)]
        for call in (self.api.get, self.api.delete):
            with pytest.raises(MessageNotFound) as caught:
                call(context(project), id)
            assert caught.value.id == id
        with pytest.raises(MarkerNotFound):
            self.api.get_all(context(project), marker=id)

    @rule(days=st.integers(1, 40))
    def purge(self, days):
        """Time passes, and what has expired goes."""
        self.clock.now += days * DAY
        expired = [one for one in self.kept
                   if one.expires_at < self.clock.now]
        assert retention.purge(
            self.store, before=self.clock.now, pause=0) == len(expired)
        for one in expired:
            self.kept.remove(one)
            self.gone.append(one.id)

    @invariant()
    def nothing_is_lost_or_doubled(self):
        """An admin sees all that was kept, and nothing else."""
        found = self.api.get_all_of_all_projects(context(is_admin=True))
        assert {one.id for one in found} == {one.id for one in self.kept}
        assert len(found) == len(self.kept)
