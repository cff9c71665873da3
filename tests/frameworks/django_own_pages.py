# SPDX-License-Identifier: Apache-2.0
"""The same shop, with handlers of its own for the errors of Django."""

from django_shop import own_page, urlpatterns

__all__ = ['handler400', 'handler403', 'handler404', 'handler500',
           'urlpatterns']

handler400 = handler403 = handler404 = handler500 = own_page
