# SPDX-License-Identifier: Apache-2.0
"""The lint: what it finds in source, and what it must say nothing about."""

import argparse
import json
import os
import pathlib
import re
import sys
import textwrap
import threading

import pytest
import webob.exc
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from errorkit.codes.lint import files, lint
from errorkit.codes.lint.findings import KINDS
from errorkit.commands import codes as commands

ROOT = pathlib.Path(__file__).parent.parent
EXAMPLE = ROOT / 'examples' / 'volumes'
CODES = '''\
import errorkit

CATALOG = errorkit.Catalog('shop')
TAKEN = CATALOG.define('shop.taken', status=409)
GONE = CATALOG.define('shop.gone', status=(404, 410))
'''
#: Uses both codes, so that nothing is left over.
USES = 'from shop import codes\nTABLE = [codes.TAKEN, codes.GONE]\n'
CONSTANTS = '''\
DEFAULT = 'shop.undefined_code'
TAKEN = 'shop.taken'
GONE = (
    'shop.gone')
VERSION = '1.0'
LOGGER = 'other.thing'
'''


@pytest.fixture
def shop(tmp_path, monkeypatch):
    """Return a function that lints a package of these modules."""
    monkeypatch.chdir(tmp_path)

    def run(handler='', *, codes=CODES, uses=USES, more=None, **options):
        package = tmp_path / 'shop'
        package.mkdir(exist_ok=True)
        modules = {'__init__': '', 'codes': codes, 'uses': uses,
                   'handler': textwrap.dedent(handler), **(more or {})}
        for name, source in modules.items():
            (package / f'{name}.py').write_text(source)
        return lint(['shop'], **options)

    return run


def told(report, *ids):
    """Return findings as text, without the names of files."""
    return [str(item).split(':', 1)[1] for item in report.findings
            if item.id in (ids or set(KINDS) - {'E103'})]


def raising(expression, imports='import webob.exc\nfrom shop import codes\n'):
    return f'{imports}def handle():\n    raise {expression}\n'


# -- E101: used and not declared

@pytest.mark.parametrize(('handler', 'text'), [
    pytest.param(raising("webob.exc.HTTPConflict('x', comment='shop.tkaen')"),
                 "'shop.tkaen' is not declared", id='a literal'),
    pytest.param(raising("webob.exc.HTTPConflict('x', None, 'shop.tkaen')"),
                 "'shop.tkaen' is not declared", id='by position'),
    pytest.param(raising("webob.exc.HTTPConflict('x', comment='wait')"),
                 "'wait' is not a code", id='no code at all'),
    pytest.param(raising('webob.exc.HTTPConflict(comment=codes.TKAEN)'),
                 'TKAEN is not declared in shop.codes', id='an attribute'),
    pytest.param(raising('codes.TKAEN.error()'),
                 'TKAEN is not declared in shop.codes', id='its error'),
    pytest.param("CODE = 'shop.tkaen'\n" + raising(
        'webob.exc.HTTPConflict(comment=CODE)'), 'not declared',
        id='a constant'),
    pytest.param("P = 'shop'\n" + raising(
        "webob.exc.HTTPConflict(comment=f'{P}.tkaen')"), "'shop.tkaen'",
        id='a formatted string'),
    pytest.param("P = 'shop.'\n" + raising(
        "webob.exc.HTTPConflict(comment=P + 'tkaen')"), "'shop.tkaen'",
        id='a sum'),
    pytest.param("class C:\n    CODE = 'shop.tkaen'\n" + raising(
        'webob.exc.HTTPConflict(comment=C.CODE)'), 'not declared',
        id='of a class'),
    pytest.param(raising("refuse('x', comment='shop.tkaen')"),
                 'not declared', id='a function of ours'),
    pytest.param("def f(error):\n    raise error(comment='shop.tkaen')\n",
                 'not declared', id='a class that came as an argument'),
    pytest.param("def f(error):\n    error.comment = 'shop.tkaen'\n",
                 'not declared', id='set later'),
    pytest.param("import errorkit\nerrorkit.Error(409, code='shop.tkaen')\n",
                 'not declared', id='an Error'),
    pytest.param(raising("HTTPConflict(comment='shop.tkaen')",
                         'from webob.exc import *\n'),
                 'not declared', id='import *'),
])
def test_a_code_that_is_not_declared_is_found(shop, handler, text):
    found = told(shop(handler))
    assert len(found) == 1
    assert 'E101' in found[0]
    assert text in found[0]


def test_a_finding_says_where_it_is(shop):
    report = shop(raising(
        "webob.exc.HTTPConflict(\n        'x', comment='shop.tkaen')"))
    assert [str(item) for item in report.findings] == [
        f'shop{os.sep}handler.py:5:22: E101 '
        "'shop.tkaen' is not declared"]


@pytest.mark.parametrize('imports', [
    'import webob\n', 'import webob.exc\n', 'import webob.dec\n',
    'import webob as w\n', 'import webob.exc as e\n',
    'from webob import exc\n', 'from webob import exc as e\n',
    'from webob.exc import HTTPConflict\n',
    'from webob.exc import HTTPConflict as C\n',
    'from webob.exc import *\n',
    'import webob\nCONFLICT = webob.exc.HTTPConflict\n',
    'from shop.webs import HTTPConflict\n', 'from .webs import e\n',
    'from . import webs\n', 'import shop.webs\n',
])
@pytest.mark.parametrize('where', ['module', 'function'])
def test_every_way_to_import_webob_is_understood(shop, imports, where):
    name = {
        'import webob as w\n': 'w.exc.HTTPConflict',
        'import webob.exc as e\n': 'e.HTTPConflict',
        'from webob import exc\n': 'exc.HTTPConflict',
        'from webob import exc as e\n': 'e.HTTPConflict',
        'from webob.exc import HTTPConflict\n': 'HTTPConflict',
        'from webob.exc import HTTPConflict as C\n': 'C',
        'from webob.exc import *\n': 'HTTPConflict',
        'import webob\nCONFLICT = webob.exc.HTTPConflict\n': 'CONFLICT',
        'from shop.webs import HTTPConflict\n': 'HTTPConflict',
        'from .webs import e\n': 'e.HTTPConflict',
        'from . import webs\n': 'webs.HTTPConflict',
        'import shop.webs\n': 'shop.webs.e.HTTPConflict',
    }.get(imports, 'webob.exc.HTTPConflict')
    if where == 'function' and '*' not in imports:
        inner = textwrap.indent(imports, '    ')
        handler = f"def f():\n{inner}    raise {name}('x')\n"
    else:
        handler = raising(f"{name}('x')", imports)
    report = shop(handler, more={
        'webs': 'from webob import exc as e\n'
                'from webob.exc import HTTPConflict\n'})
    assert len(told(report, 'E103')) == 1


@pytest.mark.parametrize('imports', [
    'from shop import codes\n', 'import shop.codes\n',
    'from . import codes\n', 'from .codes import TAKEN, GONE\n',
    'from shop.codes import *\n', 'import shop.codes as c\n',
    'from shop import codes as c\n', 'from shop.codes import TAKEN as T\n',
])
def test_every_way_to_import_a_code_is_understood(shop, imports):
    name = {'import shop.codes\n': 'shop.codes.TAKEN',
            'import shop.codes as c\n': 'c.TAKEN',
            'from shop import codes as c\n': 'c.TAKEN',
            'from .codes import TAKEN, GONE\n': 'TAKEN',
            'from shop.codes import *\n': 'TAKEN',
            'from shop.codes import TAKEN as T\n': 'T',
            }.get(imports, 'codes.TAKEN')
    report = shop(raising(f'webob.exc.HTTPGone(comment={name})',
                          'import webob.exc\n' + imports))
    assert ['E106' in text for text in told(report)] == [True]


# -- what cannot be told

@pytest.mark.parametrize('handler', [
    pytest.param(raising('webob.exc.HTTPConflict(comment=code)'),
                 id='a name from nowhere'),
    pytest.param('def f(codes):\n    import webob.exc\n'
                 '    raise webob.exc.HTTPConflict(comment=codes.TKAEN)\n',
                 id='an argument that hides a module'),
    pytest.param('import webob.exc\nfrom shop import codes\n'
                 'def f():\n    for codes in every():\n'
                 '        raise webob.exc.HTTPConflict(comment=codes.TKAEN)\n',
                 id='a loop that hides a module'),
    pytest.param('from webob import exc\n'
                 'try:\n    pass\nexcept ValueError as exc:\n'
                 "    raise exc.HTTPConflict(comment='x')\n",
                 id='an exception that hides webob'),
    pytest.param('import webob.exc\nif VERSION:\n    CODE = "shop.a"\n'
                 'else:\n    CODE = "shop.b"\n'
                 'def f():\n    raise webob.exc.HTTPConflict(comment=CODE)\n',
                 id='one of two'),
    pytest.param('import webob.exc\nCODE = "shop.a"\n'
                 'def g():\n    global CODE\n    CODE = "shop.taken"\n'
                 'def f():\n    raise webob.exc.HTTPConflict(comment=CODE)\n',
                 id='a global that changes'),
    pytest.param('import webob.exc\nCODE = "shop.a"\nclass C:\n'
                 '    CODE = "shop.b"\n    def f(self, CODE):\n'
                 '        raise webob.exc.HTTPConflict(comment=CODE)\n',
                 id='an argument that hides a constant'),
    pytest.param('import sqlalchemy as sa\n'
                 'sa.Column(comment="shop.tkaen")\n', id='another library'),
    pytest.param('import logging\nLOG = logging.getLogger("shop.tkaen")\n'
                 'LOG.error("shop.tkaen")\n', id='a logger'),
    pytest.param('import argparse\nparser = argparse.ArgumentParser()\n'
                 'parser.error("x")\nself.error(code="shop.tkaen")\n',
                 id='errors of others'),
    pytest.param('def f(refuse):\n    refuse(comment="please wait")\n',
                 id='a comment that looks like no code'),
    pytest.param('import webob.exc\nfrom shop import codes\n'
                 'codes.LATER = make()\n'
                 'def f():\n    raise webob.exc.HTTPConflict('
                 'comment=codes.LATER)\n', id='a name added from outside'),
    pytest.param('from elsewhere import codes\nimport webob.exc\n'
                 'def f():\n    raise webob.exc.HTTPConflict('
                 'comment=codes.TKAEN)\n', id='a module that is not read'),
    pytest.param('import webob.exc\na = b\nb = a\n'
                 'def f():\n    raise webob.exc.HTTPConflict(comment=a)\n',
                 id='a circle'),
    pytest.param('from shop.handler import *\nimport webob.exc\n'
                 'def f():\n    raise webob.exc.HTTPConflict(comment=AWAY)\n',
                 id='a circle of stars'),
    pytest.param('import webob.exc\n'
                 'class Refused(webob.exc.HTTPConflict):\n'
                 '    def __init__(self, comment):\n'
                 '        super().__init__()\n'
                 'Refused(comment="please wait")\n',
                 id='a class that means something else'),
    pytest.param('import webob.exc\nfrom shop import codes\n'
                 'class Refused(webob.exc.HTTPGone):\n'
                 '    def __init__(self, comment):\n'
                 '        super().__init__(comment=comment)\n'
                 '        self.code = 409\n'
                 'Refused(comment=codes.TAKEN)\n',
                 id='a status that is set later'),
    pytest.param('import webob.exc\ndef f(kind, **more):\n'
                 '    raise webob.exc.HTTPConflict(kind, **more)\n',
                 id='arguments handed on'),
])
def test_what_cannot_be_told_is_no_finding(shop, handler):
    assert told(shop(handler)) == []


@pytest.mark.parametrize('addition', [
    'def __getattr__(name):\n    return name\n',
    'globals().update(LATER=1)\n', 'from elsewhere import *\n',
])
def test_a_module_that_hides_names_is_not_said_to_lack_one(shop, addition):
    report = shop(raising('webob.exc.HTTPConflict(comment=codes.LATER)'),
                  codes=CODES + addition)
    assert told(report) == []


@pytest.mark.parametrize('codes', [
    pytest.param('', id='no declaration is read'),
    pytest.param(CODES.replace("errorkit.Catalog('shop')", 'elsewhere.ALL'),
                 id='the catalog is not read'),
    pytest.param(CODES.replace("CATALOG = errorkit.Catalog('shop')",
                               'from elsewhere import CATALOG'),
                 id='the catalog is imported'),
])
def test_codes_may_be_declared_in_what_is_not_read(shop, codes):
    report = shop(raising("webob.exc.HTTPConflict(comment='shop.other')"),
                  codes=codes)
    assert told(report) == []


def test_codes_that_a_loop_declares_are_not_said_to_be_missing(shop):
    report = shop(
        raising("webob.exc.HTTPConflict(comment='shop.dynamic')"),
        codes=CODES + "for name in NAMES:\n"
                      "    CATALOG.define(f'shop.{name}', status=400)\n")
    assert told(report) == []


# -- E102: declared and never used

def test_a_code_that_nobody_uses_is_found(shop):
    assert told(shop(uses='')) == [
        '4:9: E102 shop.taken is declared and never used',
        '5:8: E102 shop.gone is declared and never used']


@pytest.mark.parametrize('uses', [
    pytest.param("TABLE = {409: 'shop.taken', 404: 'shop.gone'}",
                 id='strings'),
    pytest.param('from shop.codes import TAKEN, GONE\nx = TAKEN, GONE',
                 id='names'),
    pytest.param('from shop import codes\ngetattr(codes, name)',
                 id='a module handed around'),
    pytest.param("def f(reason):\n    return f'shop.{reason}'",
                 id='a string made of parts'),
    pytest.param("def f(reason):\n    return 'shop.%s' % reason",
                 id='an old kind of string'),
    pytest.param('from shop import codes\ncodes.CATALOG.find(name)',
                 id='looked up by name'),
    pytest.param('class A:\n    def f(self):\n'
                 '        return self.codes.TAKEN, self.codes.GONE',
                 id='of what cannot be told'),
    pytest.param('from elsewhere.codes import TAKEN, GONE\nx = TAKEN, GONE',
                 id='under another name'),
    pytest.param('from shop.codes import *\nfrom shop.handler import *\n'
                 'x = TAKEN, GONE', id='one of two stars'),
    pytest.param('from shop import codes\nraise codes.TAKEN.error()\n'
                 'raise codes.GONE.error()', id='its error'),
])
def test_whatever_may_be_a_use_is_one(shop, uses):
    assert told(shop(uses=uses + '\n')) == []


@pytest.mark.parametrize('uses', [
    pytest.param('"""shop.taken and shop.gone."""', id='a docstring'),
    pytest.param('from shop.codes import TAKEN, GONE', id='an import'),
    pytest.param('# shop.taken, shop.gone', id='a comment'),
])
def test_a_mere_mention_is_no_use(shop, uses):
    assert len(told(shop(uses=uses + '\n'), 'E102')) == 2


def test_a_code_that_another_is_replaced_by_is_not_used_by_that(shop):
    report = shop(uses='', codes=CODES.replace(
        'status=409', "status=409, replaced_by='shop.gone'"))
    assert len(told(report, 'E102')) == 2


def test_a_retired_code_need_not_be_used(shop):
    report = shop(uses='', codes=CODES.replace(')\n', ', retired=True)\n')
                  .replace("'shop', retired=True", "'shop'"))
    assert told(report) == []


def test_the_new_string_of_a_renamed_code_is_a_use(shop):
    codes = CODES.replace(
        'status=409', "status=409, renames={'1.5': 'shop.name_taken'}")
    report = shop(raising(
        "webob.exc.HTTPConflict(comment='shop.name_taken')"),
        codes=codes, uses="x = ['shop.gone']\n")
    assert told(report) == []


# -- E103: no code

@pytest.mark.parametrize('statement', [
    "raise webob.exc.HTTPConflict('x')",
    'raise webob.exc.HTTPConflict',
    'raise webob.exc.HTTPConflict from None',
    "return webob.exc.HTTPConflict('x')",
    "answer = webob.exc.HTTPConflict('x')",
    "raise webob.exc.HTTPConflict('x', comment=None)",
    "raise webob.exc.HTTPConflict('x', comment='')",
    "raise webob.exc.HTTPConflict('x', None, None)",
    'raise webob.exc.status_map[404]',
    "raise webob.exc.status_map[number]('x')",
    'raise Conflict',
    "raise Conflict('x')",
])
def test_a_webob_error_without_a_code_is_listed(shop, statement):
    report = shop('import webob.exc\n'
                  'class Base(webob.exc.HTTPConflict):\n    pass\n'
                  'class Conflict(Base):\n    code = 409\n'
                  f'def f(number):\n    {statement}\n')
    assert len(told(report, 'E103')) == 1
    assert (report.coded, report.uncoded) == (0, 1)


@pytest.mark.parametrize('statement', [
    "raise webob.exc.HTTPConflict('x', comment=codes.TAKEN)",
    "raise webob.exc.HTTPConflict('x', None, codes.TAKEN)",
    "raise webob.exc.status_map[409]('x', comment=codes.TAKEN)",
    "raise webob.exc.HTTPConflict('x', comment=find_it())",
    "raise Conflict('x', comment=codes.TAKEN)",
    'raise codes.TAKEN.error()',
])
def test_a_webob_error_with_a_code_is_counted(shop, statement):
    report = shop('import webob.exc\nfrom shop import codes\n'
                  'class Conflict(webob.exc.HTTPConflict):\n    pass\n'
                  f'def f():\n    {statement}\n')
    assert told(report, *KINDS) == []
    assert (report.coded, report.uncoded) == (1, 0)


@pytest.mark.parametrize('statement', [
    "raise webob.exc.HTTPConflict('x', **more)",
    'raise webob.exc.HTTPConflict(*more)',
    "raise Conflict('x')",
    "error = webob.exc.HTTPConflict('x'); error.comment = more",
])
def test_an_error_that_may_have_a_code_is_neither(shop, statement):
    report = shop('import webob.exc\n'
                  'class Conflict(webob.exc.HTTPConflict):\n'
                  '    def __init__(self, x):\n'
                  '        super().__init__(x, comment=self.find())\n'
                  f'def f(more):\n    {statement}\n')
    assert told(report, *KINDS) == []
    assert (report.coded, report.uncoded, report.unclear) == (0, 0, 1)


@pytest.mark.parametrize('statement', [
    "raise webob.exc.HTTPFound(location='/')",
    'return webob.exc.HTTPNoContent()',
    'raise webob.exc.status_map[302]()',
    'raise ValueError()',
    'raise',
    'except_ = (webob.exc.HTTPConflict, ValueError)',
    'isinstance(x, webob.exc.HTTPConflict)',
])
def test_what_is_no_error_of_webob_needs_no_code(shop, statement):
    report = shop(f'import webob.exc\ndef f():\n    {statement}\n')
    assert told(report, *KINDS) == []


@pytest.mark.parametrize('raised', [
    "webob.exc.HTTPConflict('x')  # errorkit: no-code",
    "webob.exc.HTTPConflict(\n        'x')  # errorkit: no-code, a probe",
    'webob.exc.HTTPConflict  #errorkit:no-code',
])
def test_an_error_can_be_said_to_need_no_code(shop, raised):
    report = shop(raising(raised))
    assert told(report, *KINDS) == []
    assert (report.uncoded, report.exempt) == (0, 1)


def test_the_comment_is_for_its_own_line(shop):
    report = shop(raising("webob.exc.HTTPConflict('x')\n"
                          '    # errorkit: no-code'))
    assert report.uncoded == 1


def test_every_error_class_of_webob_is_known(shop):
    names = [name for name, value in vars(webob.exc).items()
             if isinstance(value, type)
             and issubclass(value, webob.exc.WSGIHTTPException)
             and value.code >= 400
             and not issubclass(value, webob.exc.HTTPRedirection)]
    assert len(names) > 30
    report = shop('import webob.exc\n' + ''.join(
        f'webob.exc.{name}()\n' for name in names))
    assert report.uncoded == len(names)


# -- E104: two meanings

@pytest.mark.parametrize(('codes', 'count'), [
    (CODES + "MORE = CATALOG.define('shop.taken', status=410)\n", 1),
    (CODES.replace('import errorkit', 'from errorkit import Catalog as C')
     .replace('errorkit.Catalog', 'C')
     + "CATALOG.define('shop.taken', status=410)\n", 1),
    (CODES + "OTHER = errorkit.Catalog('shop')\n"
     "OTHER.define('shop.taken', status=410)\n", 0),
    (CODES + "ALIAS = TAKEN\n", 0),
    (CODES + "def f(registry):\n"
     "    registry.define('shop.taken', status=409)\n", 0),
])
def test_a_code_declared_twice_is_found(shop, codes, count):
    found = told(shop(codes=codes))
    assert len(found) == count
    assert all('E104 shop.taken is declared in' in text for text in found)


# -- E105, E106, E107

PARAMS = CODES + '''\
FULL = CATALOG.define(
    'shop.full', status=409, text='%(name)s holds %(size)s',
    params={'name': str, 'size': int})
OLD = CATALOG.define('shop.old', status=400, retired=True)
'''


@pytest.mark.parametrize(('call', 'text'), [
    ("FULL.error(name='x')", "E105 shop.full: the parameter 'size' is miss"),
    ("FULL.error(name='x', size=1, more=2)", "E105 shop.full: it has no par"),
    ("FULL.error(name='x', size='1')", "'size' is a str, and has to be a int"),
    ("FULL.error(name='x', size=True)", "'size' is a bool"),
    ("FULL.error(name=None, size=1)", "'name' is a NoneType"),
    ("FULL.error('text', name='x')", 'a text of its own and values'),
    ("TAKEN.error(name='x')", "no parameter 'name'"),
    ("TAKEN.error(status=400)", 'E106 shop.taken is not declared for 400'),
    ('OLD.error()', 'E107 shop.old is retired'),
])
def test_a_call_of_error_is_checked(shop, call, text):
    found = told(shop(raising(f'codes.{call}'), codes=PARAMS,
                      uses=USES + 'x = codes.FULL\n'))
    assert len(found) == 1
    assert text in found[0]


@pytest.mark.parametrize('call', [
    "FULL.error(name='x', size=1)", 'FULL.error(**values)',
    "FULL.error('another text')", 'FULL.error(text)', 'FULL.error(*texts)',
    "FULL.error(name=name, size=len(name), status=409, headers=[])",
    'TAKEN.error()', "TAKEN.error('text')", 'TAKEN.error(status=status)',
    'GONE.error(status=410)',
])
def test_a_right_call_of_error_is_no_finding(shop, call):
    assert told(shop(raising(f'codes.{call}'), codes=PARAMS,
                     uses=USES + 'x = codes.FULL\n')) == []


@pytest.mark.parametrize('raised', [
    "webob.exc.HTTPBadRequest('x', comment=codes.TAKEN)",
    "webob.exc.status_map[400]('x', comment=codes.TAKEN)",
    "Refused('x', comment=codes.TAKEN)", "Teapot('x', comment=codes.TAKEN)",
    "webob.exc.HTTPConflict(comment='shop.microversion.invalid')",
])
def test_a_code_with_another_status_is_found(shop, raised):
    found = told(shop(raising(raised) + (
        'class Refused(webob.exc.HTTPBadRequest):\n    pass\n'
        'class Teapot(webob.exc.HTTPConflict):\n    code = 418\n')))
    assert len(found) == 1
    assert 'E106' in found[0]


@pytest.mark.parametrize('raised', [
    "webob.exc.HTTPConflict('x', comment=codes.TAKEN)",
    "webob.exc.HTTPGone('x', comment=codes.GONE)",
    "webob.exc.HTTPNotFound('x', comment=codes.GONE)",
    "webob.exc.HTTPClientError('x', comment=codes.GONE)",
    "webob.exc.status_map[number]('x', comment=codes.GONE)",
    "Own('x', comment=codes.TAKEN)",
    "webob.exc.HTTPBadGateway(comment='shop.undefined_code')",
])
def test_a_code_with_a_status_of_its_own_is_no_finding(shop, raised):
    assert told(shop(raising(raised) + (
        'class Own(webob.exc.HTTPBadRequest):\n    code = find()\n'))) == []


# -- exceptions that are registered

REGISTERING = """\
import http
import errorkit
from errorkit import ExceptionRegistry, Known, domain, fault_wrap, pipeline
from errorkit.outcomes.actions import Actions
from shop import codes
EXCEPTIONS = errorkit.ExceptionRegistry()
REGISTRY: ExceptionRegistry = domain.ExceptionRegistry()
class Own(ExceptionRegistry):
    pass
OWN = Own()
becomes = EXCEPTIONS.becomes
class Some(Exception):
    pass
"""
#: Calls that give a code for a status, to be filled in.
GIVEN = [
    'EXCEPTIONS.becomes({status}, {code})(Some)',
    '@EXCEPTIONS.becomes({status}, {code}, safe=True)\nclass E: pass',
    '@EXCEPTIONS.becomes(code={code}, status={status})\nclass E: pass',
    '@becomes({status}, {code})\nclass E: pass',
    'EXCEPTIONS.register(Some, {status}, {code})',
    'EXCEPTIONS.register(Some, {status}, code={code})',
    'EXCEPTIONS.register(kind=Some, code={code}, status={status})',
    'REGISTRY.register(Some, {status}, {code}, headers=[])',
    'OWN.register(Some, {status}, {code})',
    'errorkit.ExceptionRegistry().register(Some, {status}, {code})',
    'def f():\n    r = ExceptionRegistry()\n'
    '    r.register(Some, {status}, {code})',
    'Known({status}, {code})',
    'errorkit.Known(status={status}, code={code})',
    'errorkit.wrap(app, exceptions={{Some: ({status}, {code})}})',
    'errorkit.wrap(app, exceptions={{Some: Known({status}, {code})}})',
    'pipeline.wrap(app, exceptions={{**more, Some: ({status}, {code})}})',
    'errorkit.FaultWrapper(app, exceptions={{Some: ({status}, {code})}})',
    'T = {{Some: ({status}, {code})}}\nerrorkit.wrap(app, exceptions=T)',
    'P = ({status}, {code})\nA = {{Some: P}}\nB = {{**A, **B}}\n'
    'errorkit.wrap(app, exceptions=B)',
    'Actions(store, exceptions={{Some: ({status}, {code})}})',
    'errorkit.wrap(app, default_codes={{{status}: {code}}})',
    'fault_wrap.FaultWrapper(app, default_codes={{{status}: {code}}})',
    'T = {{{status}: {code}}}\n'
    'errorkit.FaultWrapper(app, default_codes={{**T}})',
]


@pytest.mark.parametrize('call', GIVEN)
@pytest.mark.parametrize(('status', 'code', 'text'), [
    ('409', "'shop.tkaen'", "E101 'shop.tkaen' is not declared"),
    ('409', "'taken'", "E101 'taken' is not a code"),
    ('status', 'codes.TKAEN', 'E101 TKAEN is not declared in shop.codes'),
    ('400', 'codes.TAKEN', 'E106 shop.taken is not declared for 400'),
    ('http.HTTPStatus.GONE', "'shop.taken'", 'E106 shop.taken is not'),
    ('409', 'codes.OLD', 'E107 shop.old is retired'),
])
def test_the_code_of_a_registered_exception_is_judged(
    shop, call, status, code, text
):
    found = told(shop(
        REGISTERING + call.format(status=status, code=code), codes=PARAMS,
        uses=USES + 'x = codes.FULL\n'))
    assert len(found) == 1
    assert text in found[0]


@pytest.mark.parametrize('call', GIVEN)
@pytest.mark.parametrize(('status', 'code'), [
    ('409', 'codes.TAKEN'), ('409', "'shop.taken'"), ('410', 'codes.GONE'),
    ('http.HTTPStatus.CONFLICT', 'codes.TAKEN'), ('400', 'None'),
    ('http.client.CONFLICT.value', 'codes.TAKEN'), ('400', 'find()'),
    ('status', 'codes.TAKEN'), ('len(x)', 'codes.TAKEN'), ('400', 'code'),
])
def test_a_right_registration_is_no_finding(shop, call, status, code):
    assert told(shop(
        REGISTERING + call.format(status=status, code=code))) == []


@pytest.mark.parametrize('call', [
    "plugins.register(Some, 400, 'shop.tkaen')",
    "register(Some, 400, 'shop.tkaen')",
    "import atexit\natexit.register(Some, 400, 'shop.tkaen')",
    "import abc\nabc.ABC.register(Some, 400, 'shop.tkaen')",
    "class R:\n    def register(self, *a): pass\n"
    "R().register(Some, 400, 'shop.tkaen')",
    "class R(ExceptionRegistry):\n    def register(self, *a): pass\n"
    "R().register(Some, 400, 'shop.tkaen')",
    "class R(R):\n    pass\nR().register(Some, 400, 'shop.tkaen')",
    "butterfly.becomes(400, 'shop.tkaen')",
    "EXCEPTIONS.becomes_not(400, 'shop.tkaen')",
    "EXCEPTIONS.register(*some, 'shop.tkaen')",
    "EXCEPTIONS.becomes(*some, 'shop.tkaen')",
    "EXCEPTIONS.becomes(400, *some)",
    "EXCEPTIONS.becomes(400, **some)",
    "EXCEPTIONS = find()\nEXCEPTIONS.becomes(400, 'shop.tkaen')",
    "def f(EXCEPTIONS):\n    EXCEPTIONS.becomes(400, 'shop.tkaen')",
    "from pets import Known\nKnown(400, 'shop.tkaen')",
    "class Known:\n    pass\nKnown(400, 'shop.tkaen')",
    "gift.wrap(x, exceptions={Some: (400, 'shop.tkaen')})",
    "wrap(x, default_codes={400: 'shop.tkaen'})",
    "def wrap(x, **more): pass\nwrap(x, default_codes={400: 'shop.tkaen'})",
    "errorkit.wrap(x, exceptions=[Some], default_codes=find())",
    "errorkit.wrap(x, exceptions={Some: 400, **find()})",
    "errorkit.wrap(x, exceptions={Some: (*p, 'shop.tkaen'), Some: (1,)})",
    "T = {}\nT = {400: 'shop.tkaen'}\nerrorkit.wrap(x, default_codes=T)",
    "errorkit.wrap(x, environ={400: 'shop.tkaen'})",
    "Actions(store, default_codes={400: 'shop.tkaen'})",
])
def test_another_function_of_the_same_name_is_left_alone(shop, call):
    assert told(shop(REGISTERING + call)) == []


def test_a_registry_of_another_module_is_known(shop):
    report = shop(
        'from .registry import EXCEPTIONS as KNOWN, TABLE\n'
        'import errorkit\n'
        "@KNOWN.becomes(404, 'shop.tkaen')\nclass Some(Exception): pass\n"
        'errorkit.wrap(app, default_codes=TABLE)\n',
        more={'registry': 'import errorkit\nfrom . import codes\n'
                          'EXCEPTIONS = errorkit.ExceptionRegistry()\n'
                          'TABLE = {404: codes.TAKEN}\n'})
    assert [text.split()[1] for text in told(report)] == ['E101', 'E106']


@pytest.mark.parametrize('call', GIVEN)
@pytest.mark.parametrize('code', ['codes.TAKEN', "'shop.taken'"])
def test_a_code_that_is_only_registered_is_used(shop, call, code):
    report = shop(REGISTERING + call.format(status=409, code=code), uses='')
    assert [text.split(' ', 1)[1] for text in told(report)] == [
        'E102 shop.gone is declared and never used']


def test_the_constants_of_registered_exceptions_are_declarations(shop):
    report = shop(REGISTERING + 'EXCEPTIONS.register(Some, 409, codes.TAKEN)\n'
                  "Known(409, 'shop.tkaen')\n", codes=CONSTANTS, uses='')
    assert report.declared == 3
    assert len(told(report, 'E101')) == 1
    assert len(told(report, 'E102')) == 2


# -- E106: another status

def test_a_range_of_statuses_is_understood(shop):
    codes = CODES.replace('409', 'range(409, 411)')
    right = "webob.exc.HTTPGone(comment=codes.TAKEN)"
    wrong = "webob.exc.HTTPLengthRequired(comment=codes.TAKEN)"
    assert told(shop(raising(right), codes=codes)) == []
    assert len(told(shop(raising(wrong), codes=codes), 'E106')) == 1


def test_a_retired_code_is_not_raised_by_hand(shop):
    found = told(shop(raising(
        "webob.exc.HTTPBadRequest('x', comment=codes.OLD)"), codes=PARAMS,
        uses=USES + 'x = codes.FULL\n'))
    assert len(found) == 1
    assert 'E107' in found[0]


# -- constants, where there is no catalog

def test_constants_are_declarations_where_there_is_no_catalog(shop):
    report = shop(
        raising("webob.exc.HTTPConflict('x', comment=codes.TAKEN)")
        + "    raise webob.exc.HTTPConflict('x', comment='shop.tkaen')\n"
        + "    raise webob.exc.HTTPConflict('x', comment=codes.TKAEN)\n",
        codes=CONSTANTS + "AGAIN = 'shop.taken'\n",
        uses='from shop import codes\nx = codes.DEFAULT\n')
    assert told(report) == [
        '4:5: E102 shop.gone is declared and never used',
        "7:9: E104 shop.taken is declared in shop/codes.py:2, too",
        "5:47: E101 'shop.tkaen' is not declared",
        '6:47: E101 TKAEN is not declared in shop.codes']
    assert (report.declared, report.coded, report.uncoded) == (3, 3, 0)


def test_constants_that_are_no_codes_are_left_alone(shop):
    report = shop(
        raising("webob.exc.HTTPConflict('x', comment=codes.TAKEN)"),
        codes=CONSTANTS, uses='from shop import codes\nx = codes.GONE\n'
        'y = codes.DEFAULT\n', more={
            'settings': "TOPIC = 'shop.topic'\nAGAIN = 'shop.topic'\n"})
    assert told(report) == []


def test_a_service_type_leaves_other_constants_alone(shop):
    source = raising("webob.exc.HTTPConflict('x', comment=codes.TAKEN)")
    assert told(shop(source, codes=CONSTANTS, uses='', service_type='shop'),
                'E102')
    assert not told(shop(source, codes=CONSTANTS, uses='',
                         service_type='other'), 'E102')


# -- the command

@pytest.fixture
def run(tmp_path, monkeypatch, capsys):
    """Return a function that runs ``lint`` in a folder with these files."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, 'dont_write_bytecode', True)
    monkeypatch.setattr(sys, 'path', list(sys.path))

    def run(sources, *options):
        modules = [
            name.removesuffix('.py').replace('/', '.').removesuffix(
                '.__init__') for name in sources]
        for name, source in sources.items():
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).write_text(source)
        for name in modules:
            sys.modules.pop(name, None)
        parser = argparse.ArgumentParser()
        commands.configure(parser)
        status = commands.main(parser.parse_args(['lint', *options]))
        for name in modules:
            sys.modules.pop(name, None)
        return status, *capsys.readouterr()

    return run


CLEAN = {
    'shop_codes.py': CODES,
    'shop_handler.py': (
        'import webob.exc\nimport shop_codes\n'
        'raise webob.exc.HTTPConflict(comment=shop_codes.TAKEN)\n'
        'raise shop_codes.GONE.error()\nraise webob.exc.HTTPNotFound\n'),
}
BAD = {**CLEAN, 'bad.py': (
    "import webob.exc\nraise webob.exc.HTTPConflict(comment='shop.x')\n")}


def test_clean_source_exits_with_0(run):
    status, out, err = run(CLEAN, '.')
    assert (status, err) == (0, '')
    assert out.split('\n') == [
        './shop_handler.py:5:7: E103 this 404 has no code',
        '2 files, 2 codes. 3 webob errors: 2 with a code, 1 without. '
        '0 findings to mend.', '']


def test_findings_exit_with_1(run):
    status, out, _ = run(BAD, '.')
    assert status == 1
    assert "./bad.py:2:38: E101 'shop.x' is not declared" in out


def test_codes_can_be_required(run):
    status, out, _ = run(CLEAN, '.', '--require-codes')
    assert status == 1
    assert '1 findings to mend' in out


def test_source_without_declarations_is_told(run):
    status, out, err = run({'a.py': 'x = 1\n'}, '.')
    assert status == 0
    assert '1 files, 0 codes' in out
    assert '--catalog' in err


def test_findings_can_be_ignored(run):
    assert run(BAD, '.', '--ignore', 'E101,E103')[0] == 0
    status, out, _ = run(BAD, '.', '--ignore', 'E101', '--ignore', 'E103')
    assert status == 0
    assert 'E10' not in out
    assert '1 without' in out


def test_paths_can_be_left_out(run):
    assert run(BAD, '.', '--exclude', '*/bad.py')[0] == 0


def test_the_report_can_be_json(run):
    status, out, _ = run(BAD, '.', '--json')
    assert status == 1
    assert json.loads(out) == [
        {'path': './bad.py', 'line': 2, 'column': 38, 'id': 'E101',
         'text': "'shop.x' is not declared", 'fails': True},
        {'path': './shop_handler.py', 'line': 5, 'column': 7, 'id': 'E103',
         'text': 'this 404 has no code', 'fails': False}]


def test_a_catalog_declares_what_the_source_need_not_show(run):
    sources = {**CLEAN, 'shop_codes.py': CODES + (
        "for name in ('a', 'b'):\n"
        "    CATALOG.define('shop.' + name, status=409)\n")}
    catalog = ('--catalog', 'shop_codes:CATALOG')
    status, out, _ = run(sources, '.', *catalog)
    assert status == 1
    assert 'E102 shop.a is declared' in out
    assert 'E102 shop.b is declared' in out
    used = "import webob.exc\nraise webob.exc.HTTPConflict(comment='shop.%s')"
    more = {'a.py': used % 'a', 'b.py': used % 'b'}
    assert run({**sources, **more}, '.', *catalog)[0] == 0
    status, out, _ = run({**sources, **more, 'c.py': used % 'c'}, '.',
                         *catalog)
    assert status == 1
    assert "E101 'shop.c' is not declared" in out


@pytest.mark.parametrize('raised', [
    'TAKEN', 'shop_codes.TAKEN', "TAKEN('x')", "shop_codes.TAKEN(name='x')",
    'TAKEN from None'])
def test_a_code_that_is_raised_itself_is_told(run, raised):
    sources = {**CLEAN, 'bad.py': (
        'import shop_codes\nfrom shop_codes import TAKEN\n'
        f'def refuse():\n    raise {raised}\n')}
    status, out, _ = run(sources, '.', '--ignore', 'E103')
    assert status == 1
    assert out.startswith('./bad.py:4:11: E109 shop.taken is a text')
    assert '1 findings to mend' in out


def test_what_else_is_raised_is_no_code(run):
    sources = {**CLEAN, 'fine.py': (
        'from shop_codes import TAKEN\n'
        "WORD = 'shop.other'\n"
        'def refuse(error, make):\n'
        "    try:\n        raise TAKEN.error(name='x')\n"
        '    except ValueError:\n        raise\n'
        '    raise error\n    raise make(TAKEN)\n    raise WORD\n')}
    _, out, _ = run(sources, '.')
    assert 'E109' not in out


def test_a_code_declared_where_the_catalog_knows_nothing_of_it_is_told(run):
    more = (
        'import webob.exc\nfrom shop_codes import CATALOG\n'
        "MORE = CATALOG.define('shop.more', status=409)\n"
        'def refuse():\n'
        '    raise webob.exc.HTTPConflict(comment=MORE)\n')
    sources = {**CLEAN, 'shop_more.py': more}
    assert run(sources, '.')[0] == 0
    status, out, _ = run(sources, '.', '--catalog', 'shop_codes:CATALOG')
    assert status == 1
    [line] = [line for line in out.split('\n') if ': E' in line
              and 'E103' not in line]
    assert line.startswith('./shop_more.py:3:8: E108 shop.more is declared')
    sources['shop_all.py'] = 'import shop_more\nfrom shop_codes import CATALOG'
    assert run(sources, '.', '--catalog', 'shop_all:CATALOG')[0] == 0


def test_the_names_of_an_imported_catalog_are_known(run):
    sources = {**CLEAN, 'bad.py': (
        'import webob.exc\nimport shop_codes\n'
        'raise webob.exc.HTTPConflict(comment=shop_codes.NOTHING)\n'
        'raise shop_codes.TAKEN.error(status=400)\n')}
    status, out, _ = run(sources, 'bad.py', 'shop_handler.py',
                         '--catalog', 'shop_codes:CATALOG', '--ignore', 'E103')
    assert status == 1
    assert out.split('\n')[:2] == [
        'bad.py:3:38: E101 NOTHING is not declared in shop_codes',
        'bad.py:4:37: E106 shop.taken is not declared for 400, but for 409']
    assert '2 findings to mend' in out


@pytest.mark.parametrize('is_package', [True, False])
def test_the_imported_catalog_is_known_by_a_relative_name_too(
        run, is_package):
    sources = {
        'pkg/__init__.py': '', 'pkg/shop_codes.py': CODES,
        'pkg/sub/bad.py': (
            'from .. import shop_codes\nfrom ..shop_codes import TAKEN\n'
            'def refuse():\n    raise shop_codes.TAKEN.error(status=400)\n'
            'def again():\n    raise TAKEN.error(status=400)\n'
            'def never():\n    raise shop_codes.NOTHING.error()\n')}
    if is_package:
        sources['pkg/sub/__init__.py'] = ''
    status, out, _ = run(sources, 'pkg/sub', '--catalog',
                         'pkg.shop_codes:CATALOG', '--ignore', 'E102')
    assert status == 1
    assert [line.partition(': ')[2] for line in out.split('\n')[:3]] == [
        'E106 shop.taken is not declared for 400, but for 409',
        'E106 shop.taken is not declared for 400, but for 409',
        'E101 NOTHING is not declared in pkg.shop_codes']


def test_nothing_but_the_catalog_is_imported(run, tmp_path):
    sources = {**CLEAN, 'side.py': "open('made', 'w').close()\n"}
    assert run(sources, '.', '--catalog', 'shop_codes:CATALOG')[0] == 0
    assert not (tmp_path / 'made').exists()


@pytest.mark.parametrize(('options', 'text'), [
    (['nowhere'], 'nowhere'),
    (['.', '--catalog', 'nothing:CATALOG'], "no module 'nothing'"),
    (['.', '--catalog', 'nothing'], 'MODULE:CATALOG'),
])
def test_what_is_not_there_exits_with_2(run, options, text):
    status, out, err = run(CLEAN, *options)
    assert (status, out) == (2, '')
    assert text in err


@pytest.mark.parametrize('options', [
    [], ['.', '--ignore', 'E999'], ['.', '--ignore', 'E101,'],
    ['.', '--service-type', 'A b']])
def test_a_wrong_use_exits_with_2(run, options):
    with pytest.raises(SystemExit) as caught:
        run(CLEAN, *options)
    assert caught.value.code == 2


def test_the_example_uses_what_it_declares():
    report = lint([str(EXAMPLE)])
    assert told(report) == []
    assert report.coded > 5


def test_the_documentation_names_every_kind_of_finding():
    page = (ROOT / 'doc' / 'source' / 'code-checks.rst').read_text()
    assert set(KINDS) == set(re.findall(r'^(E\d+)  ', page, re.M))


@pytest.mark.parametrize('hook', yaml.safe_load(
    (ROOT / '.pre-commit-hooks.yaml').read_text()), ids=lambda it: it['id'])
def test_a_hook_of_pre_commit_runs_an_action_that_there_is(hook):
    assert hook['entry'].startswith('python -m errorkit codes ')
    parser = argparse.ArgumentParser()
    commands.configure(parser)
    action = hook['entry'].split()[-1]
    assert parser.parse_args([action, 'volumes']).action == action
    assert hook['id'] == f'errorkit-codes-{action}'


# -- hostile source

@pytest.mark.parametrize(('source', 'text'), [
    pytest.param(b'def\n', 'not Python', id='a syntax error'),
    pytest.param(b'\xff\xfe\x00', 'not Python', id='not UTF-8'),
    pytest.param(b'x = "\xe9"\n', 'not Python', id='Latin-1'),
    pytest.param(b'# coding: no-such\n', 'not Python', id='no such coding'),
    pytest.param(b'x = 1\x00\n', 'not Python', id='a null byte'),
    pytest.param(b'x = ' + b'9' * 5000, 'not Python', id='a huge number'),
    pytest.param(b'(' * 10_000, '', id='parentheses'),
    pytest.param(b'x = ' + b'-' * 10_000 + b'1', '', id='minus'),
    pytest.param(b'x = ' + b'not ' * 10_000 + b'1', '', id='not'),
    pytest.param(b'x = ' + b'lambda: ' * 10_000 + b'1', '', id='lambda'),
    pytest.param(b'x = ' + b'+'.join([b'a'] * 10_000), None, id='a sum'),
    pytest.param(b'x' + b'.x' * 10_000, None, id='attributes'),
    pytest.param(b'x' + b'()' * 10_000, None, id='calls'),
    pytest.param(b'x' + b'.x()' * 900, None, id='chained calls'),
    pytest.param(b'if x: pass\n' + b'elif x: pass\n' * 10_000, None,
                 id='elif'),
    pytest.param(b'class A(A): pass\nclass B(B, C): pass\n', None,
                 id='a class of itself'),
    pytest.param(b'x = "' + b'a' * 9_000_000 + b'"', 'larger than',
                 id='a huge file'),
    pytest.param(b'x = "' + b'a' * 5_000_000 + b'"', None,
                 id='a huge literal'),
    pytest.param(b'import ' + b'.'.join([b'a'] * 20_000), None,
                 id='a long import'),
    pytest.param(b'from ' + b'.' * 20_000 + b' import a', None,
                 id='a far import'),
    pytest.param(b''.join(b'a%d = a%d + a%d\n' % (n, n + 1, n + 1)
                          for n in range(2000)) + b'a2000 = "aaaa"\n', None,
                 id='a string that doubles'),
    pytest.param(b'"\\d"\nassert (1, 2)\nx = 1 is 1\n', None, id='warnings'),
])
def test_hostile_source_is_reported_and_never_a_crash(
        shop, tmp_path, source, text):
    shop()
    (tmp_path / 'shop' / 'hostile.py').write_bytes(source)
    report = lint(['shop'])
    found = told(report)
    if text is None:
        # Whether so deep a nesting can be read is up to the Python.
        assert all('E100' in one for one in found)
    else:
        assert len(found) == 1
        assert 'E100' in found[0]
        assert text in found[0]
    assert report.declared == 2


def test_classes_with_many_bases_take_no_time_of_their_own(shop):
    source = 'import webob.exc\nclass A0(webob.exc.HTTPConflict): pass\n'
    for number in range(1, 60):
        bases = ', '.join([f'A{number - 1}'] * 9)
        source += f'class A{number}({bases}): pass\n'
    assert shop(source + 'raise A30()\n').uncoded == 1


def test_links_in_a_circle_are_not_followed(shop, tmp_path):
    (tmp_path / 'shop').mkdir()
    (tmp_path / 'shop' / 'circle').symlink_to('..', target_is_directory=True)
    (tmp_path / 'shop' / 'again.py').symlink_to('codes.py')
    (tmp_path / 'shop' / 'broken.py').symlink_to('nowhere.py')
    (tmp_path / 'shop' / 'itself.py').symlink_to('itself.py')
    found = told(shop())
    assert len(found) == 2
    assert all('E100' in one for one in found)


def test_a_pipe_is_not_waited_for(shop, tmp_path):
    (tmp_path / 'shop').mkdir()
    os.mkfifo(tmp_path / 'shop' / 'pipe.py')
    found = []
    reading = threading.Thread(
        target=lambda: found.extend(told(shop())), daemon=True)
    reading.start()
    reading.join(30)
    assert ['E100 it is not a file' in one for one in found] == [True]


def test_a_file_named_twice_is_read_once(shop):
    shop()
    assert lint(['shop', 'shop/codes.py', './shop']).files == 4


def test_a_terminal_gets_no_control_characters(shop, tmp_path):
    shop()
    (tmp_path / 'shop' / 'a\x1b[2J\nb.py').write_text('def\n')
    [found] = [str(item) for item in lint(['shop']).findings]
    assert '\x1b' not in found
    assert '\n' not in found
    assert 'a\\x1b[2J\\nb.py:1:' in found


PIECES = st.sampled_from([
    'import webob.exc\n', 'from webob import exc as e\n', 'codes', 'x', '.',
    '(', ')', '[', ']', ',', '=', ' ', '\n', '    ', 'raise ', 'return ',
    'def f(x):\n    ', 'class A(webob.exc.HTTPGone):\n    ', 'comment=',
    "'shop.taken'", "'shop.x'", 'webob.exc.HTTPConflict(', 'TAKEN', '.error(',
    "CATALOG.define('shop.y', status=409)", '**x', 'lambda: ', ':=', 'global ',
    "f'{x}.y'", ' + ', 'from shop.codes import *\n', 'for x in x: ', '# ',
    'if x:\n    ', 'x: int', 'status=', 'None', '{', '}', ':',
])


@settings(deadline=None, max_examples=200)
@given(st.lists(PIECES, max_size=30).map(''.join))
def test_whatever_the_source_it_is_read_or_reported(tmp_path_factory, source):
    folder = tmp_path_factory.mktemp('any')
    (folder / 'codes.py').write_text(CODES)
    (folder / 'any.py').write_text(source)
    report = lint([str(folder)])
    assert report.files == 2
    assert all(item.id in KINDS for item in report.findings)


@settings(deadline=None, max_examples=100)
@given(st.binary(max_size=60))
def test_whatever_the_bytes_they_are_read_or_reported(
        tmp_path_factory, content):
    path = tmp_path_factory.mktemp('any') / 'any.py'
    path.write_bytes(content)
    [file] = files.read([str(path)])
    assert (file.tree is None) == bool(file.problem)
