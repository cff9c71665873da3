# SPDX-License-Identifier: Apache-2.0
"""Takes away what keeps tenants apart, piece by piece: a test has to fail.

::

    python benchmarks/mutants.py [PART OF A LINE…]

Works on a copy. The tests need ERRORKIT_TEST_POSTGRESQL_URL and
ERRORKIT_TEST_MYSQL_URL; without arguments, all pieces are tried.
"""

from __future__ import annotations

import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).parent.parent
ROOM = 'errorkit/outcomes'
TESTS = [
    f'tests/outcomes/test_{name}.py'
    for name in ('memory_store', 'sql_store', 'reading', 'rest',
                 'rest_policy', 'rest_links', 'sql_suite', 'rest_hostile')
]
# Where, what stands there, and what is put in its place.
MUTANTS = [
    ('sql/pages.py', 'return MESSAGES.c.project_id == project_id',
     'return sa.true()'),
    ('sql/pages.py', 'return sa.false()', 'return sa.true()'),
    ('sql/pages.py', 'found = found.where(_between(project_id))', 'pass'),
    ('sql/pages.py', 'found = found.where(of(project_id))', 'pass'),
    ('sql/pages.py', '.between(project_id, project_id)', '>= project_id'),
    ('sql/pages.py', '.between(project_id, project_id)', '<= project_id'),
    ('sql/messages.py', """query = pages.SELECT.where(
            MESSAGES.c.id == id, pages.of(project_id)""",
     'query = pages.SELECT.where(MESSAGES.c.id == id'),
    ('sql/messages.py', """statement = sa.delete(MESSAGES).where(
            MESSAGES.c.id == id, pages.of(project_id)""",
     'statement = sa.delete(MESSAGES).where(MESSAGES.c.id == id'),
    ('sql/messages.py', 'return self._get(project_id, id)',
     'return self._get(pages.Every.TENANT, id)'),
    ('sql/messages.py', 'return self._list(project_id, page)',
     'return self._list(pages.Every.TENANT, page)'),
    ('sql/messages.py', 'return self._delete(project_id, id)',
     'return self._delete(pages.Every.TENANT, id)'),
    ('sql/messages.py', 'pages.query(project_id,',
     'pages.query(pages.Every.TENANT,'),
    ('sql/messages.py', 'if self._get(project_id, id) is None:\n'
     '            return False', 'pass'),
    ('memory.py', 'or found.project_id != project_id', ''),
    ('memory.py', 'if message.project_id == project_id', ''),
    ('memory.py', 'self.get(project_id, id) is None',
     'id not in self._messages'),
    ('reading.py', 'self.store.get(project_id, known)',
     'self.store.get_of_any_project(known)'),
    ('reading.py', 'self.store.delete(project_id, known)',
     'self.store.delete_of_any_project(known)'),
    ('reading.py', 'functools.partial(self.store.get, project_id)',
     'self.store.get_of_any_project'),
    ('reading.py', 'functools.partial(self.store.list, project_id)',
     'self.store.list_of_all_projects'),
    ('reading.py', """marker,
            project_id,
            functools""", """marker,
            None,
            functools"""),
    ('reading.py', 'functools.partial(self.store.get, of_one)',
     'self.store.get_of_any_project'),
    ('reading.py', 'functools.partial(self.store.list, of_one)',
     'self.store.list_of_all_projects'),
    ('reading.py', """marker,
                of_one,
                functools""", """marker,
                None,
                functools"""),
    ('reading.py', 'if of_one is not None:', 'if False:'),
    ('reading.py', 'if project_id is None or known is None',
     'if known is None'),
    ('reading.py', """project_id is None
            or known is None""", 'known is None'),
    ('reading.py', 'if project_id is None:\n            if marker',
     'if False:\n            if marker'),
    ('reading.py', """self._check_sees_all(context)
        known = _id_of(id)
        if known is None:""", """known = _id_of(id)
        if known is None:"""),
    ('reading.py', """self._check_sees_all(context)
        known = _id_of(id)
        if known is None or""", """known = _id_of(id)
        if known is None or"""),
    ('reading.py', """self._check_sees_all(context)
        found""", 'found'),
    ('reading.py', 'self.sees_all(context) is not True',
     'not self.sees_all(context)'),
    ('reading.py', "attribute(context, 'is_admin') is True",
     "bool(attribute(context, 'is_admin'))"),
    ('fitting.py', 'if plain and is_fit(plain, width)', 'if plain'),
    ('cursor.py', '[project_id, [[one', '[None, [[one'),
    ('cursor.py', 'if not hmac.compare_digest(digest, due)', 'if False'),
    ('rest/application.py',
     'if route.project_id not in (None, own) and own is not None:',
     'if False:'),
    ('rest/single.py', """self._found(context, id, policy.DELETE, None)
""", '\n'),
    ('rest/single.py', 'if not self._allows(context, action, target):',
     'if False:'),
    ('rest/single.py', 'if not self._allows(context, action, policy.target',
     'if False and (policy.target'),
    ('rest/single.py',
     "if message.project_id == attribute(context, 'project_id'):",
     'if True:'),
    ('rest/listed.py',
     'if not self._allows(context, policy.GET_ALL, own):', 'if False:'),
    ('rest/policy.py', 'own is not None and own == target', 'own == target'),
    ('rest/policy.py', 'own is not None and own == target[\'project_id\']',
     'own is not None'),
    ('rest/policy.py', 'return sees_all(context) is True', 'return True'),
    ('rest/caller.py', "if id and attribute(found, 'request_id') == id:",
     'if found is not None:'),
    ('rest/caller.py', 'if id and attribute', 'if attribute'),
]


def run(copy):
    """Return pytest's exit status and the first test that failed."""
    # Those of hypothesis look for the least example when they fail.
    status, first = asked(copy, 'not hypothesis')
    return asked(copy, 'hypothesis') if status == 0 else (status, first)


def asked(copy, marks):
    """Run the tests with some marks."""
    done = subprocess.run(
        [sys.executable, '-m', 'pytest', '-x', '-q', '-p',
         'no:cacheprovider', '--no-header', '--tb=no', '-m', marks, *TESTS],
        cwd=copy, text=True, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env={**os.environ, 'PYTHONPATH': str(copy),
             'PYTHONDONTWRITEBYTECODE': '1'})
    first = [line for line in done.stdout.splitlines()
             if line.startswith(('FAILED', 'ERROR'))]
    return done.returncode, first[0] if first else ''


def main(*parts):
    """Try all, or those with a part; return how many survived."""
    survived = 0
    with tempfile.TemporaryDirectory() as folder:
        copy = pathlib.Path(folder, 'copy')
        shutil.copytree(HERE, copy, ignore=shutil.ignore_patterns(
            '.git', '.venv', '__pycache__', '.hypothesis', 'build'))
        for place, old, new in MUTANTS:
            name = f'{place}: {" ".join(old.split())} -> {new.strip()}'
            if parts and not any(part in name for part in parts):
                continue
            path = copy / ROOM / place
            text = path.read_text()
            if old not in text:
                survived += 1
                print(f'GONE      {name}', flush=True)
                continue
            path.write_text(text.replace(old, new))
            began = time.monotonic()
            status, first = run(copy)
            path.write_text(text)
            survived += status != 1
            said = {0: 'SURVIVED', 1: 'killed'}.get(status, 'BROKEN')
            print(f'{said:9} {name}\n          '
                  f'{time.monotonic() - began:.0f} s {first[:120]}',
                  flush=True)
    print(f'{survived} survived')
    return survived


if __name__ == '__main__':
    sys.exit(main(*sys.argv[1:]) > 0)
