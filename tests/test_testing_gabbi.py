# SPDX-License-Identifier: Apache-2.0
"""gabbi's handlers for errors and ids, in each of gabbi's loaders."""

import json
import pathlib
import re
import subprocess
import sys
import textwrap
import unittest

import gabbi.driver
import pytest
import webob
import webob.dec
import webob.exc
import yaml
from loopback import serving

import errorkit
from errorkit.testing.gabbi import gabbi_response_handlers

pytest_plugins = ['pytester']

ROOT = pathlib.Path(__file__).resolve().parent.parent
CATALOG = errorkit.Catalog('shop')
GONE = CATALOG.define('shop.cake.gone', status=404, title='Cake gone')
ID = 'X-Openstack-Request-Id'
SHOP_ID = 'X-Shop-Request-Id'
OTHER = 'req-5c1a8d5e-8a55-4d6f-9d3c-2f6a0f0a7b11'


@errorkit.wsgify
def shop(request):
    """Sell cakes, and refuse."""
    if request.path == '/cake':
        cake = {'name': 'a+b', 'status': 404, 'member': 'cream', 'at': '/a/b'}
        response = webob.Response(json=cake)
        response.headers['X-Kind'] = 'pie'
        return response
    if request.path == '/several':
        error = errorkit.Error(
            400, 'Bad', 'Bad.', source={'pointer': '/a/b'},
            extra={'kinds': ['pie', 'cream']},
        )
        raise errorkit.MultiError([error, webob.exc.HTTPNotFound()])
    raise webob.exc.HTTPNotFound('There is no a+b.', comment=GONE)


def application():
    """Return the shop, and what spoils its answers where a header asks."""
    wrapped, faults = (
        errorkit.wrap(
            shop,
            service_type='shop',
            catalog=CATALOG,
            compat_headers=[SHOP_ID],
            format=format,
        )
        for format in ('errors', 'compute')
    )

    @webob.dec.wsgify
    def spoilt(request):
        how = request.headers.get('X-Spoil', '')
        if how == 'compute':
            return request.get_response(faults)
        response = request.get_response(wrapped)
        if how.startswith('no '):
            del response.headers[how[3:]]
        elif how.startswith('two '):
            response.headers.add(how[4:], OTHER)
        elif how.startswith('other '):
            response.headers[how[6:]] = OTHER
        elif how.startswith('body '):
            [error] = response.json['errors']
            error.update(json.loads(how[5:]))
            response.json = {'errors': [error]}
        elif how:
            response.content_type = how
        return response

    return spoilt


def run(folder, *tests, defaults=None):
    """Run tests with gabbi, and return the last line of each failure."""
    whole = {'tests': [{'name': str(n), **it} for n, it in enumerate(tests)]}
    if defaults:
        whole['defaults'] = defaults
    (folder / 'arc.yaml').write_text(yaml.safe_dump(whole, sort_keys=False))
    shared = application()
    suite = gabbi.driver.build_tests(
        str(folder),
        unittest.TestLoader(),
        intercept=lambda: shared,
        response_handlers=gabbi_response_handlers,
    )
    result = unittest.TestResult()
    suite.run(result)
    assert result.testsRun == len(tests)
    assert not result.skipped
    return [text for _, text in result.failures + result.errors]


def refused(**members):
    """Return a test that is refused."""
    return {'GET': '/', 'status': 404, **members}


def spoilt(how, **members):
    """Return a test whose answer is spoilt."""
    return refused(request_headers={'X-Spoil': how}, **members)


@pytest.mark.parametrize(
    'expected',
    [
        {},
        {'code': 'shop.cake.gone'},
        {'status': 404},
        {'status': '404', 'count': '1'},
        {'title': 'Cake gone', 'detail': 'There is no a+b.', 'count': 1},
        {'detail': r'/no a\+b[.]$/'},
        {'source': None, 'retry': None, 'kind': 'application/json'},
    ],
)
def test_an_error_as_expected_passes(tmp_path, expected):
    assert run(tmp_path, refused(response_error=expected)) == []


@pytest.mark.parametrize(
    ('expected', 'line'),
    [
        ({'code': 'shop.cake.stale'}, "not 'shop.cake.stale'"),
        ({'code': None}, "code is 'shop.cake.gone', not None"),
        ({'status': 409}, 'the status is 404, not 409'),
        ({'title': 'Gone'}, "title is 'Cake gone', not 'Gone'"),
        ({'detail': 'There is no a'}, "not 'There is no a'"),
        ({'detail': '/a+b/'}, 'not /a+b/'),
        ({'source': {'pointer': '/'}}, "not {'pointer': '/'}"),
        ({'count': 2}, 'there is 1 error, not 2'),
        ({'kind': 'text/html'}, 'the type is application/json'),
        ({'retry': 'later'}, "retry is None, not 'later'"),
    ],
)
def test_an_error_other_than_expected_fails(tmp_path, expected, line):
    [failure] = run(tmp_path, refused(response_error=expected))
    assert 'AssertionError: ' in failure
    assert line in failure
    assert 'There is no a+b.' in failure


@pytest.mark.parametrize(
    ('how', 'line'),
    [
        (f'no {ID}', f'there is no {ID}'),
        (f'two {ID}', f'there are 2 {ID}'),
        (f'other {ID}', f'{ID} is {OTHER}, and the body has req-'),
        ('body {"request_id": "req-1"}', 'another shape'),
        ('body {"status": 400}', 'the body says status 400'),
        ('body {"code": "Gone"}', 'another shape'),
        ('body {"title": ""}', 'another shape'),
        ('text/plain', 'this text/plain is not ours'),
        ('application/octet-stream', 'octet-stream is no format of ours'),
    ],
)
def test_without_a_member_the_error_has_to_be_sound(tmp_path, how, line):
    [failure] = run(tmp_path, spoilt(how, response_error={}))
    assert line in failure
    assert run(tmp_path, spoilt(how)) == []


def test_a_success_is_no_error(tmp_path):
    [failure] = run(tmp_path, {'GET': '/cake', 'response_error': {}})
    assert '200 is not the status of an error' in failure


@pytest.mark.parametrize('kind', ['text/html', 'text/plain'])
def test_a_page_and_lines_are_read_too(tmp_path, kind):
    asking = refused(request_headers={'Accept': kind})
    expected = {'code': 'shop.cake.gone', 'kind': kind, 'count': 1}
    assert run(tmp_path, {**asking, 'response_error': expected}) == []
    expected = {'code': 'shop.cake.stale'}
    [failure] = run(tmp_path, {**asking, 'response_error': expected})
    assert "code is 'shop.cake.gone'" in failure


def test_a_compute_fault_is_read_too(tmp_path):
    expected = {'code': 'shop.cake.gone', 'detail': '/no a/', 'title': None}
    assert run(tmp_path, spoilt('compute', response_error=expected)) == []
    expected = {'code': None}
    [failure] = run(tmp_path, spoilt('compute', response_error=expected))
    assert "code is 'shop.cake.gone', not None" in failure


def test_a_source_and_further_members_are_compared_at_any_depth(tmp_path):
    expected = {'source': {'pointer': '/a/b'}, 'kinds': ['pie', 'cream']}
    test = {'GET': '/several', 'status': 400, 'response_error': expected}
    assert run(tmp_path, test) == []
    expected = {'kinds': ['pie', 'jam']}
    [failure] = run(tmp_path, {**test, 'response_error': expected})
    assert "kinds is ['pie', 'cream'], not ['pie', 'jam']" in failure


def test_a_default_is_what_every_error_has(tmp_path):
    defaults = {'response_error': {'code': 'shop.cake.gone'}, 'status': 404}
    good = {'GET': '/', 'response_error': {'title': 'Cake gone'}}
    bad = {'GET': '/', 'response_error': {'code': 'shop.cake.stale'}}
    [failure] = run(tmp_path, {'GET': '/'}, good, bad, defaults=defaults)
    assert "not 'shop.cake.stale'" in failure


@pytest.mark.parametrize(
    'bad',
    [None, 'shop.cake.gone', 404, False, '', [], ['shop.cake.gone']],
)
def test_an_error_that_is_no_mapping_is_never_silent(tmp_path, bad):
    [failure] = run(tmp_path, refused(response_error=bad))
    assert "response_error in '0' has to be a mapping" in failure


@pytest.mark.parametrize('name', ['status', 'count'])
@pytest.mark.parametrize('bad', ['400 || 404', None, 'many'])
def test_a_number_that_is_none_is_never_silent(tmp_path, name, bad):
    [failure] = run(tmp_path, refused(response_error={name: bad}))
    assert f'has {name}: {bad!r}, which is no number' in failure


@pytest.mark.parametrize('bad', [None, '', 7, ['text/html']])
def test_a_kind_that_is_none_is_never_silent(tmp_path, bad):
    [failure] = run(tmp_path, refused(response_error={'kind': bad}))
    assert f'has kind: {bad!r}, which is no type' in failure


def test_templates_are_filled_at_any_depth(tmp_path, monkeypatch):
    monkeypatch.setenv('CAKE', 'shop.cake.gone')
    cake = {'GET': '/cake'}
    again = {
        'detail': "There is no $HISTORY['0'].$RESPONSE['$.name'].",
        'code': "$ENVIRON['CAKE']",
        'status': "$HISTORY['0'].$RESPONSE['$.status']",
    }
    pattern = {'detail': "/no $HISTORY['0'].$RESPONSE['$.name'].$/"}
    deep = {
        'source': {'pointer': "$HISTORY['0'].$RESPONSE['$.at']"},
        'kinds': [
            "$HISTORY['0'].$HEADERS['x-kind']",
            "$HISTORY['0'].$RESPONSE['$.member']",
        ],
    }
    several = {'GET': '/several', 'status': 400}
    assert run(
        tmp_path,
        cake,
        refused(response_error=again),
        refused(response_error=pattern),
        {**several, 'response_error': deep},
    ) == []
    [failure] = run(
        tmp_path, cake, refused(response_error={'code': "$RESPONSE['$.name']"})
    )
    assert "code is 'shop.cake.gone', not 'a+b'" in failure
    [failure] = run(
        tmp_path, refused(response_error={'code': "$RESPONSE['$.name']"})
    )
    assert 'unable to replace $RESPONSE' in failure


# response_request_id


@pytest.mark.parametrize(
    'places', [[ID], [ID.lower(), SHOP_ID], ['body'], [SHOP_ID, 'body'], ID]
)
def test_one_id_everywhere_passes(tmp_path, places):
    assert run(tmp_path, refused(response_request_id=places)) == []


def test_a_success_has_its_id_too(tmp_path):
    test = {'GET': '/cake', 'response_request_id': [ID, SHOP_ID]}
    assert run(tmp_path, test) == []
    [failure] = run(tmp_path, {'GET': '/cake', 'response_request_id': 'body'})
    assert '200 is not the status of an error' in failure


@pytest.mark.parametrize(
    ('how', 'places', 'line'),
    [
        (f'no {ID}', [ID], f'there is no {ID}'),
        (f'no {ID}', ['body'], f'there is no {ID}'),
        (f'no {SHOP_ID}', [ID, SHOP_ID], f'there is no {SHOP_ID}'),
        (f'two {SHOP_ID}', [ID, SHOP_ID], f'there are 2 {SHOP_ID}'),
        (f'other {SHOP_ID}', [ID, SHOP_ID], 'there are several request ids'),
        (f'other {SHOP_ID}', [SHOP_ID, 'body'], 'and the body has req-'),
        ('no Content-Type', ['X-Kind'], 'there is no X-Kind'),
        ('', ['Content-Type'], 'Content-Type is no request id'),
        ('compute', ['body'], 'the body has no request id'),
    ],
)
def test_ids_that_are_not_one_fail(tmp_path, how, places, line):
    [failure] = run(tmp_path, spoilt(how, response_request_id=places))
    assert line in failure


@pytest.mark.parametrize('bad', [[], None, '', 7, {}, {ID: 'req-1'}])
def test_an_id_that_stands_nowhere_is_never_silent(tmp_path, bad):
    [failure] = run(tmp_path, refused(response_request_id=bad))
    assert "response_request_id in '0' has to be a list" in failure


def test_a_default_place_and_a_place_of_a_test_are_both_looked_at(tmp_path):
    defaults = {'response_request_id': [ID], 'status': 404}
    test = {'GET': '/', 'response_request_id': [SHOP_ID]}
    assert run(tmp_path, test, {'GET': '/'}, defaults=defaults) == []
    test['request_headers'] = {'X-Spoil': f'other {ID}'}
    [failure] = run(tmp_path, test, defaults=defaults)
    assert 'there are several request ids' in failure


# The documentation


@webob.dec.wsgify
def volumes(request):
    """Have one volume, and make no other of its name."""
    name = request.json['name']
    if name not in NAMES:
        NAMES.add(name)
        return webob.Response(status=201, json={'name': name})
    raise webob.exc.HTTPConflict(
        f'There is a volume named {name}.', comment='volume.name_exists'
    )


NAMES = set()


def test_the_example_of_the_documentation_passes(tmp_path):
    page = (ROOT / 'doc' / 'source' / 'testing.rst').read_text('utf-8')
    [block] = re.findall(r'code-block:: yaml\n\n((?: {3}.*\n|\n)+)', page)
    path = tmp_path / 'arc.yaml'
    path.write_text(textwrap.dedent(block), encoding='utf-8')
    wrapped = errorkit.wrap(
        volumes,
        service_type='volume',
        compat_headers=['X-Compute-Request-Id'],
    )

    def failures():
        NAMES.clear()
        result = unittest.TestResult()
        gabbi.driver.build_tests(
            str(tmp_path),
            unittest.TestLoader(),
            intercept=lambda: wrapped,
            response_handlers=gabbi_response_handlers,
        ).run(result)
        assert result.testsRun == 2
        return [text for _, text in result.failures + result.errors]

    assert failures() == []
    text = path.read_text(encoding='utf-8')
    path.write_text(text.replace('name_exists', 'gone'), encoding='utf-8')
    [failure] = failures()
    assert "code is 'volume.name_exists', not 'volume.gone'" in failure


# The other loaders

ARC = '''
tests:
- name: a cake
  GET: /cake
- name: gone
  GET: /
  status: 404
  response_error:
    code: shop.cake.gone
    detail: There is no $HISTORY['a cake'].$RESPONSE['$.name'].
  response_request_id: [x-openstack-request-id, body]
'''
WRONG = ARC.replace('shop.cake.gone', 'shop.cake.stale')


def test_gabbis_pytest_loader_runs_them(pytester, monkeypatch):
    monkeypatch.setenv('PYTEST_DISABLE_PLUGIN_AUTOLOAD', '1')
    pytester.mkdir('arcs')
    pytester.makepyfile(
        test_arcs=f'''
        import pathlib, sys
        sys.path.insert(0, {str(ROOT / 'tests')!r})

        import gabbi.driver
        from gabbi.driver import test_pytest
        from errorkit.testing.gabbi import gabbi_response_handlers
        from test_testing_gabbi import application


        def pytest_generate_tests(metafunc):
            gabbi.driver.py_test_generator(
                str(pathlib.Path(__file__).parent / 'arcs'),
                intercept=application,
                test_loader_name='shop',
                response_handlers=gabbi_response_handlers,
                metafunc=metafunc,
            )
        '''
    )
    for name, text in (('right', ARC), ('wrong', WRONG)):
        path = pytester.path / 'arcs' / f'{name}.yaml'
        path.write_text(text, encoding='utf-8')
    done = pytester.runpytest_subprocess('-W', 'ignore:.cgi.')
    done.assert_outcomes(passed=3, failed=1)
    done.stdout.fnmatch_lines(["*code is 'shop.cake.gone', not 'shop.cak*"])


@pytest.fixture(name='url')
def _url():
    with serving(application()) as url:
        yield url


@pytest.mark.parametrize(('arc', 'status'), [(ARC, 0), (WRONG, 1)])
def test_gabbi_run_loads_them_by_their_modules_name(
    url, tmp_path, arc, status
):
    path = tmp_path / 'arc.yaml'
    path.write_text(arc, encoding='utf-8')
    done = subprocess.run(
        [
            *(sys.executable, '-m', 'gabbi.runner'),
            *('-r', 'errorkit.testing.gabbi', url, '--', str(path)),
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == status, done.stderr
    assert re.search('Ran 2 tests', done.stderr)
    wrong = "code is 'shop.cake.gone', not 'shop.cake.stale'"
    assert (wrong in done.stderr) == bool(status)
