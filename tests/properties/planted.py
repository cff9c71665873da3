# SPDX-License-Identifier: Apache-2.0
"""Secrets to plant in requests and exceptions, and how to find them again."""

import base64
import dataclasses
import io
import json
import urllib.parse

#: Headers that carry secrets, as a client names them.
HEADERS = [
    'Authorization', 'Proxy-Authorization', 'Cookie', 'X-Api-Key',
    'X-Auth-Key', 'OpenStack-Token', 'X-Auth-Token', 'X-Service-Token',
    'X-Two-Part-Token', 'X-Subject-Token', 'X-Forwarded-Authorization',
    'Temp-Url-Key', 'X-Container-Meta-Secret',
]
PARAMETERS = ['token', 'password', 'temp_url_sig']
MEMBERS = ['password', 'adminPass']


def percent(text):
    """Encode every character."""
    return ''.join(f'%{byte:02X}' for byte in text.encode())


def in_base64(text):
    """Encode as for Basic authentication."""
    return base64.b64encode(f'user:{text}'.encode()).decode()


ENCODINGS = {'raw': str, 'percent': percent, 'base64': in_base64}


@dataclasses.dataclass(frozen=True)
class Secret:
    """A text like no other, known again in every encoding."""

    number: int
    encoding: str = 'raw'

    @property
    def core(self):
        """Return the bare text."""
        return f'Zq{self.number:02d}sEkr3t{self.number * 7919:06d}'

    @property
    def text(self):
        """Return it as it is planted."""
        return ENCODINGS[self.encoding](self.core)

    def is_in(self, *haystacks):
        """Tell whether one of the texts gives it away."""
        core = self.core.encode()
        needles = [self.core, core.hex()]
        for ahead in range(3):
            # Whole groups only: its ends depend on the neighbours.
            coded = base64.b64encode(b'\0' * ahead + core).decode()
            needles.append(coded[4 if ahead else 0:-4])
        return any(
            needle in form
            for haystack in haystacks
            for form in (haystack, urllib.parse.unquote(haystack))
            for needle in needles)


def request(encoding, environ):
    """Plant all eighteen in a request.

    :returns: the secrets
    """
    secrets = [Secret(number, encoding) for number in range(1, 19)]
    left = iter(secrets)
    for name in HEADERS:
        key = f'HTTP_{name.upper().replace("-", "_")}'
        environ[key] = next(left).text
    query = [f'{name}={next(left).text}' for name in PARAMETERS]
    environ['QUERY_STRING'] = '&'.join(['limit=10', *query])
    body = json.dumps({name: next(left).text for name in MEMBERS}).encode()
    environ['wsgi.input'] = io.BytesIO(body)
    environ['CONTENT_LENGTH'] = str(len(body))
    environ['CONTENT_TYPE'] = 'application/json'
    assert next(left, None) is None
    return secrets


def record_text(record):
    """Return all that a log record holds, but for the traceback."""
    parts = [record.getMessage()]
    parts += [f'{name}={value!r}' for name, value in vars(record).items()
              if name not in ('exc_info', 'exc_text')]
    return '\n'.join(parts)
