# SPDX-License-Identifier: Apache-2.0
"""Another layer's error response: whose words it holds, and what they say.

webob's own are read back with their code. A body in one of our formats is
let go, with the id it may lack; an error that opted out is let go as it is.
Whatever else comes with a 4xx or 5xx is answered in our format.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from errorkit import error, keys
from errorkit.answering import reading
from errorkit.answering.late import Watched
from errorkit.error import Error
from errorkit.formats import (
    foreign,
    html,
    known,
    problem,
    text,
    webob_body,
)
from errorkit.formats.reader import MAX_BODY

_OPT_OUT = keys.OPT_OUT_HEADER.lower()
#: Calls of ``write`` whose data is kept; each costs a copy.
_MAX_WRITES = 1024
_WEBOB_HTML = 'text/html; charset=UTF-8'


class Heading(NamedTuple):
    """What the headers of an error say of its body."""

    content_type: str
    length: str
    is_encoded: bool
    passes: bool

    @property
    def is_json(self) -> bool:
        """Tell whether the body is said to be JSON of some kind."""
        kind = self.content_type.partition(';')[0].strip().lower()
        return kind == 'application/json' or kind.endswith('+json')


class Reshaping(Watched):
    """A watched response whose error is read, whoever made it."""

    #: The body goes out as it was read, but for the id that was added.
    known: Error | None = None

    _writes = 0
    #: More was written than is read of a body.
    _is_too_long = False

    def write(self, data: bytes) -> None:
        """Keep what is written of an error that is to be read.

        Of anything else the second part lets the response go.
        """
        if (
            self.committed
            or not 400 <= self.code < 600
            or not self._is_read(self._heading())
        ):
            if self.chunk and not self.committed and self.code >= 400:
                self.drop_opt_out()  # the response goes now
            super().write(data)
            return
        self._writes += 1
        if self._writes > _MAX_WRITES or (
            len(self.chunk) + len(data) > MAX_BODY
        ):
            self._is_too_long = True
        else:
            self.chunk += data

    def drop_opt_out(self) -> None:
        """Take the header out that was for us."""
        self.headers = [
            item for item in self.headers if item[0].lower() != _OPT_OUT
        ]

    def _is_read(self, heading: Heading) -> bool:
        """Tell whether an error is in the words of another, to be ours."""
        reshape = self._policy.reshape
        return not heading.passes and (
            reshape == 'all' or (reshape == 'non-json' and not heading.is_json)
        )

    def errors_inside(
        self, body: Iterable[bytes], chunks: Iterator[bytes] | None
    ) -> tuple[Error, ...] | None:
        """Return the errors of a 4xx or 5xx that is to be answered by us.

        :param body: what the application returned
        :param chunks: its iterator, when iterating has begun
        :returns: None when the response goes out; ``chunk`` then holds what
            was read of it
        """
        environ = self._environ
        made = environ.pop(keys.FORMATTED, None)
        heading = self._heading()
        if heading.passes:
            return None
        if made is not None and made[0].status != self.code:
            made = None
        reshapes = self._is_read(heading)
        if self._is_head:
            if made is not None and heading.is_json:
                return (made[0],)
            return self._without_body(heading, reshapes)
        return self._from_body(body, chunks, heading, reshapes, made)

    def _heading(self) -> Heading:
        content_type = length = ''
        is_encoded = passes = False
        for name, value in self.headers:
            lowered = name.lower()
            if lowered == 'content-type':
                content_type = value
            elif lowered == 'content-length':
                length = value
            elif lowered == 'content-encoding':
                is_encoded = value.strip().lower() not in ('', 'identity')
            elif keys.is_opt_out(lowered, value):
                passes = True
        return Heading(content_type, length, is_encoded, passes)

    def _without_body(
        self, heading: Heading, reshapes: bool
    ) -> tuple[Error, ...] | None:
        """Return the error of a HEAD, whose words only GET would tell."""
        is_webob = (
            heading.content_type == _WEBOB_HTML and heading.length == '0'
        )
        if not is_webob:
            if not reshapes:
                return None
            if known.is_problem(heading.content_type):
                return None  # GET's own would go out
        formatter = self._policy.formatter
        # GET's words would be in one language.
        detail = str(error.explanation_of(self.code))
        return (formatter.make(self.code, self._environ, detail=detail),)

    def _from_body(
        self,
        body: Iterable[bytes],
        chunks: Iterator[bytes] | None,
        heading: Heading,
        reshapes: bool,
        made: tuple[Error, object] | None,
    ) -> tuple[Error, ...] | None:
        status = self.status
        assert status is not None
        formatter = self._policy.formatter
        length = heading.length
        webobs = length.isdecimal() and webob_body.may_be(
            heading.content_type
        )
        if not webobs and not reshapes:
            return None
        if heading.is_encoded or self._is_too_long or (
            not webobs
            and length.isdecimal()
            and int(length[:9]) > MAX_BODY
        ):
            return formatter.from_foreign(status, (), self._environ)
        self.chunk, is_whole = reading.read(body, chunks, self.chunk, webobs)
        if made is not None and heading.is_json and is_whole:
            # Another response of the same status may stand in its place.
            parsed = foreign.parse(heading.content_type, self.chunk)
            if parsed.data == made[1]:
                return (made[0],)
        if webobs and is_whole and webob_body.begins(self.chunk):
            found = webob_body.load(status, heading.content_type, self.chunk)
            if found is not None:
                return (formatter.from_body(status, found, self._environ),)
        if not reshapes:
            return None
        errors: tuple[Error, ...] = ()
        if is_whole and len(self.chunk) <= MAX_BODY:
            parsed = foreign.parse(heading.content_type, self.chunk)
            if parsed.kind == 'json':
                errors = self._known_errors(heading, parsed.data)
                if self.known is not None:
                    return None
                if errors:
                    return errors
            elif parsed.kind == 'page':
                errors = html.load(parsed.data) or ()
            elif parsed.kind == 'text':
                errors = text.load(parsed.data) or ()
            errors = errors or foreign.read(self.code, parsed)
        if not any(one.detail for one in errors):
            # The words will be ours, and not in the language of none.
            self.headers = [
                item
                for item in self.headers
                if item[0].lower() != 'content-language'
            ]
        return formatter.from_foreign(status, errors, self._environ)

    def _known_errors(
        self, heading: Heading, data: object
    ) -> tuple[Error, ...]:
        """Return the errors of a body in a format of ours.

        One that goes out is left in ``known``, the id it lacks added.
        """
        if not heading.is_json:
            return ()
        formatter = self._policy.formatter
        is_problem = known.is_problem(heading.content_type)
        if is_problem:
            found = problem.load(data, self.code)
        else:
            found = known.load(data, formatter.compute_fault)
        if (
            found is None
            or found[0].status != self.code
            or not known.is_public(data)
        ):
            return ()
        kind = formatter.json_kind(self._environ)
        if formatter.alters(found, self._environ) or not (
            is_problem or known.serves(kind, data, formatter.compute_fault)
        ):
            return tuple(
                formatter.complete(one, self._environ) for one in found
            )
        self.known = found[0]
        completed = known.with_id(
            data, self._environ.get(keys.REQUEST_ID), is_problem
        )
        if completed is not None:
            self.chunk = completed
            media_type = heading.content_type.partition(';')[0].strip()
            # In ASCII, whatever the charset was.
            changed = {
                'content-length': str(len(completed)),
                'content-type': media_type,
            }
            self.headers = [
                (name, changed.get(name.lower(), value))
                for name, value in self.headers
                if name.lower() not in _OF_THE_BYTES
            ]
            # The body is of one request now.
            there = {name.lower() for name, _ in self.headers}
            self.headers += [
                item for item in _WITH_ID if item[0].lower() not in there
            ]
        return found


_WITH_ID = (
    ('Cache-Control', 'no-store'),
    ('X-Content-Type-Options', 'nosniff'),
)
# They say of the very bytes what is no longer so.
_OF_THE_BYTES = frozenset(
    ['etag', 'content-md5', 'digest', 'content-digest', 'repr-digest']
)
