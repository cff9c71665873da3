# SPDX-License-Identifier: Apache-2.0
"""The pytest plugin, in projects of its own that run in their own Python."""

import configparser
import pathlib
import subprocess
import sys

import pytest

# In the runs in this process these are the ones of all projects.
import errorkit.pipeline
import errorkit.testing.asserting
import errorkit.testing.pytest_plugin  # noqa: F401

pytest_plugins = ['pytester']

ROOT = pathlib.Path(__file__).resolve().parent.parent
PLUGIN = 'errorkit.testing.pytest_plugin'
CODES = '''
import errorkit

CATALOG = errorkit.Catalog('shop')
GONE = CATALOG.define('shop.cake.gone', status=404)
STALE = CATALOG.define(
    'shop.cake.stale', status=400, renames={'1.5': 'shop.cake.old'})
OLD = CATALOG.define('shop.cake.burnt', status=400, retired=True)
'''
SHOP = '''
import errorkit
import shop_codes
import webob
import webob.dec
import webob.exc


@webob.dec.wsgify
def service(request):
    if request.path == '/stale':
        raise webob.exc.HTTPBadRequest('Old.', comment=shop_codes.STALE)
    if request.path == '/slip':
        raise webob.exc.HTTPNotFound('Oh.', comment='shop.cake.slip')
    if request.path == '/wrong':
        raise webob.exc.HTTPConflict('Oh.', comment=shop_codes.GONE)
    raise webob.exc.HTTPNotFound('Gone.', comment=shop_codes.GONE)


def ask(path):
    app = errorkit.wrap(
        service, service_type='shop', catalog=shop_codes.CATALOG)
    return webob.Request.blank(path).get_response(app)
'''
ASK_GONE = '''
import shop

def test_gone():
    assert shop.ask('/gone').status_int == 404
'''
ASK_STALE = ASK_GONE.replace('gone', 'stale').replace('404', '400')
SEEN = ('--errorkit-codes-seen', 'shop_codes:CATALOG')
REQUIRE = '--errorkit-require-all-codes'
XDIST = ('-p', 'xdist', '-n', '2')


@pytest.fixture(name='project')
def _project(pytester, monkeypatch):
    """A project with a shop, and the plugin alone."""
    monkeypatch.setenv('PYTEST_DISABLE_PLUGIN_AUTOLOAD', '1')
    monkeypatch.setenv('PYTHONPATH', str(ROOT))
    monkeypatch.delenv('PYTEST_ADDOPTS', raising=False)
    pytester.makepyfile(shop_codes=CODES, shop=SHOP, test_gone=ASK_GONE)
    return pytester


def run(project, *args):
    """Run pytest in a project, in this process."""
    return project.runpytest_inprocess('-p', PLUGIN, *args)


def run_apart(project, *args):
    """Run pytest in a project, in a Python of its own."""
    return project.runpytest_subprocess('-p', PLUGIN, *args)


# The codes that tests have seen


def test_a_code_that_no_test_produced_is_reported(project):
    done = run(project, *SEEN)
    assert done.ret == 0
    done.stdout.fnmatch_lines(
        [
            '*= error codes =*',
            'shop_codes:CATALOG: 1 declared code was never produced',
            '    shop.cake.stale',
            '*1 passed*',
        ]
    )
    done.stdout.no_fnmatch_line('*shop.cake.gone*')
    done.stdout.no_fnmatch_line('*burnt*')
    done.stdout.no_fnmatch_line('*undefined_code*')


def test_it_fails_the_run_where_every_code_is_required(project):
    done = run(project, *SEEN, REQUIRE)
    assert done.ret == 1
    done.stdout.fnmatch_lines(['    shop.cake.stale', '*1 passed*'])


def test_a_run_that_produced_every_code_passes(project):
    project.makepyfile(test_stale=ASK_STALE)
    done = run(project, *SEEN, REQUIRE)
    assert done.ret == 0
    done.stdout.fnmatch_lines(
        ['shop_codes:CATALOG: every declared code was produced']
    )


def test_the_ini_file_can_name_the_catalogs(project):
    project.makeini('[pytest]\nerrorkit_catalogs =\n    shop_codes:CATALOG\n')
    assert run(project, REQUIRE).ret == 1
    done = run(project)
    assert done.ret == 0
    done.stdout.no_fnmatch_line('*error codes*')
    project.makepyfile(test_stale=ASK_STALE)
    assert run(project, REQUIRE).ret == 0


def test_several_catalogs_are_told_apart(project):
    project.makepyfile(
        other_codes="import errorkit\nC = errorkit.Catalog('bank')\n"
        "C.define('bank.broke', status=402)\nC.define('bank.shut', status=503)"
    )
    done = run(project, *SEEN, '--errorkit-codes-seen=other_codes:C', REQUIRE)
    assert done.ret == 1
    done.stdout.fnmatch_lines(
        [
            'shop_codes:CATALOG: 1 declared code was never produced',
            'other_codes:C: 2 declared codes were never produced',
            '    bank.broke',
            '    bank.shut',
        ]
    )


def test_a_failure_of_a_test_stays_a_failure(project):
    project.makepyfile(test_bad='def test_bad():\n    assert 0\n')
    done = run(project, *SEEN)
    assert done.ret == 1
    done.stdout.fnmatch_lines(['    shop.cake.stale', '*1 failed, 1 passed*'])


def test_a_run_without_tests_stays_one(project):
    done = run(project, *SEEN, REQUIRE, '-k', 'nothing')
    assert done.ret == pytest.ExitCode.NO_TESTS_COLLECTED


def test_collecting_alone_says_nothing_of_codes(project):
    done = run(project, *SEEN, REQUIRE, '--collect-only')
    assert done.ret == 0
    done.stdout.no_fnmatch_line('*error codes*')


@pytest.mark.parametrize(
    ('body', 'seen'),
    [
        ('{"code": "shop.cake.stale", ', True),
        ('{"code": "shop.cake.old", ', True),  # as new clients read it
        ('{', False),
    ],
)
def test_a_code_of_a_service_elsewhere_is_seen_by_assert_error(
    project, body, seen
):
    project.makepyfile(
        test_stale=f"""
        from errorkit.testing.responses import Response

        def test_stale(assert_error):
            body = ('{{"errors": [{body}"status": 400, "title": "Stale", '
                    '"detail": "Old."}}]}}')
            assert_error(
                Response(400, (('Content-Type', 'application/json'),),
                         body.encode()),
                request_id_header=None)
        """
    )
    done = run(project, *SEEN, REQUIRE)
    done.assert_outcomes(passed=2)
    assert done.ret == (0 if seen else 1)


def test_what_assert_error_refused_is_not_seen(project):
    project.makepyfile(
        test_stale="""
        import pytest
        from errorkit.testing.responses import Response

        def test_stale(assert_error):
            body = (b'{"errors": [{"code": "shop.cake.stale", "status": 400, '
                    b'"title": "Stale", "detail": "Old."}]}')
            headers = (('Content-Type', 'application/json'),)
            with pytest.raises(AssertionError):
                assert_error(Response(400, headers, body))
        """
    )
    done = run(project, *SEEN, REQUIRE)
    done.assert_outcomes(passed=2)
    assert done.ret == 1


def test_a_code_below_its_microversion_is_seen(project):
    project.makepyfile(
        test_stale="""
        import errorkit, shop, shop_codes, webob

        def test_stale():
            app = errorkit.wrap(
                shop.service, service_type='shop', versions='1.0-1.9',
                code_version='1.5', catalog=shop_codes.CATALOG)
            response = webob.Request.blank('/stale').get_response(app)
            assert 'code' not in response.json['errors'][0]
        """
    )
    assert run(project, *SEEN, REQUIRE).ret == 0


# Where catalogs are found


def test_a_catalog_beside_the_tests_is_found(project):
    tests = project.mkdir('tests')
    for name in ('shop_codes', 'shop', 'test_gone'):
        (project.path / f'{name}.py').rename(tests / f'{name}.py')
    done = run(project, *SEEN)
    done.assert_outcomes(passed=1)
    done.stdout.fnmatch_lines(['    shop.cake.stale'])


@pytest.mark.parametrize('where', ['.', 'tests'])
def test_a_catalog_in_the_root_is_found(project, monkeypatch, where):
    tests = project.mkdir('tests')
    (project.path / 'test_gone.py').unlink()
    (tests / 'test_one.py').write_text('def test_one(): pass\n')
    project.makeini('[pytest]\n')
    monkeypatch.chdir(project.path / where)
    done = project.run(
        *(sys.executable, '-P', '-c', 'import pytest; raise SystemExit('
          'pytest.main())', '-p', PLUGIN, *SEEN),
    )
    done.assert_outcomes(passed=1)
    done.stdout.fnmatch_lines(['*2 declared codes were never produced'])


def test_a_catalog_on_the_ini_files_pythonpath_is_found(project):
    source = project.mkdir('src')
    for name in ('shop_codes', 'shop'):
        (project.path / f'{name}.py').rename(source / f'{name}.py')
    project.makeini('[pytest]\npythonpath = src\n')
    done = run(project, *SEEN)
    done.assert_outcomes(passed=1)
    done.stdout.fnmatch_lines(['    shop.cake.stale'])


def test_looking_for_a_catalog_leaves_the_path_as_it_is(project):
    project.makepyfile(
        test_path="""
        import sys

        def test_path(request):
            assert sys.path == request.config.path_before
        """
    )
    project.makeconftest(
        """
        import pytest, sys

        @pytest.hookimpl(tryfirst=True)
        def pytest_collection_finish(session):
            session.config.path_before = list(sys.path)
        """
    )
    done = run(project, *SEEN)
    done.assert_outcomes(passed=2)


@pytest.mark.parametrize(
    ('name', 'line'),
    [
        ('shop_codes', '*shop_codes*MODULE:CATALOG*'),
        ('cake_codes:CATALOG', '*cake_codes*'),
        ('shop_codes:CAKES', '*CAKES*'),
        ('shop_codes:errorkit', '*not a Catalog*'),
    ],
)
def test_a_catalog_that_is_not_there_is_an_error_of_usage(
    project, name, line
):
    done = run(project, '--errorkit-codes-seen', name)
    assert done.ret == pytest.ExitCode.USAGE_ERROR
    done.stderr.fnmatch_lines([line])
    done.stderr.no_fnmatch_line('*Traceback*')


def test_to_require_the_codes_of_no_catalog_is_an_error_of_usage(project):
    done = run(project, REQUIRE)
    assert done.ret == pytest.ExitCode.USAGE_ERROR
    done.stderr.fnmatch_lines(['*needs a catalog: --errorkit-codes-seen*'])


# pytest-xdist


def test_what_workers_have_seen_is_put_together(project):
    project.makepyfile(test_stale=ASK_STALE)
    done = run_apart(project, *SEEN, REQUIRE, *XDIST)
    done.assert_outcomes(passed=2)
    assert done.ret == 0
    done.stdout.fnmatch_lines(['*every declared code was produced'])


def test_what_no_worker_has_seen_is_missing(project):
    done = run_apart(project, *SEEN, REQUIRE, *XDIST)
    done.assert_outcomes(passed=1)
    assert done.ret == 1
    done.stdout.fnmatch_lines(['*1 declared code was never*', '*.stale'])


def test_a_catalog_beside_the_tests_is_found_by_workers(project):
    tests = project.mkdir('tests')
    for name in ('shop_codes', 'shop', 'test_gone'):
        (project.path / f'{name}.py').rename(tests / f'{name}.py')
    done = run_apart(project, *SEEN, *XDIST)
    assert done.ret == 0
    done.stdout.fnmatch_lines(['    shop.cake.stale'])


def test_a_catalog_that_no_worker_finds_is_an_error_of_usage(project):
    done = run_apart(project, '--errorkit-codes-seen', 'cakes:CATALOG', *XDIST)
    assert done.ret == pytest.ExitCode.USAGE_ERROR
    lines = [line for line in done.outlines if 'cakes' in line]
    assert len(lines) == 1


# errorkit_app


def test_errorkit_app_wraps_with_the_catalog_strict(project):
    project.makepyfile(
        test_app="""
        import pytest, shop, shop_codes, webob
        from errorkit.exceptions import UndeclaredCode

        def ask(app, path):
            return webob.Request.blank(path).get_response(app)

        def test_good(errorkit_app, assert_error):
            app = errorkit_app(shop.service, catalog=shop_codes.CATALOG)
            assert_error(ask(app, '/gone'), status=404, code='shop.cake.gone')

        @pytest.mark.parametrize('path', ['/slip', '/wrong'])
        def test_bad(errorkit_app, path):
            app = errorkit_app(shop.service, catalog=shop_codes.CATALOG)
            with pytest.raises(UndeclaredCode):
                ask(app, path)

        def test_after(assert_error):
            assert not shop_codes.CATALOG.strict
            assert_error(shop.ask('/slip'), code='shop.cake.slip')

        def test_options(errorkit_app, assert_error):
            app = errorkit_app(
                shop.service, service_type='bank', format='compute')
            assert 'itemNotFound' in ask(app, '/gone').json
        """
    )
    run(project).assert_outcomes(passed=6)


# As a guest in every run


def test_who_does_not_ask_for_it_pays_nothing(project):
    project.makepyfile(
        test_guest="""
        import sys

        def test_guest():
            from errorkit.formats.viewer import Viewer
            assert not hasattr(Viewer.shown, '__wrapped__')
            assert 'errorkit.testing.codes_seen' not in sys.modules
            assert 'jsonschema' not in sys.modules
        """
    )
    done = run_apart(project)
    done.assert_outcomes(passed=2)
    done.stdout.no_fnmatch_line('*error codes*')


def test_importing_it_warns_of_nothing_and_imports_no_webob():
    program = (
        'import pytest, sys; before = set(sys.modules)\n'
        f'import {PLUGIN}\n'
        'new = {name.split(".")[0] for name in set(sys.modules) - before}\n'
        'print(sorted(new - set(sys.stdlib_module_names)))'
    )
    done = subprocess.run(
        [sys.executable, '-W', 'error', '-c', program],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.stdout == "['errorkit']\n", done.stderr


def test_warnings_that_are_errors_are_none_of_its_own(project):
    project.makepyfile(test_gone='def test_gone(): pass\n')
    done = run_apart(project, '-W', 'error')
    done.assert_outcomes(passed=1)


def test_without_jsonschema_all_but_assert_error_works(project):
    project.makepyfile(
        blocker="""
        import importlib.abc, sys

        class Blocker(importlib.abc.MetaPathFinder):
            def find_spec(self, name, path=None, target=None):
                if name.partition('.')[0] in ('jsonschema', 'gabbi'):
                    raise ImportError(f'{name} is blocked', name=name)

        sys.meta_path.insert(0, Blocker())
        """,
        test_app="""
        import pytest, shop, shop_codes, webob

        def test_app(errorkit_app):
            app = errorkit_app(shop.service, catalog=shop_codes.CATALOG)
            assert webob.Request.blank('/').get_response(app).status_int == 404

        def test_extra(request):
            with pytest.raises(ImportError, match='jsonschema'):
                request.getfixturevalue('assert_error')
        """,
    )
    done = project.run(
        *(sys.executable, '-m', 'pytest', '-p', 'blocker'),
        *('-p', PLUGIN, *SEEN),
    )
    done.assert_outcomes(passed=3)
    done.stdout.fnmatch_lines(['    shop.cake.stale'])


@pytest.mark.parametrize(
    ('module', 'needed'),
    [('errorkit.testing.gabbi', 'gabbi'), (PLUGIN, 'pytest')],
)
def test_who_misses_something_is_told_what_to_install(module, needed):
    program = (
        f'import sys; sys.modules["{needed}"] = None\nimport {module}\n'
    )
    done = subprocess.run(
        [sys.executable, '-c', program],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 1
    last = done.stderr.splitlines()[-1]
    assert last.startswith(f'ImportError: {module} needs {needed}')
    assert "pip install 'errorkit[testing]' " in last


@pytest.fixture(name='installed')
def _installed(project, monkeypatch):
    """A project beside which the plugin's entry point is installed."""
    site = project.mkdir('site')
    info = site / 'shop_plugin-1.dist-info'
    info.mkdir()
    (info / 'METADATA').write_text('Name: shop-plugin\nVersion: 1\n')
    (info / 'entry_points.txt').write_text(
        f'[pytest11]\nerrorkit = {PLUGIN}\n'
    )
    monkeypatch.delenv('PYTEST_DISABLE_PLUGIN_AUTOLOAD')
    monkeypatch.setenv('PYTHONPATH', f'{site}:{ROOT}')
    return project


def test_its_entry_point_loads_it(installed):
    done = installed.runpytest_subprocess(*SEEN)
    done.assert_outcomes(passed=1)
    done.stdout.fnmatch_lines(['    shop.cake.stale'])


def test_it_can_be_turned_off(installed):
    installed.makepyfile(
        test_off="""
        import pytest

        def test_off(request):
            assert not request.config.pluginmanager.hasplugin('errorkit')
            with pytest.raises(pytest.FixtureLookupError):
                request.getfixturevalue('errorkit_app')
        """
    )
    installed.makeini('[pytest]\nerrorkit_catalogs = shop_codes:CATALOG\n')
    done = installed.runpytest_subprocess('-p', 'no:errorkit')
    done.assert_outcomes(passed=2)
    done = installed.runpytest_subprocess('-p', 'no:errorkit', *SEEN)
    assert done.ret == pytest.ExitCode.USAGE_ERROR


def test_setup_cfg_has_its_entry_point():
    config = configparser.ConfigParser()
    config.read(ROOT / 'setup.cfg')
    points = config['options.entry_points']['pytest11'].split('\n')
    assert f'errorkit = {PLUGIN}' in points
