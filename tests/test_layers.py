# SPDX-License-Identifier: Apache-2.0
"""The direction of the imports: a module imports only from layers below."""

import ast
import pathlib

import pytest

PACKAGE = pathlib.Path(__file__).parent.parent / 'errorkit'

# A room is a module, or a folder with all that is in it. A room in this
# table may import rooms with a smaller number, and nothing of its own number;
# a folder's modules may import each other, as long as they form no circle.
LAYERS = {
    '__main__': 11,
    'errorkit': 10,
    'testing': 9, 'cli': 9, 'sphinxext': 9,
    'pipeline': 8, 'outcomes.rest': 8, 'outcomes.sql': 8, 'help_pages': 8,
    'commands': 8,
    'request_id': 7, 'request_log': 7, 'fault_wrap': 7, 'context': 7,
    'microversion': 7, 'handler': 7, 'outcomes': 7, 'client': 7,
    'export': 7, 'validation': 7,
    'answering': 6,
    'report': 5, 'propagate': 5, 'global_id': 5,
    'formats': 4, 'observers': 4, 'current': 4,
    'id_headers': 4, 'version_headers': 4,
    'error': 3, 'domain': 3, 'log': 3, '_wsgi': 3, 'trust': 3,
    'request_context': 3,
    'codes': 2, '_headers': 2, '_paste': 2, 'ids': 2, 'masking': 2,
    'saying': 2,
    'trail': 2, 'tracebacks': 2,
    'keys': 1, 'exceptions': 1, '_i18n': 1, 'versions': 1,
    'traceparent': 1, 'secrets': 1,
}
# Rooms apart: what they may import, whatever the layers say.
APART = {'trace': {'keys', 'ids'}}


def module_name(path):
    """Return a file's name inside the package: '' is the front door."""
    parts = path.relative_to(PACKAGE).with_suffix('').parts
    if parts[-1] == '__init__':
        parts = parts[:-1]
    return '.'.join(parts)


MODULES = {module_name(path): path for path in PACKAGE.rglob('*.py')}


def room_of(module, table):
    """Return the room of the table that a module belongs to, or None."""
    if not module:
        return 'errorkit'
    parts = module.split('.')
    for length in range(len(parts), 0, -1):
        room = '.'.join(parts[:length])
        if room in table:
            return room
    return None


def imports_of(module, path, modules):
    """Return the modules of the package that one of its files imports."""
    package = module.split('.') if module else []
    if path.name != '__init__.py':
        package = package[:-1]
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            for alias in node.names:
                top, _, rest = alias.name.partition('.')
                if top == 'errorkit':
                    found.add(rest)
        elif isinstance(node, ast.ImportFrom):
            origin = node.module.split('.') if node.module else []
            if node.level:
                origin = package[:len(package) - node.level + 1] + origin
            elif origin[:1] == ['errorkit']:
                origin = origin[1:]
            else:
                continue
            for alias in node.names:
                name = '.'.join([*origin, alias.name])
                found.add(name if name in modules else '.'.join(origin))
    return found - {module}


def complaints(module, imported, layers, apart):
    """Return what is wrong with a module's imports, one line each."""
    room = room_of(module, {**layers, **apart})
    if room is None:
        return [f'{module} stands in no layer']
    wrong = []
    for other in sorted(imported):
        other_room = room_of(other, {**layers, **apart})
        if other_room == room:
            continue
        if room in apart:
            allowed = other_room in apart[room]
        else:
            allowed = layers[room] > layers.get(other_room, 99)
        if not allowed:
            wrong.append(f'{module or "errorkit"} imports '
                         f'{other or "errorkit"}')
    return wrong


def circles(modules):
    """Return the modules that import themselves by way of others."""
    graph = {name: imports_of(name, path, modules)
             for name, path in modules.items() if name}
    found = []
    for start in graph:
        seen, todo = set(), list(graph[start])
        while todo:
            name = todo.pop()
            if name not in seen:
                seen.add(name)
                todo.extend(graph.get(name, ()))
        if start in seen:
            found.append(start)
    return found


@pytest.mark.parametrize('module', sorted(MODULES))
def test_a_module_imports_only_from_below(module):
    imported = imports_of(module, MODULES[module], MODULES)
    assert complaints(module, imported, LAYERS, APART) == []


def test_no_module_imports_itself_by_way_of_others():
    assert circles(MODULES) == []


@pytest.mark.parametrize(('module', 'imported', 'wrong'), [
    pytest.param('error', {'codes'}, False, id='down'),
    pytest.param('codes', {'error'}, True, id='up'),
    pytest.param('request_id', {'request_log'}, True, id='sideways'),
    pytest.param('formats.html', {'formats.text'}, False, id='in a folder'),
    pytest.param('formats.html', {'observers'}, True, id='folder to folder'),
    pytest.param('outcomes.rest', {'outcomes.store'}, False, id='folder top'),
    pytest.param('outcomes.store', {'outcomes.rest'}, True, id='folder up'),
    pytest.param('handler', {''}, True, id='front door'),
    pytest.param('trace.graph', {'keys'}, False, id='trace to keys'),
    pytest.param('trace.graph', {'error'}, True, id='trace to error'),
    pytest.param('pipeline', {'trace'}, True, id='into trace'),
    pytest.param('misc', set(), True, id='no layer'),
    pytest.param('', {'pipeline'}, False, id='front door may'),
])
def test_the_rule_itself_tells_right_from_wrong(module, imported, wrong):
    assert bool(complaints(module, imported, LAYERS, APART)) == wrong


def test_every_way_to_write_an_import_is_seen(tmp_path):
    source = tmp_path / 'html.py'
    source.write_text(
        'import errorkit.keys\n'
        'from errorkit import codes\n'
        'from errorkit.error import Error\n'
        'from .. import log\n'
        'from . import text\n'
        'from .api_sig import dump\n'
        'def late():\n'
        '    from errorkit import wrap\n')
    known = {'codes', 'log', 'formats.text', 'formats.html'}
    assert imports_of('formats.html', source, known) == {
        'keys', 'codes', 'error', 'log', 'formats.text', 'formats.api_sig',
        ''}
