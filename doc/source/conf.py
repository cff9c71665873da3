# SPDX-License-Identifier: Apache-2.0
"""The settings of the documentation."""

import configparser
import importlib.util
import pathlib
import subprocess
import sys

from docutils import nodes
from docutils.parsers.rst import Directive

ROOT = pathlib.Path(__file__).resolve().parents[2]
# The example's catalog is one of the pages.
sys.path[:0] = [str(ROOT), str(ROOT / 'examples')]

_config = configparser.ConfigParser()
_config.read(ROOT / 'setup.cfg')

project = 'errorkit'
author = 'errorkit contributors'
copyright = author
release = version = _config['metadata']['version']

extensions = ['sphinx.ext.autodoc', 'errorkit.sphinxext']
html_theme = 'alabaster'
html_theme_options = {
    'description': _config['metadata']['description'],
    'fixed_sidebar': True,
}
html_show_copyright = False
highlight_language = 'none'
nitpicky = False
autodoc_member_order = 'bysource'
autodoc_typehints = 'description'
autodoc_typehints_description_target = 'documented'
autodoc_default_options = {'members': True, 'show-inheritance': True}


class NotesWithoutHistory(Directive):
    """Stand in for reno's directive where there is no git history."""

    has_content = True

    def run(self):
        """Say where the notes are."""
        return [nodes.paragraph('', (
            'The notes are put together from the git history, which this '
            'copy does not have. They are in the folder releasenotes/notes.'
        ))]


def has_history():
    """Tell whether reno and a git history are here."""
    if (not (ROOT / '.git').exists()
            or importlib.util.find_spec('reno') is None):
        return False
    try:
        done = subprocess.run(
            ['git', 'rev-parse', '--verify', '--quiet', 'HEAD'], cwd=ROOT,
            capture_output=True, check=False)
    except OSError:
        return False
    return done.returncode == 0


if has_history():
    extensions.append('reno.sphinxext')


def setup(app):
    """Keep the page of release notes buildable everywhere."""
    if not has_history():
        app.add_directive('release-notes', NotesWithoutHistory)
