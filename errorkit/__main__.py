# SPDX-License-Identifier: Apache-2.0
"""``python -m errorkit``: the ``errorkit`` command."""

import sys

from errorkit.cli import main

if __name__ == '__main__':
    sys.exit(main())
