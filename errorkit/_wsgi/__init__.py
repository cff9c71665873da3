# SPDX-License-Identifier: Apache-2.0
"""Calling an application and owning its body: the WSGI rules, in one place.

PEP 3333 lets an application start late, twice, through ``write`` or not at
all, and fail at each step.
"""
