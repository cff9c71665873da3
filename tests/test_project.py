# SPDX-License-Identifier: Apache-2.0
"""Rules for every file of the project: licence, docstrings, words, notes."""

import ast
import pathlib
import re

import pytest
import yaml

ROOT = pathlib.Path(__file__).parent.parent
SPDX = 'SPDX-License-Identifier: Apache-2.0'
FOLDERS = ('.ci', 'benchmarks', 'doc/source', 'errorkit', 'examples',
           'gabbits', 'releasenotes', 'tests')
NO_TEXT = {'.mo', '.pyc', '.png'}
# Where a licence line has no place, or the file is the licence.
NO_SPDX = {'LICENSE', '.gitignore', 'errorkit/py.typed',
           # JSON has no comments.
           'examples/volumes/error-codes.lock'}
SECTIONS = {'prelude', 'features', 'issues', 'upgrade', 'deprecations',
            'critical', 'security', 'fixes', 'other'}


def project_files():
    """Return every text file of the project, tools' leavings left out."""
    found = [path for path in ROOT.iterdir()
             if path.is_file() and path.suffix not in NO_TEXT
             and (path.name[0] != '.' or path.name in
                  {'.gitignore', '.pre-commit-config.yaml'})]
    for folder in FOLDERS:
        found += [path for path in (ROOT / folder).rglob('*')
                  if path.is_file() and path.suffix not in NO_TEXT
                  and '__pycache__' not in path.parts
                  and not any(part.startswith('.') for part in
                              path.relative_to(ROOT / folder).parts)]
    return sorted(path.relative_to(ROOT).as_posix() for path in found)


FILES = project_files()
PYTHON = [name for name in FILES if name.endswith('.py')]
NOTES = [name for name in FILES if name.startswith('releasenotes/notes/')]

# Written so that this file does not hold what it forbids.
FORBIDDEN = re.compile('|'.join((
    r'(?<![\w.:/])/(?:home|root|Users|work)/\w',
    r'\bpypi\.' r'org\b', r'\bpython' r'hosted\b', r'\bregistry\.' r'npm',
    r'\bTO' r'DO\b', r'\bFIX' r'ME\b', r'\bXX' r'X\b',
)))


def read(name):
    """Return a file's text."""
    return (ROOT / name).read_text(encoding='utf-8')


@pytest.mark.parametrize('name', [n for n in FILES if n not in NO_SPDX])
def test_every_file_names_its_licence_at_the_top(name):
    assert SPDX in '\n'.join(read(name).split('\n')[:3])


@pytest.mark.parametrize('name', PYTHON)
def test_a_module_opens_with_a_docstring_that_says_what_it_is(name):
    text = read(name)
    first = (ast.get_docstring(ast.parse(text)) or '').split('\n')[0]
    assert first.endswith('.')
    assert text.startswith(f'# {SPDX}\n') or text.startswith('#!')


@pytest.mark.parametrize('name', FILES)
def test_no_file_holds_a_word_that_belongs_elsewhere(name):
    assert [line for line in read(name).split('\n')
            if FORBIDDEN.search(line)] == []


@pytest.mark.parametrize('line', [
    'see /ho' 'me/anna/errorkit', 'cd /ro' 'ot', 'https://py' 'pi.org/x',
    '# TO' 'DO: later'])
def test_the_forbidden_words_are_found(line):
    assert FORBIDDEN.search(line + '/x')


@pytest.mark.parametrize('line', [
    'https://example.org/home/x', 'GET /v3/project/work', 'the root folder'])
def test_ordinary_words_are_not_forbidden(line):
    assert not FORBIDDEN.search(line)


@pytest.mark.parametrize('name', [n for n in FILES if 'LICENSE' not in n
                                  and not n.endswith(('.po', '.pot'))])
def test_no_line_ends_in_blanks_and_every_file_ends_in_a_newline(name):
    text = read(name)
    assert re.findall(r'[ \t]+$', text, re.M) == []
    assert not text or (text.endswith('\n') and not text.endswith('\n\n'))


@pytest.mark.parametrize('name', NOTES)
def test_a_release_note_parses_and_has_known_sections(name):
    assert re.search(r'/[a-z0-9-]+-[0-9a-f]{16}\.yaml$', name)
    note = yaml.safe_load(read(name))
    assert note
    assert set(note) <= SECTIONS
    for section, entries in note.items():
        kind = str if section == 'prelude' else list
        assert isinstance(entries, kind)
        assert entries
        assert all(isinstance(entry, str) and entry for entry in entries)


def test_there_are_release_notes_and_their_names_differ_in_the_slug():
    slugs = [name[-21:] for name in NOTES]
    assert slugs
    assert len(set(slugs)) == len(slugs)
