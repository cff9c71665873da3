# SPDX-License-Identifier: Apache-2.0
"""A headless Chromium, driven by the DevTools protocol over two pipes."""

import base64
import contextlib
import fcntl
import json
import os
import select
import shutil
import subprocess
import sys
import tempfile
import time

NAMES = ('chromium', 'chromium-browser', 'google-chrome')
SECONDS = 30
_OPTIONS = (
    '--headless', '--no-sandbox', '--disable-gpu', '--disable-quic',
    '--no-first-run', '--disable-background-networking',
    '--disable-component-update', '--disable-sync', '--disable-extensions',
    '--disable-dev-shm-usage', '--hide-scrollbars',
    '--remote-debugging-pipe',
)
# Chromium reads from 3 and writes to 4.
_START = ('import os, sys; os.dup2(int(sys.argv[1]), 3); '
          'os.dup2(int(sys.argv[2]), 4); os.execv(sys.argv[3], sys.argv[3:])')
# What a key is, beside its name.
_KEYS = {'Enter': 13, 'Escape': 27, 'ArrowLeft': 37, 'ArrowUp': 38,
         'ArrowRight': 39, 'ArrowDown': 40, 'End': 35, 'Home': 36,
         'PageDown': 34, 'Tab': 9}


def program():
    """Where Chromium is; None where it is not."""
    return next(filter(None, map(shutil.which, NAMES)), None)


@contextlib.contextmanager
def started():
    """Give a Browser; it is gone afterwards."""
    to_read, to_write = os.pipe()
    from_read, from_write = os.pipe()
    # Out of the way of 3 and 4.
    high = [fcntl.fcntl(fd, fcntl.F_DUPFD, 10) for fd in (to_read, from_write)]
    os.close(to_read)
    os.close(from_write)
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        process = subprocess.Popen(
            [sys.executable, '-c', _START, *map(str, high), program(),
             *_OPTIONS, f'--user-data-dir={profile}', 'about:blank'],
            pass_fds=high, stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for fd in high:
            os.close(fd)
        try:
            yield Browser(from_read, to_write)
        finally:
            os.close(to_write)
            os.close(from_read)
            try:
                process.wait(5)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


class Browser:
    """One tab, what it says, and what it asks the network for."""

    def __init__(self, read, write):
        self._read, self._write = read, write
        self._count, self._rest, self._session = 0, b'', None
        self.complaints, self.asked = [], []
        target = self.call('Target.createTarget', url='about:blank')
        self._session = self.call(
            'Target.attachToTarget', flatten=True,
            targetId=target['targetId'])['sessionId']
        for domain in ('Page', 'Runtime', 'Log', 'Network'):
            self.call(f'{domain}.enable')

    def call(self, method, **params):
        """Call a method of the protocol; return its result."""
        self._count += 1
        message = {'id': self._count, 'method': method, 'params': params}
        if self._session:
            message['sessionId'] = self._session
        data = json.dumps(message).encode() + b'\0'
        while data:
            data = data[os.write(self._write, data):]
        until = time.monotonic() + SECONDS
        while True:
            answer = self._next(until)
            if answer.get('id') == self._count:
                assert 'error' not in answer, (method, answer['error'])
                return answer['result']
            self._note(answer)

    def _next(self, until):
        while b'\0' not in self._rest:
            ready, _, _ = select.select(
                [self._read], [], [], max(0, until - time.monotonic()))
            assert ready, 'Chromium does not answer'
            got = os.read(self._read, 1 << 20)
            assert got, 'Chromium has gone'
            self._rest += got
        message, _, self._rest = self._rest.partition(b'\0')
        return json.loads(message)

    def _note(self, event):
        method, params = event.get('method'), event.get('params', {})
        if method == 'Runtime.exceptionThrown':
            self.complaints.append(params['exceptionDetails'])
        elif method == 'Runtime.consoleAPICalled':
            self.complaints.append(params)
        elif method == 'Log.entryAdded':
            self.complaints.append(params['entry'])
        elif method == 'Network.requestWillBeSent':
            self.asked.append(params['request']['url'])

    def open(self, path):
        """Open a file, and wait until its script has run."""
        self.complaints.clear()
        self.asked.clear()
        self.call('Page.navigate', url=path.as_uri())
        self.wait(f'document.readyState === "complete" '
                  f'&& location.href === {json.dumps(path.as_uri())}')

    def run(self, expression):
        """Run an expression in the page; return its value."""
        result = self.call(
            'Runtime.evaluate', expression=expression, returnByValue=True,
            awaitPromise=True, userGesture=True)
        assert 'exceptionDetails' not in result, result['exceptionDetails']
        return result['result'].get('value')

    def wait(self, expression):
        """Wait until an expression is true."""
        until = time.monotonic() + SECONDS
        while not self.run(expression):
            assert time.monotonic() < until, f'never true: {expression}'
            time.sleep(0.02)

    def key(self, key, text=''):
        """Press and let go of a key, as a person does."""
        known = {'key': key}
        if key in _KEYS:
            known['windowsVirtualKeyCode'] = _KEYS[key]
        if len(key) == 1:
            text = key
        kind = 'keyDown' if text else 'rawKeyDown'
        self.call('Input.dispatchKeyEvent', type=kind, text=text, **known)
        self.call('Input.dispatchKeyEvent', type='keyUp', **known)
        self.settle()

    def type(self, text):
        """Type a text into what has the focus."""
        self.call('Input.insertText', text=text)
        self.settle()

    def click(self, selector, at=0):
        """Click on the middle of an element, with the mouse."""
        spot = self.run(
            f'(() => {{ const b = document.querySelectorAll('
            f'{json.dumps(selector)})[{at}].getBoundingClientRect(); '
            'return [b.x + b.width / 2, b.y + b.height / 2]; })()')
        for kind in ('mousePressed', 'mouseReleased'):
            self.call('Input.dispatchMouseEvent', type=kind, x=spot[0],
                      y=spot[1], button='left', clickCount=1)
        self.settle()

    def settle(self):
        """Wait until what was asked for has been drawn."""
        self.run('new Promise((done) => requestAnimationFrame('
                 '() => requestAnimationFrame(() => done(true))))')

    def texts(self, selector):
        """The texts of all the elements that a selector finds."""
        return self.run(
            f'[...document.querySelectorAll({json.dumps(selector)})]'
            '.map((one) => one.textContent)')

    def size(self, width, height):
        """Give the page so much room."""
        self.call('Emulation.setDeviceMetricsOverride', width=width,
                  height=height, deviceScaleFactor=1, mobile=False)

    def colours(self, scheme):
        """Prefer light or dark."""
        self.call('Emulation.setEmulatedMedia', features=[
            {'name': 'prefers-color-scheme', 'value': scheme}])

    def picture(self, path):
        """Write what is to be seen to a PNG file."""
        taken = self.call('Page.captureScreenshot', format='png')
        path.write_bytes(base64.b64decode(taken['data']))
