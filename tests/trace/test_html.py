# SPDX-License-Identifier: Apache-2.0
"""The page as a text: one file, a strict policy, and nothing that escapes."""

import base64
import hashlib
import html.parser
import importlib.resources
import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from samples import (
    HOSTILE,
    batch,
    hostile,
    record,
    request_id,
    skewed,
    story,
)

from errorkit.trace import html as pages
from errorkit.trace.graph import build


class Parsed(html.parser.HTMLParser):
    """The elements of a page, and what stands in its raw ones."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.texts, self.comments = [], [], []
        self.inside = False
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        self.texts.append('')
        self.inside = True

    def handle_endtag(self, tag):
        self.inside = False

    def handle_data(self, data):
        if self.inside:
            self.texts[-1] += data

    def handle_comment(self, data):
        self.comments.append(data)

    def all(self, tag):
        """Attributes and text of each element of a name."""
        return [(attrs, text) for (name, attrs), text
                in zip(self.tags, self.texts, strict=True) if name == tag]


def parsed(records, wanted=None):
    """The page of some records."""
    return Parsed(pages.page(build(records, wanted)))


def given_to(page):
    """What the script of a page is given."""
    (attrs, text), _ = page.all('script')
    assert attrs == {'id': 'data', 'type': 'application/json'}
    return json.loads(text)


SHELL = [(tag, attrs) for tag, attrs in parsed([]).tags if tag != 'meta']


def test_the_policy_allows_the_pages_own_style_and_script_only():
    page = parsed(story())
    (policy,) = [attrs['content'] for attrs, _ in page.all('meta')
                 if attrs.get('http-equiv')]
    ((_, style),) = page.all('style')
    script = page.all('script')[-1][1]

    def named(text):
        digest = hashlib.sha256(text.encode()).digest()
        return f"'sha256-{base64.b64encode(digest).decode()}'"

    assert policy == (
        f"default-src 'none'; script-src {named(script)}; "
        f"style-src {named(style)}; base-uri 'none'; form-action 'none'")
    # A policy binds only what stands behind it.
    names = [tag for tag, _ in page.tags]
    assert names.index('meta') < names.index('style')


def test_the_page_needs_no_other_file():
    text = pages.page(build([]))
    assert not re.search(r'(?i)\b(src|href|srcset|action|poster)\s*=', text)
    assert not re.search(r'(?i)url\(|@import|\bimport\b|fetch\(|XMLHttp',
                         text)
    assert not re.search(r'(?i)https?:', text)


def test_the_page_has_no_handler_and_no_style_in_its_markup():
    for tag, attrs in SHELL:
        for name in attrs:
            assert not name.startswith('on') and name != 'style', (tag, name)


def test_the_script_makes_no_markup_of_text():
    folder = importlib.resources.files('errorkit.trace') / 'page'
    sources = [one.read_text() for one in folder.iterdir()
               if one.name.endswith('.js')]
    assert len(sources) == 6
    for word in ('innerHTML', 'outerHTML', 'insertAdjacent', 'document.write',
                 'eval(', 'Function(', 'DOMParser', '.href', '.src',
                 'setAttribute(\'style', 'createContextualFragment'):
        assert not any(word in source for source in sources), word


def test_the_page_shows_every_span_and_every_record():
    told = given_to(parsed(story(), request_id(1)))
    assert told['wanted'] == request_id(1)
    assert [span['service'] for span in told['spans']] == [
        'volume', 'image', 'placement', 'quota']
    assert len(told['records']) == len(story())
    for span in told['spans']:
        for at in range(span['first'], span['last']):
            assert told['records'][at][3] == span['service']
    assert told['spans'][3]['first'] + told['spans'][3]['error'] == [
        one[5] for one in told['records']].index('no room left for p1')


def test_the_page_is_told_which_request_was_asked_for():
    told = given_to(parsed(batch(), request_id(3)))
    assert told['spans'][told['asked']]['id'] == request_id(3)
    assert told['spans'][told['culprit']]['id'] == request_id(6)
    assert given_to(parsed(batch(), request_id(9)))['asked'] is None
    assert given_to(parsed(story(), request_id(1)))['asked'] is None


def test_a_shift_of_a_clock_is_on_the_page():
    told = given_to(parsed(skewed(story(), 'quota', 3.2)))
    assert told['shifts'] == [
        'clocks are apart: -3.199 s are added to the times of quota']


@pytest.mark.parametrize('text', HOSTILE)
def test_hostile_text_stays_data(text):
    records = [record(text, 1, 0, text, text=text, path=text, method=text,
                      code=text, host=text, source=text, logger=text)]
    page = parsed(records, text)
    assert [one for one in page.tags if one[0] != 'meta'] == SHELL
    assert page.comments == [' SPDX-License-Identifier: Apache-2.0 ']
    pages.page(build(records, text)).encode()


def test_all_hostile_texts_together_stay_data():
    page = pages.page(build(hostile()))
    assert [one for one in Parsed(page).tags if one[0] != 'meta'] == SHELL
    assert page.count('</script') == 2
    assert not re.search('[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\u202e]',
                         page)
    assert len(given_to(Parsed(page))['records'][-1][8]) == 1_000_000


def test_the_lines_of_a_traceback_stay_lines():
    told = given_to(parsed([record('a', 1, 0, 'x', text='a\n  b\x1b\n| c')]))
    assert told['records'][0][8] == 'a\n  b\\x1b\n| c'


@given(st.lists(st.text(alphabet=st.sampled_from(
    '</script>!-{}&;\n\x00\u2028a"\'\\data')), max_size=5))
def test_no_text_ends_its_element(texts):
    records = [record(text, 1, 0, text, text=text) for text in texts]
    page = parsed(records, ''.join(texts))
    assert [one for one in page.tags if one[0] != 'meta'] == SHELL
    assert len(given_to(page)['records']) == len(texts)
