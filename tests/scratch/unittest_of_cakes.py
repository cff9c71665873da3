# SPDX-License-Identifier: Apache-2.0
"""The arcs for ``python -m unittest``."""

import pathlib

import cakes
import gabbi.driver

from errorkit.testing.gabbi import gabbi_response_handlers


def load_tests(loader, tests, pattern):
    """Make a test of each request of the arcs."""
    return gabbi.driver.build_tests(
        str(pathlib.Path(__file__).parent / 'arcs'),
        loader,
        intercept=cakes.application,
        response_handlers=gabbi_response_handlers,
    )
