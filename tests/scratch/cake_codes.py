# SPDX-License-Identifier: Apache-2.0
"""The codes of a cake shop, a project of somebody else's."""

from errorkit import Catalog

CATALOG = Catalog('cakes')
GONE = CATALOG.define('cakes.cake.gone', status=404, title='Cake gone')
SHUT = CATALOG.define('cakes.shop.shut', status=503, retry='later')
