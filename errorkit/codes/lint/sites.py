# SPDX-License-Identifier: Apache-2.0
"""Where errors are made: calls of webob's classes, and of ``code.error``."""

from __future__ import annotations

import ast
import dataclasses
from collections.abc import Iterable, Iterator

from errorkit.codes.lint.scopes import Place, Scope
from errorkit.codes.lint.webob_errors import ErrorClass, ErrorClasses

#: Of webob's errors: detail, headers, comment.
_COMMENT = 2


@dataclasses.dataclass
class Site:
    """A webob error that is made.

    :param node: the call, or the class that is raised
    :param scope: where
    :param status: of the answer, or None
    :param comment: what stands for the code, or None
    :param is_plain: the class takes webob's own arguments
    :param is_told: whether there is a code can be told from the source
    """

    node: ast.expr
    scope: Scope
    status: int | None
    comment: ast.expr | None
    is_plain: bool
    is_told: bool


def sites(
    calls: Iterable[Place], raises: Iterable[Place], classes: ErrorClasses
) -> Iterator[Site]:
    """Yield the webob errors that are made in a file."""
    for place in calls:
        assert isinstance(place.node, ast.Call)
        found = classes.of(place.node.func, place.scope)
        if found is not None:
            yield _called(place.node, place, found)
    for place in raises:
        assert isinstance(place.node, ast.Raise)
        node = place.node.exc
        if isinstance(node, ast.Name | ast.Attribute | ast.Subscript):
            found = classes.of(node, place.scope)
            if found is not None:
                plain = found.is_plain
                yield Site(
                    node, place.scope, found.status, None, plain, plain
                )


def _called(call: ast.Call, place: Place, found: ErrorClass) -> Site:
    comment = keyword(call, 'comment')
    is_whole = not any(word.arg is None for word in call.keywords) and not any(
        isinstance(one, ast.Starred) for one in call.args
    )
    if comment is None and found.is_plain and is_whole:
        comment = call.args[_COMMENT] if len(call.args) > _COMMENT else None
    if isinstance(comment, ast.Constant) and comment.value in (None, ''):
        comment = None
    set_later = bool(place.target) and place.target in place.scope.commented
    return Site(
        call,
        place.scope,
        found.status,
        comment,
        found.is_plain,
        comment is not None or (found.is_plain and is_whole and not set_later),
    )


def keyword(call: ast.Call, name: str) -> ast.expr | None:
    """Return a keyword argument of a call, or None."""
    for word in call.keywords:
        if word.arg == name:
            return word.value
    return None
