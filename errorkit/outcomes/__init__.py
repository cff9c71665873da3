# SPDX-License-Identifier: Apache-2.0
"""What became of an accepted request: user messages, kept in a store."""
