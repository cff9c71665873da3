# SPDX-License-Identifier: Apache-2.0
"""The pytest plugin: ``errorkit_app``, and which codes the tests have seen.

It is loaded wherever errorkit is installed, so what it needs is imported when
it is asked for something.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

try:
    import pytest
except ImportError as exc:
    raise ImportError(
        'errorkit.testing.pytest_plugin needs pytest: '
        "pip install 'errorkit[testing]' 'pytest>=8.0'",
        name=exc.name,
    ) from exc

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

    from errorkit.codes import Catalog

_SEEN: pytest.StashKey[_Report] = pytest.StashKey()
#: In what a worker of pytest-xdist hands over.
_OUTPUT = 'errorkit_codes_seen'


@pytest.fixture
def errorkit_app() -> Iterator[Callable[..., WSGIApplication]]:
    """Wrap an application as ``errorkit.wrap`` does, its catalog strict.

    A code that is not declared, or has not the error's status, fails the
    test in place of being logged.
    """
    from errorkit.codes import Catalog
    from errorkit.pipeline import wrap

    changed: list[tuple[Catalog, bool]] = []

    def make(
        application: WSGIApplication, **options: Any
    ) -> WSGIApplication:
        catalog = options.get('catalog')
        if isinstance(catalog, Catalog):
            changed.append((catalog, catalog.strict))
            catalog.strict = True
            options.setdefault('service_type', catalog.service_type)
        return wrap(application, **options)

    yield make
    for catalog, strict in reversed(changed):
        catalog.strict = strict


@pytest.fixture
def assert_error() -> Callable[..., dict[str, Any]]:
    """Return ``errorkit.testing.asserting.assert_error``."""
    from errorkit.testing.asserting import assert_error

    return assert_error


class _Report:
    """What the tests have not produced of some catalogs.

    The catalogs are loaded once the tests are: only then can all modules be
    imported that tests import.

    :param names: each ``MODULE:CATALOG``
    :param is_required: every code has to be produced
    """

    def __init__(self, names: list[str], is_required: bool) -> None:
        from errorkit.testing.codes_seen import CodesSeen

        self.names = list(dict.fromkeys(names))
        self.is_required = is_required
        self.seen = CodesSeen()
        #: The codes that each catalog's tests have not produced.
        self.missing: dict[str, list[str]] = {}
        self._catalogs: dict[str, Catalog] = {}
        #: What workers could not load.
        self.failures: list[str] = []
        self._from_workers: dict[str, list[set[str]]] = {}

    def load(self, root: str) -> None:
        """Import the catalogs.

        :param root: of the project, which can be imported from
        :raises UsageError: one of them cannot be loaded
        """
        from errorkit.codes import loading

        before = list(sys.path)
        sys.path.append(root)
        try:
            for name in self.names:
                self._catalogs[name] = loading.load(name)
        except loading.CannotLoad as exc:
            raise pytest.UsageError(str(exc)) from exc
        finally:
            sys.path[:] = before

    def handed_over(self) -> dict[str, Any]:
        """Return what a worker has to tell."""
        return {
            'missing': {
                name: self.seen.missing(catalog)
                for name, catalog in self._catalogs.items()
            },
            'failures': self.failures,
        }

    def take(self, output: dict[str, Any]) -> None:
        """Take over what a worker has told."""
        self.failures += output['failures']
        for name, missing in output['missing'].items():
            found = self._from_workers.setdefault(name, [])
            found.append(set(missing))

    def finish(self) -> None:
        """Find what is missing: what each worker misses, if there are any."""
        for name, catalog in self._catalogs.items():
            self.missing[name] = self.seen.missing(catalog)
        for name, sets in self._from_workers.items():
            self.missing[name] = sorted(set.intersection(*sets))


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options."""
    group = parser.getgroup('errorkit', 'error codes')
    group.addoption(
        '--errorkit-codes-seen',
        action='append',
        metavar='MODULE:CATALOG',
        default=[],
        help='report which declared codes no test has produced',
    )
    group.addoption(
        '--errorkit-require-all-codes',
        action='store_true',
        help='fail if there is one; of the catalogs above, or in the ini file',
    )
    parser.addini(
        'errorkit_catalogs',
        'the catalogs whose codes the tests should all produce, '
        'MODULE:CATALOG, one a line',
        type='linelist',
        default=[],
    )


def pytest_configure(config: pytest.Config) -> None:
    """Begin to note, if a catalog is to be watched."""
    names = config.getoption('errorkit_codes_seen')
    is_required = config.getoption('errorkit_require_all_codes')
    if not names and is_required:
        names = config.getini('errorkit_catalogs')
        if not names:
            raise pytest.UsageError(
                '--errorkit-require-all-codes needs a catalog: '
                '--errorkit-codes-seen MODULE:CATALOG, or errorkit_catalogs '
                'in the ini file'
            )
    if names and not config.getoption('collectonly'):
        report = _Report(names, is_required)
        config.stash[_SEEN] = report
        report.seen.start()


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop noting."""
    report = config.stash.get(_SEEN, None)
    if report is not None:
        report.seen.stop()


def pytest_collection_finish(session: pytest.Session) -> None:
    """Load the catalogs."""
    report = session.config.stash.get(_SEEN, None)
    if report is None:
        return
    try:
        report.load(str(session.config.rootpath))
    except pytest.UsageError as exc:
        if not hasattr(session.config, 'workeroutput'):
            raise
        report.failures.append(str(exc))


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any, error: object) -> None:
    """Take over what a worker of pytest-xdist has seen."""
    report = node.config.stash.get(_SEEN, None)
    output = getattr(node, 'workeroutput', None) or {}
    if report is not None and _OUTPUT in output:
        report.take(output[_OUTPUT])


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Fail where every code is required and one is missing."""
    report = session.config.stash.get(_SEEN, None)
    if report is None:
        return
    output = getattr(session.config, 'workeroutput', None)
    if output is not None:
        output[_OUTPUT] = report.handed_over()
        return
    report.finish()
    if session.exitstatus == pytest.ExitCode.OK:
        if report.failures:
            session.exitstatus = pytest.ExitCode.USAGE_ERROR
        elif report.is_required and any(report.missing.values()):
            session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: Any, config: Any) -> None:
    """Say which codes no test has produced."""
    report = config.stash.get(_SEEN, None)
    if report is None:
        return
    if report.missing or report.failures:
        terminalreporter.section('error codes')
    for failure in dict.fromkeys(report.failures):
        terminalreporter.write_line(failure, red=True)
    for name, missing in report.missing.items():
        if not missing:
            line = f'{name}: every declared code was produced'
            terminalreporter.write_line(line, green=True)
            continue
        number = f'{len(missing)} declared codes were'
        if len(missing) == 1:
            number = '1 declared code was'
        terminalreporter.write_line(
            f'{name}: {number} never produced', red=report.is_required
        )
        for code in missing:
            terminalreporter.write_line(f'    {code}')
