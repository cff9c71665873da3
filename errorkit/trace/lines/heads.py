# SPDX-License-Identifier: Apache-2.0
"""The head of a record: all that stands before its message.

oslo.log's formats, errorkit's and the standard library's, alone, behind a
file's name (as from grep) or behind what journald and syslog put before a
line. Each expression takes time linear in the line.
"""

from __future__ import annotations

import dataclasses
import datetime
import re
from typing import Any

from errorkit import ids
from errorkit.trace.lines import access, json_lines, messages, services, stamps

_LEVEL = (
    '(?P<level>TRACE|DEBUG|INFO|NOTICE|AUDIT|WARNING|WARN|ERROR|CRITICAL'
    '|FATAL)'
)
_ISO = (
    r'[0-9]{4}-[0-9]{2}-[0-9]{2}[ T][0-9]{2}:[0-9]{2}:[0-9]{2}'
    r'(?:[.,][0-9]{1,9})?(?: ?(?:Z|[+-][0-9]{2}:?[0-9]{2})\b)?'
)
_LOGGER = r'(?P<logger>[^\s\[]{1,255})'
_OSLO = re.compile(
    rf'(?:(?P<file>[^\s"\[{{]{{1,255}}?)[: ])?(?P<stamp>{_ISO}) '
    rf'(?:(?P<pid>[0-9]{{1,10}}) )?{_LEVEL} {_LOGGER}(?: |$)',
    re.ASCII,
).match
_SYSLOG = re.compile(
    r'(?P<stamp>[A-Z][a-z]{2} [ 0-9][0-9] [0-9]{2}:[0-9]{2}:[0-9]{2}'
    rf'(?:\.[0-9]{{1,6}})?|{_ISO}) (?P<host>[^\s"\[{{]{{1,255}}) '
    r'(?P<ident>[^\s:\[]{1,255})(?:\[(?P<pid>[0-9]{1,10})\])?: ',
    re.ASCII,
).match
_SHORT = re.compile(rf'{_LEVEL} {_LOGGER}(?: |$)', re.ASCII).match
_BASIC = re.compile(rf'{_LEVEL}:(?P<logger>[\w.-]{{1,255}}):', re.ASCII).match
_CONTEXT = re.compile(r'\[([^\[\]]{0,2048}+)\](?: |$)').match
#: What keystoneauth says, where the format shows nothing but the message.
_CLIENT = ('REQ: ', 'RESP: ', 'RESP BODY: ')
_NOBODY = ('-', 'None')


@dataclasses.dataclass(slots=True)
class Head:
    """What a line says before its message.

    :param fields: the members of a Record that are known already
    :param rest: the message
    :param key: alike for all lines of one record
    :param bare: may be a further line of the record with that key
    :param document: a JSON object that is not looked into yet
    """

    fields: dict[str, Any]
    rest: str
    key: tuple[str | None, ...] | None = None
    bare: bool = False
    document: dict[str, Any] | None = None

    def read(self, written: datetime.datetime) -> Head:
        """Return the head with all its fields, those of its object too."""
        if self.document is None:
            return self
        found = of_document(self.document, written)
        return Head({**self.fields, **found.fields}, found.rest)


def head(line: str, written: datetime.datetime) -> Head | None:
    """Read the head of a line; None for a line that begins no record.

    :param written: aware; for what tells no year
    """
    if line.startswith('{'):
        return _of_json(line)
    if match := _OSLO(line):
        return _of_text(match, line, {})
    if match := _SYSLOG(line):
        return _of_syslog(match, line, written)
    if match := _BASIC(line):
        fields = {'level': match['level'], 'logger': match['logger']}
        return Head(fields, line[match.end():])
    found = access.fields(line)
    if found is not None:
        return Head(found, '')
    if (
        line.startswith(_CLIENT)
        or messages.is_call(line)
        or messages.is_end(line)
    ):
        return Head({}, line)
    return None


def _of_json(line: str) -> Head | None:
    document = json_lines.load(line)
    return None if document is None else Head({}, '', document=document)


def of_document(
    document: dict[str, Any], written: datetime.datetime
) -> Head:
    """Read a JSON object, whose message may be a whole line of a log."""
    fields = json_lines.fields(document)
    message = fields.pop('message', '')
    first = message.partition('\n')[0]
    if not first.startswith('{') and (inner := head(first, written)):
        inner = inner.read(written)
        # What the log engine knows by itself goes before; its own time
        # is when it got the line.
        if 'timestamp' in inner.fields:
            fields.pop('timestamp', None)
        fields = {**inner.fields, **fields}
        message = inner.rest + message[len(first):]
    return Head(fields, message)


def _of_text(
    match: re.Match[str],
    line: str,
    fields: dict[str, Any],
    names: tuple[str, str] = ('user_id', 'project_id'),
    key: tuple[str | None, ...] = (),
) -> Head:
    """Read level and logger, and what stands in brackets behind them."""
    groups = match.groupdict()
    if groups.get('stamp'):
        fields['timestamp'] = stamps.iso(groups['stamp'])
    if groups.get('pid'):
        fields['pid'] = int(groups['pid'])
    if groups.get('file') and (named := services.of_file(groups['file'])):
        fields['service'] = named
    fields['level'] = groups['level']
    fields['logger'] = groups['logger'].rstrip(':')
    end = match.end()
    bare = groups['level'] in ('ERROR', 'TRACE')
    if brackets := _CONTEXT(line, end):
        who = _context(brackets[1].split(), names)
        if who is not None:
            fields.update(who)
            end = brackets.end()
            bare = False
    return Head(
        fields,
        line[end:],
        (*key, groups.get('stamp'), groups.get('pid'), groups['logger']),
        bare,
    )


def _of_syslog(
    match: re.Match[str], line: str, written: datetime.datetime
) -> Head:
    if match['stamp'][0].isdigit():
        when = stamps.iso(match['stamp'])
    else:
        when = stamps.syslog(match['stamp'], written)
    fields: dict[str, Any] = {
        'timestamp': when,
        'host': match['host'],
        'service': services.of_unit(match['ident']),
    }
    if match['pid']:
        fields['pid'] = int(match['pid'])
    rest = line[match.end():]
    if inner := _OSLO(rest):
        return _of_text(inner, rest, fields)
    if inner := _SHORT(rest):
        # devstack shows the project before the user. Its lines of one
        # record have different times.
        return _of_text(
            inner, rest, fields, ('project_id', 'user_id'),
            (match['host'], match['ident'], match['pid']),
        )
    if rest.startswith('{') and (found := _of_json(rest)):
        return Head(fields, '', document=found.document)
    accessed = access.fields(rest)
    if accessed is None:
        return Head(fields, rest)
    fields.update(
        (name, value) for name, value in accessed.items()
        if value is not None
    )
    return Head(fields, '')


def _context(
    words: list[str], names: tuple[str, str]
) -> dict[str, Any] | None:
    """Read ``[global local user project …]`` in its forms, or None."""
    if words in (['-'], []):
        return {}
    known = [ids.is_valid(word, strict=False) for word in words[:2]]
    if not any(known):
        if all(word in _NOBODY for word in words):
            return {}
        return None
    found = {}
    if len(words) > 1 and known[1]:
        if known[0]:
            found['global_request_id'] = words[0]
        elif words[0] not in _NOBODY:
            return None
        found['request_id'] = words[1]
        rest = words[2:]
    else:
        # The form of before global ids: one id, then who.
        found['request_id'] = words[0]
        rest = words[1:]
    for name, word in zip(names, rest, strict=False):
        if word not in _NOBODY:
            found[name] = word
    return found
