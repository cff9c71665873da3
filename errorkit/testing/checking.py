# SPDX-License-Identifier: Apache-2.0
"""The service under test as the checks see it: asked once, remembered."""

from __future__ import annotations

import contextlib
import dataclasses
import uuid
from collections.abc import Iterable

from errorkit import keys
from errorkit.testing.asking import Answer, Asker, Request, Unreachable

#: A valid id, of no request.
GLOBAL_ID = 'req-5c1a8d5e-8a55-4d6f-9d3c-2f6a0f0a7b11'
#: The header that would be there, had a response been split.
SPLIT = 'X-Errorkit-Check'
#: How a server refuses what is no HTTP, or too long: RFC 9110, RFC 6585.
_REFUSALS = (400, 413, 414, 431, 501, 505)
_MAX_TIMEOUTS = 3

Headers = Iterable[tuple[str, bytes | str]]


class Failed(Exception):
    """The promise does not hold; the text says what came instead."""

    def __init__(self, why: str, answer: Answer | None = None) -> None:
        super().__init__(why)
        self.answer = answer


class NotAsked(Exception):
    """The promise could not be looked at; the text says why."""


@dataclasses.dataclass(frozen=True)
class Options:
    """What the user says of the service.

    :param path: of something that answers a GET with success
    :param missing: of something that is not there; one below ``path`` if
        empty
    :param fault: of something that fails with a 5xx
    :param post: of something that takes POST
    :param service_type: such as ``volume``; from the answers, if empty
    :param code_version: the microversion from which on errors have codes
    :param format: ``errors``, ``compute`` or ``bridge``
    :param id_header: the response header that has the request id
    :param headers: sent with every request, such as a token
    :param unsafe: also send methods that change what is at ``path``
    """

    path: str = '/'
    missing: str = ''
    fault: str = ''
    post: str = ''
    service_type: str = ''
    code_version: str = ''
    format: str = 'errors'
    id_header: str = keys.REQUEST_ID_HEADER
    headers: tuple[tuple[str, str], ...] = ()
    unsafe: bool = False


class Service:
    """Asks the service for the checks, and remembers its answers."""

    def __init__(self, asker: Asker, options: Options) -> None:
        self.served = asker.served
        self.options = options
        self.missing = options.missing or below(options.path, _random())
        #: What was asked since the last check began.
        self.trail: list[Answer] = []
        self._asker = asker
        self._known: dict[Request, Answer] = {}
        self._timeouts = 0

    def reach(self) -> Answer:
        """Ask for the path, to see that somebody answers at all.

        :raises Unreachable: nobody does
        """
        with contextlib.suppress(Failed):
            self.ask()
        [answer] = self.trail
        if self.served and not answer.status:
            raise Unreachable(answer.problem)
        return answer

    def ask(
        self,
        path: str = '',
        method: str = 'GET',
        headers: Headers = (),
        *,
        body: bytes = b'',
        promised: int | None = None,
        readable: bool = True,
        anonymous: bool = False,
        again: bool = False,
        odd: bool = False,
    ) -> Answer:
        """Send a request, or remember what came of the same one.

        :param path: ``options.path`` if empty
        :param anonymous: without the user's headers
        :param again: send it even if its answer is known
        :param odd: it bends the rules of HTTP, or is too long for some; a
            server may refuse it
        :raises Failed: no sound answer came
        :raises NotAsked: a server did not let it through
        :raises Unreachable: it is the first request, and nobody is there
        """
        given = [(name, _bytes(value)) for name, value in headers]
        own = {name.lower() for name, _ in given}
        if not anonymous:
            given += [
                (name, _bytes(value))
                for name, value in self.options.headers
                if name.lower() not in own
            ]
        request = Request(
            method, path or self.options.path, tuple(given), body, promised,
            readable,
        )
        answer = self._known.get(request)
        if answer is None or again:
            answer = self._known[request] = self._sent(request)
        self.trail.append(answer)
        if odd and self.served and self._is_refused(answer):
            raise NotAsked('the server itself refused the request')
        if answer.problem:
            raise Failed(answer.problem, answer)
        return answer

    def refusal(self, headers: Headers = (), method: str = 'GET') -> Answer:
        """Ask for what is missing.

        :raises NotAsked: it is there
        """
        answer = self.ask(self.missing, method, headers)
        if answer.status < 400:
            raise NotAsked(
                f'{self.missing} was answered {answer.status}: name a path '
                f'where nothing is with --missing'
            )
        return answer

    def sibling(self, segment: str) -> str:
        """Return the path of another thing beside the missing one."""
        path = self.missing.partition('?')[0]
        return f'{path.rpartition("/")[0]}/{segment}'

    def _sent(self, request: Request) -> Answer:
        if self._timeouts >= _MAX_TIMEOUTS:
            raise NotAsked('the service has stopped answering')
        try:
            answer = self._asker.ask(request)
        except Unreachable as exc:
            if not self._known:
                raise
            # It did answer: what it was asked before has brought it down.
            answer = Answer(request, problem=str(exc), timed_out=True)
        self._timeouts = self._timeouts + 1 if answer.timed_out else 0
        return answer

    def _is_refused(self, answer: Answer) -> bool:
        if answer.problem:
            return not answer.status and not answer.timed_out
        return answer.status in _REFUSALS and not answer.all(
            self.options.id_header
        )


def below(path: str, segment: str) -> str:
    """Return a path one step below another, which may have a query."""
    return f'{path.partition("?")[0].rstrip("/")}/{segment}'


def unlikely() -> str:
    """Return a path at the top of the service where nothing will be."""
    return f'/{_random()}'


def brief(answer: Answer) -> str:
    """Say an answer in a few words."""
    kind = f' {answer.kind}' if answer.kind else ''
    return f'{answer.status}{kind}, {len(answer.body)} bytes'


def _random() -> str:
    return f'errorkit-check-{uuid.uuid4().hex[:12]}'


def _bytes(value: bytes | str) -> bytes:
    return value if isinstance(value, bytes) else value.encode('utf-8')
