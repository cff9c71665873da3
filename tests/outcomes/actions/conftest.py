# SPDX-License-Identifier: Apache-2.0
"""What helps the tests of actions to assert shows values too."""

import pytest

pytest.register_assert_rewrite('action_suite', 'action_model')
