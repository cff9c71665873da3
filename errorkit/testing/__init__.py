# SPDX-License-Identifier: Apache-2.0
"""What tests a service's error contract; installed with ``[testing]``."""
