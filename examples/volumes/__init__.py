# SPDX-License-Identifier: Apache-2.0
"""A small volume service in plain WebOb, and errorkit around it."""
