# SPDX-License-Identifier: Apache-2.0
"""Install errorkit; everything it says stands in setup.cfg."""

import setuptools

setuptools.setup()
