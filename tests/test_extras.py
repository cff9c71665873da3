# SPDX-License-Identifier: Apache-2.0
"""The core imports with nothing installed but what it requires."""

import configparser
import importlib.metadata
import json
import pathlib
import subprocess
import sys

import packaging.requirements
import packaging.utils

ROOT = pathlib.Path(__file__).parent.parent

# The rooms that need an extra; all others are the core.
EXTRAS = {
    'errorkit.outcomes.sql': 'db',
    'errorkit.outcomes.rest.oslo_policy': 'policy',
    'errorkit.observers.oslo_messaging': 'messaging',
    'errorkit.observers.prometheus': 'prometheus',
    'errorkit.observers.opentelemetry': 'opentelemetry',
    'errorkit.observers.sentry': 'sentry',
    'errorkit.trace.opensearch': 'opensearch',
    # Of libraries that the caller has, or does not ask for.
    'errorkit.propagate.httpx': 'httpx',
    'errorkit.propagate.keystoneauth': 'keystoneauth1',
    'errorkit.propagate.requests': 'requests',
    'errorkit.propagate.urllib3': 'urllib3',
    'errorkit.testing': 'testing',
    'errorkit.sphinxext': 'docs',
}

PROGRAM = '''
import importlib, importlib.abc, json, sys

blocked, modules = json.load(sys.stdin)


class Blocker(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name.partition('.')[0] in blocked:
            raise ImportError(f'{name} is blocked', name=name)


sys.meta_path.insert(0, Blocker())
before = set(sys.modules)  # a .pth file may have begun a namespace package
for name in modules:
    importlib.import_module(name)
print(json.dumps([*set(sys.modules) - before]))
'''


def required(extra=None):
    """Return what setup.cfg requires, for the core or for an extra."""
    config = configparser.ConfigParser()
    config.read(ROOT / 'setup.cfg')
    text = (config['options']['install_requires'] if extra is None
            else config['options.extras_require'][extra])
    return [packaging.requirements.Requirement(line)
            for line in text.splitlines() if line and line[0] != '#']


def closure(requirements):
    """Return the names of distributions that these requirements install."""
    found, todo = set(), list(requirements)
    while todo:
        requirement = todo.pop()
        name = packaging.utils.canonicalize_name(requirement.name)
        marker = requirement.marker
        if name in found or (marker and not marker.evaluate({'extra': ''})):
            continue
        found.add(name)
        todo.extend(map(packaging.requirements.Requirement,
                        importlib.metadata.requires(name) or ()))
    return found


def core_modules():
    """Return the names of all modules that need no extra."""
    names = []
    for path in sorted((ROOT / 'errorkit').rglob('*.py')):
        parts = path.relative_to(ROOT).with_suffix('').parts
        name = '.'.join(parts).removesuffix('.__init__')
        if not any(name == room or name.startswith(room + '.')
                   for room in EXTRAS):
            names.append(name)
    return names


def third_party():
    """Return all installed top-level modules that the core doesn't need."""
    core = closure(required())
    return sorted(
        module
        for module, owners in
        importlib.metadata.packages_distributions().items()
        if module.isidentifier() and module != 'errorkit'
        and not core & set(map(packaging.utils.canonicalize_name, owners)))


def import_all(modules, blocked):
    """Import modules in a new Python in which the blocked ones are absent."""
    return subprocess.run(
        [sys.executable, '-c', PROGRAM], cwd=ROOT, text=True,
        input=json.dumps([blocked, modules]), capture_output=True,
        timeout=60, check=False)


def test_the_core_imports_when_every_extra_is_absent():
    blocked = third_party()
    assert 'pytest' in blocked
    result = import_all(core_modules(), blocked)
    assert result.returncode == 0, result.stderr
    imported = {name.partition('.')[0] for name in json.loads(result.stdout)}
    assert 'errorkit' in imported
    assert imported.isdisjoint(blocked)


def test_a_blocked_module_is_really_absent():
    result = import_all(['pytest'], ['pytest'])
    assert result.returncode == 1
    assert 'pytest is blocked' in result.stderr


def test_what_the_core_requires_is_never_blocked():
    assert {'webob', 'oslo_context', 'oslo_i18n',
            'microversion_parse'}.isdisjoint(third_party())
