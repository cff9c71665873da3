# SPDX-License-Identifier: Apache-2.0
"""Tests with the real frameworks; what helps them shows values too."""

import pytest

pytest.register_assert_rewrite('one_shape')
