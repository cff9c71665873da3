# SPDX-License-Identifier: Apache-2.0
"""A Sphinx extension: the catalog as a page, and links to its codes.

::

    .. error-codes:: volumes.codes:CATALOG
       :status: 409

    A name can be used once, see :error-code:`volume.name_exists`.

The codes are objects of Sphinx' standard domain, of the type ``error-code``,
so that they are in its index and its inventory, for intersphinx.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, ClassVar, cast

try:
    from docutils import nodes
    from docutils.parsers.rst import directives
    from sphinx import addnodes
    from sphinx.roles import XRefRole
    from sphinx.util.docutils import SphinxDirective
    from sphinx.util.nodes import make_id
except ImportError as exc:
    raise ImportError(
        "errorkit.sphinxext needs Sphinx: pip install 'errorkit[docs]'",
        name='sphinx',
    ) from exc

from errorkit import codes
from errorkit.codes import Catalog, ErrorCode, loading
from errorkit.export import facts

if TYPE_CHECKING:
    from docutils.nodes import Node
    from sphinx.application import Sphinx
    from sphinx.domains.std import StandardDomain
    from sphinx.util.typing import ExtensionMetadata

TYPE = 'error-code'
_STATUSES = re.compile(r'([45]\d\d)(?:-([45]\d\d))?')


def _statuses(argument: str | None) -> frozenset[int]:
    found: set[int] = set()
    for word in (argument or '').replace(',', ' ').split():
        run = _STATUSES.fullmatch(word)
        if run is None:
            raise ValueError(f'{word!r} is neither a status nor 400-499')
        found.update(range(int(run[1]), int(run[2] or run[1]) + 1))
    if not found:
        raise ValueError('a status such as 409, or several')
    return frozenset(found)


def _prefix(argument: str | None) -> str:
    prefix = (argument or '').strip().removesuffix('.')
    if not codes.is_valid_service_type(prefix):
        raise ValueError('the first labels of codes, such as volume.snapshot')
    return prefix


class ErrorCodes(SphinxDirective):
    """``.. error-codes:: MODULE:CATALOG``: the codes, each with its anchor.

    ``:status:`` leaves only those that may come with one of some statuses,
    ``:prefix:`` only those with these first labels, ``:hide-retired:`` only
    those that are still sent. ``:no-index:`` makes no anchors, for codes that
    are on another page already.
    """

    required_arguments = 1
    option_spec: ClassVar[dict[str, Callable[[str], Any]]] = {
        'status': _statuses,
        'prefix': _prefix,
        'hide-retired': directives.flag,
        'no-index': directives.flag,
    }

    def run(self) -> list[Node]:
        """Return a description of each code.

        :raises DirectiveError: there is no such catalog, or none of its
            codes is left
        """
        name = self.arguments[0]
        try:
            catalog = loading.load(name)
        except loading.CannotLoad as exc:
            raise self.error(f'error-codes: {exc}') from exc
        self._depend_on(name.partition(':')[0], catalog)
        chosen = [
            code for code in facts.listed(catalog) if self._is_chosen(code)
        ]
        if not chosen:
            raise self.error(f'error-codes: no code of {name} is like that')
        found: list[Node] = []
        for code in chosen:
            found += self._described(code)
        return found

    def _depend_on(self, module: str, catalog: Catalog) -> None:
        """Have the page written anew when the catalog has changed.

        Codes may be declared in any module of the package that knows it.
        """
        package = module.partition('.')[0]
        for name, loaded in [*sys.modules.items()]:
            if name.partition('.')[0] != package:
                continue
            file = getattr(loaded, '__file__', None)
            if file and (
                name == module
                or any(one is catalog for one in [*vars(loaded).values()])
            ):
                self.env.note_dependency(file)

    def _is_chosen(self, code: ErrorCode) -> bool:
        if code.retired and 'hide-retired' in self.options:
            return False
        prefix = self.options.get('prefix')
        if prefix and code != prefix and not code.startswith(prefix + '.'):
            return False
        statuses = self.options.get('status')
        return statuses is None or not statuses.isdisjoint(code.statuses)

    def _described(self, code: ErrorCode) -> list[Node]:
        signature = addnodes.desc_signature('', '')
        signature += addnodes.desc_name('', str(code))
        title = facts.title(code)
        if title:
            signature += addnodes.desc_annotation('', f' {title}')
        content = addnodes.desc_content()
        if code.retired:
            content += nodes.paragraph(
                '', '', nodes.strong('', facts.RETIRED)
            )
        for text in re.split(r'\n\s*\n', code.meaning):
            if text.strip():
                content += nodes.paragraph('', text.strip())
        content += self._facts(code)
        description = addnodes.desc(
            '', signature, content, domain='std', objtype=TYPE, desctype=TYPE
        )
        description['classes'] += ['std', TYPE]
        self.set_source_info(description)
        self.set_source_info(signature)
        if 'no-index' in self.options:
            description['no-index'] = True
            return [description]
        description['no-index'] = False
        entries = self._noted(code, signature)
        return [addnodes.index(entries=entries), description]

    def _facts(self, code: ErrorCode) -> nodes.field_list:
        fields = nodes.field_list()
        for fact in facts.facts(code):
            body = nodes.paragraph()
            if fact.kind == 'code':
                body += self._to_code(fact.text, code)
            elif fact.kind == 'link' and facts.is_web(fact.text):
                body += nodes.reference(
                    '', fact.text, refuri=fact.text, internal=False
                )
            else:
                body += nodes.Text(fact.text)
            fields += nodes.field(
                '',
                nodes.field_name('', fact.name.capitalize()),
                nodes.field_body('', body),
            )
        return fields

    def _to_code(self, text: str, code: ErrorCode) -> Node:
        literal = nodes.literal('', text, classes=['xref', 'std', TYPE])
        if any(text == name for _, name in code.renames):
            return literal  # it is this very code
        # Without refwarn: that code may be of another service.
        return addnodes.pending_xref(
            '',
            literal,
            refdomain='std',
            reftype=TYPE,
            reftarget=text,
            refdoc=self.env.docname,
            refwarn=False,
        )

    def _noted(
        self, code: ErrorCode, signature: addnodes.desc_signature
    ) -> list[tuple[str, str, str, str, None]]:
        """Make the anchor of a code; return its entries of the index."""
        anchor = make_id(self.env, self.state.document, TYPE, code)
        signature['ids'].append(anchor)
        self.state.document.note_explicit_target(signature)
        domain = cast('StandardDomain', self.env.get_domain('std'))
        entries: list[tuple[str, str, str, str, None]] = []
        for name in _names(code):
            domain.note_object(TYPE, name, anchor, location=signature)
            entry = f'{name}; error code'
            entries.append(('pair', entry, anchor, '', None))
        return entries


def _names(code: ErrorCode) -> Iterator[str]:
    yield str(code)
    for _, name in code.renames:
        yield name


def setup(app: Sphinx) -> ExtensionMetadata:
    """Add the directive and the role to Sphinx."""
    app.setup_extension('sphinx.domains.std')
    app.add_directive('error-codes', ErrorCodes)
    app.add_object_type(
        TYPE, TYPE, 'pair: %s; error code', objname='error code'
    )
    app.add_role_to_domain(
        'std',
        TYPE,
        XRefRole(warn_dangling=True, innernodeclass=nodes.literal),
        override=True,
    )
    return {
        'version': '1',
        'parallel_read_safe': True,
        'parallel_write_safe': True,
    }
