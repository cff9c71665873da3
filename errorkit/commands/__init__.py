# SPDX-License-Identifier: Apache-2.0
"""Commands whose actions live in several rooms; one module each."""
