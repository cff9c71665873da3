# SPDX-License-Identifier: Apache-2.0
"""The Sphinx extension, in real builds where a warning is an error."""

import html.parser
import os
import pathlib
import re

import pytest
import warm_python

ROOT = pathlib.Path(__file__).parent.parent
IMPORTS = f'''
import importlib, sys
sys.path.insert(0, {str(ROOT)!r})
import sphinx.application, sphinx.cmd.build, sphinx.cmd.make_mode
for name in sphinx.application.builtin_extensions:
    importlib.import_module(name)
import errorkit.sphinxext
'''
CONF = '''
import pathlib, sys
sys.path.insert(0, str(pathlib.Path(__file__).parent))
project = 'volumes'
extensions = ['errorkit.sphinxext']
html_theme = 'basic'
'''
CODES = '''
from errorkit import Catalog

CATALOG = Catalog('volume', help_base='https://example.org/errors/')
CATALOG.define('volume.name_exists', status=409, title='Name exists',
               meaning='Another volume has this name.', since='3.5',
               retry='never')
CATALOG.define('volume.name-exists', status=400,
               meaning='A *star*, `x`_ and <b>.\\n\\nSecond paragraph.')
CATALOG.define('volume.gone', status=404, deprecated_since='3.20',
               replaced_by='volume.snapshot.not_found')
CATALOG.define('volume.elsewhere', status=502,
               replaced_by='image.not_found', help='javascript:alert(1)')
CATALOG.define('volume.unlucky', status=409, retired=True)
CATALOG.define('volume.snapshot.not_found', status=404,
               renames={(3, 30): 'volume.snapshot.none'})
'''
INDEX = '''
Volumes
=======

See :error-code:`volume.gone` and :error-code:`that <volume.snapshot.none>`.

.. toctree::

   codes
'''
PAGE = '''
Codes
=====

Here is :error-code:`volume.name_exists`.

.. error-codes:: volume_codes:CATALOG
'''


class Links(html.parser.HTMLParser):
    """Read the links and anchors of a page."""

    def __init__(self, text):
        super().__init__()
        self.links = []
        self.ids = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        found = dict(attrs)
        if tag == 'a' and 'reference' in (found.get('class') or ''):
            self.links.append(found['href'])
        if 'id' in found:
            self.ids.append(found['id'])


class Project:
    """A documentation that can be built."""

    def __init__(self, folder, python):
        self.folder = folder
        self.python = python
        self.source = folder / 'source'
        self.source.mkdir()
        self.write('conf.py', CONF)
        self.write('volume_codes.py', CODES)

    def write(self, name, text):
        """Write a file of the source."""
        (self.source / name).write_text(text, encoding='utf-8')

    def build(self, builder='html', *options):
        """Return the exit status and what Sphinx says; no warning passes."""
        status, out, err = self.python.run(
            'sphinx', ['-W', '--keep-going', '-N', '-b', builder, *options,
                       self.source, self.folder / builder],
            self.folder, dict(os.environ))
        return status, out + err

    def read(self, name):
        """Return a file that was built."""
        return (self.folder / name).read_text(encoding='utf-8')


@pytest.fixture(scope='module')
def python(tmp_path_factory):
    """A Python that has imported Sphinx and the extension."""
    with warm_python.having(
            IMPORTS, tmp_path_factory.mktemp('python'), '-B') as found:
        yield found


@pytest.fixture
def project(tmp_path, python):
    """Return an empty documentation."""
    return Project(tmp_path, python)


@pytest.fixture(scope='module')
def built(tmp_path_factory, python):
    """Return a documentation that has been built."""
    project = Project(tmp_path_factory.mktemp('docs'), python)
    project.write('index.rst', INDEX)
    project.write('codes.rst', PAGE)
    status, told = project.build()
    assert status == 0, told
    return project


def plain(text):
    """Return the text of some HTML."""
    return re.sub(r'\s+', ' ', re.sub(r'<[^>]+>', '', text))


def test_every_code_has_an_anchor_of_its_own(built):
    ids = Links(built.read('html/codes.html')).ids
    anchors = [name for name in ids if name.startswith('error-code-')]
    assert len(anchors) == len(set(anchors)) == 10


def test_the_page_says_what_the_catalog_says(built):
    text = plain(built.read('html/codes.html'))
    assert 'volume.name_exists Name exists' in text
    assert 'Another volume has this name.' in text
    assert 'microversion 3.5' in text
    assert 'This code is retired.' in text
    assert 'Deprecated since' in text


def test_a_meaning_is_text_and_no_markup(built):
    page = built.read('html/codes.html')
    assert '<p>A *star*, `x`_ and &lt;b&gt;.</p>' in page
    assert '<p>Second paragraph.</p>' in page


def test_the_role_links_to_the_code(built):
    page = Links(built.read('html/codes.html'))
    targets = [link for link in Links(built.read('html/index.html')).links
               if link.startswith('codes.html#error-code')]
    assert len(targets) == 2
    for target in targets:
        assert target.partition('#')[2] in page.ids
    inner = [link[1:] for link in page.links if link[0] == '#']
    assert len([name for name in inner if 'error-code' in name]) >= 2
    assert set(inner) <= {'', *page.ids}


def test_a_renamed_string_links_to_its_code(built):
    page = built.read('html/index.html')
    [target] = re.findall(r'href="codes\.html#([^"]*)"[^>]*><code[^>]*>'
                          r'<span class="pre">that</span>', page)
    assert 'not' in target


def test_a_link_that_is_not_of_the_web_is_no_link(built):
    assert not any(link.startswith('javascript') for link in
                   Links(built.read('html/codes.html')).links)


def test_every_code_is_in_the_index(built):
    index = plain(built.read('html/genindex.html'))
    for name in ('volume.name_exists', 'volume.name-exists', 'volume.gone',
                 'volume.snapshot.none', 'volume.undefined_code'):
        assert name in index
    assert 'error code' in index


def test_other_projects_can_link_to_the_codes(built):
    from sphinx.util.inventory import InventoryFile

    with open(built.folder / 'html/objects.inv', 'rb') as file:
        found = InventoryFile.load(
            file, 'https://x', lambda base, path: f'{base}/{path}')
    try:
        names = set(found['std:error-code'])
    except TypeError:  # Sphinx 9 has a class for it
        names = set(found.data['std:error-code'])
    assert {'volume.name_exists', 'volume.snapshot.none'} <= names
    assert len(names) == 11


@pytest.mark.parametrize('builder', ['text', 'latex', 'man'])
def test_other_builders_can_write_it(built, builder):
    status, told = built.build(builder)
    assert status == 0, told


def test_only_what_has_changed_is_written_again(project):
    project.write('index.rst', INDEX)
    project.write('codes.rst', PAGE)
    assert project.build()[0] == 0
    status, told = project.build()
    assert status == 0
    assert '0 added, 0 changed, 0 removed' in told
    module = project.source / 'volume_codes.py'
    project.write('volume_codes.py', CODES.replace('Another', 'One more'))
    later = module.stat().st_mtime + 10
    os.utime(module, (later, later))
    status, told = project.build()
    assert status == 0
    assert '0 added, 1 changed, 0 removed' in told
    assert 'One more volume' in plain(project.read('html/codes.html'))


def test_a_module_that_declares_codes_is_depended_on_too(project):
    package = project.source / 'shop'
    package.mkdir()
    (package / '__init__.py').write_text('')
    (package / 'catalog.py').write_text(
        "from errorkit import Catalog\nCATALOG = Catalog('shop')\n")
    more = package / 'more.py'
    text = ('from shop.catalog import CATALOG\n'
            "CATALOG.define('shop.one', status=409, meaning='First.')\n")
    more.write_text(text)
    (package / 'codes.py').write_text(
        'from shop import more\nfrom shop.catalog import CATALOG\n')
    project.write('index.rst', 'X\n=\n\n.. error-codes:: shop.codes:CATALOG\n')
    assert project.build('text')[0] == 0
    more.write_text(text.replace('First', 'Second'))
    later = more.stat().st_mtime + 10
    os.utime(more, (later, later))
    status, told = project.build('text')
    assert status == 0
    assert '0 added, 1 changed, 0 removed' in told
    assert 'Second.' in project.read('text/index.txt')


def test_pages_can_be_read_in_parallel(project):
    pages = [f'page{number}' for number in range(8)]
    for number, page in enumerate(pages):
        project.write(f'{page}.rst', (
            f'Page {number}\n======\n\n:error-code:`volume.gone`\n'))
    project.write('codes.rst', PAGE)
    project.write('index.rst', INDEX + ''.join(
        f'   {page}\n' for page in pages))
    status, told = project.build('html', '-j', '3')
    assert status == 0, told
    for page in pages:
        links = Links(project.read(f'html/{page}.html')).links
        assert [one for one in links if 'error-code-volume' in one]


def names_of(text):
    """Return the codes that a page in plain text describes."""
    return re.findall(r'^(volume\.[\w.-]+)(?: .*)?$', text, re.M)


@pytest.mark.parametrize(('options', 'names'), [
    (':status: 409', ['volume.name_exists', 'volume.undefined_code',
                      'volume.unlucky']),
    (':status: 409\n   :hide-retired:',
     ['volume.name_exists', 'volume.undefined_code']),
    (':status: 404, 500-502\n   :prefix: volume.snapshot',
     ['volume.snapshot.not_found']),
    (':prefix: volume.snapshot.', ['volume.snapshot.not_found']),
    (':prefix: volume.gone', ['volume.gone']),
])
def test_the_options_choose_among_the_codes(project, options, names):
    project.write('index.rst', (
        'X\n=\n\n.. error-codes:: volume_codes:CATALOG\n   ' + options + '\n'))
    status, told = project.build('text')
    assert status == 0, told
    assert names_of(project.read('text/index.txt')) == names


def test_codes_can_be_on_a_second_page_without_anchors(project):
    project.write('index.rst', INDEX + '   second\n')
    project.write('codes.rst', PAGE)
    project.write('second.rst', PAGE + '   :no-index:\n')
    status, told = project.build()
    assert status == 0, told
    second = project.read('html/second.html')
    assert 'volume.name_exists' in plain(second)
    assert not [name for name in Links(second).ids if 'error-code' in name]


def test_without_that_the_second_page_is_told(project):
    project.write('index.rst', INDEX + '   second\n')
    project.write('codes.rst', PAGE)
    project.write('second.rst', PAGE)
    status, told = project.build('dummy')
    assert status == 1
    assert re.search(r'second\.rst:\d+: WARNING: duplicate error-code '
                     r'description of volume\.gone, other instance in codes',
                     told)


BAD = [
    ('.. error-codes:: nowhere.codes:CATALOG', "no module 'nowhere'"),
    ('.. error-codes:: volume_codes:NONE', 'has no'),
    ('.. error-codes:: volume_codes:Catalog', 'not a Catalog'),
    ('.. error-codes:: volume_codes', 'MODULE:CATALOG'),
    ('.. error-codes::', '1 argument(s) required, 0 supplied'),
    ('.. error-codes:: broken:CATALOG', 'ZeroDivisionError'),
    ('.. error-codes:: volume_codes:CATALOG\n   :status: 200',
     "'200' is neither a status nor 400-499"),
    ('.. error-codes:: volume_codes:CATALOG\n   :status:',
     'a status such as 409'),
    ('.. error-codes:: volume_codes:CATALOG\n   :prefix: Volume!',
     'the first labels of codes'),
    ('.. error-codes:: volume_codes:CATALOG\n   :colour: red',
     'unknown option'),
    ('.. error-codes:: volume_codes:CATALOG\n   :status: 418\n'
     '   :prefix: volume.gone', 'no code of volume_codes:CATALOG is like'),
    (':error-code:`volume.none`', 'volume.none'),
]


def test_what_is_wrong_is_said_with_its_line(project):
    project.write('broken.py', '1 / 0\n')
    text = 'X\n=\n'
    lines = []
    for source, _ in BAD:
        lines.append(text.count('\n') + 2)
        text += f'\n{source}\n'
    project.write('index.rst', text)
    status, told = project.build('text')
    assert status == 1
    for line, (source, said) in zip(lines, BAD, strict=True):
        found = re.search(
            rf'index\.rst:{line}: (?:ERROR|WARNING): (.*(?:\n(?!/).*)*)',
            told)
        assert found, (source, told)
        assert said in re.sub(r'\s+', ' ', found[1]), source
    assert 'Traceback' not in told
