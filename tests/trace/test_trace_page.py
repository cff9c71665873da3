# SPDX-License-Identifier: Apache-2.0
"""The page in a browser: it is opened, clicked, typed into and listened to.

Needs Chromium: on Debian, the package of that name.
"""

import browser as browsers
import pytest
from samples import (
    HOSTILE,
    batch,
    call,
    crowd,
    deep,
    end,
    hostile,
    record,
    request_id,
    skewed,
    story,
)

from errorkit import cli
from errorkit.trace import html
from errorkit.trace.graph import build

pytestmark = [
    pytest.mark.server,
    pytest.mark.skipif(
        browsers.program() is None, reason='Chromium is not installed'),
]

FOCUS = 'document.activeElement.id'
CHOSEN = '#tree .row[aria-selected=true] b'
PICKED = '#log .row[aria-selected=true] .said'


@pytest.fixture(scope='module')
def browser():
    """A browser for all tests of this file."""
    with browsers.started() as started:
        yield started


@pytest.fixture
def show(browser, tmp_path):
    """Open the page of some records; afterwards, nothing was complained of.

    Nor has the page asked for anything but itself.
    """
    path = tmp_path / 'page.html'

    def opened(records, wanted=None):
        path.write_text(html.page(build(records, wanted)), 'utf-8')
        browser.size(1300, 800)
        browser.open(path)
        browser.settle()
        return browser

    yield opened
    browser.settle()
    assert browser.complaints == []
    assert browser.asked == [path.as_uri()]


def services(page):
    """The names in the rows, from top to bottom."""
    return page.run(
        '[...document.querySelectorAll("#tree .row")]'
        '.sort((a, b) => a.dataset.at - b.dataset.at)'
        '.map((row) => row.querySelector("b").textContent)')


def said(page):
    """The messages in the lines, from top to bottom."""
    return page.run(
        '[...document.querySelectorAll("#log .row")]'
        '.sort((a, b) => a.dataset.at - b.dataset.at)'
        '.map((row) => row.querySelector(".said").textContent)')


def test_the_page_opens_at_what_failed_first(show):
    page = show(story(), request_id(1))
    assert services(page) == ['volume', 'image', 'placement', 'quota']
    assert page.texts(CHOSEN) == ['quota']
    assert page.texts('#wanted') == [request_id(1)]
    assert page.texts('#culprit') == ['failed first: quota 409 quota.exceeded']
    assert page.texts('#tree .row.missing small') == ['no logs']


def test_the_request_that_was_asked_for_is_marked(show):
    page = show(batch(), request_id(3))
    (row,) = page.texts('#tree .row:has(small)')
    assert 'asked for' in row
    assert 'volume.image' in row
    assert page.texts(CHOSEN) == ['image']
    assert page.texts('#culprit') == ['failed first: image 500 image.broke']
    page = show(batch(), request_id(4))
    assert page.texts('#culprit') == []
    assert page.texts('#tree .row[aria-selected=true] small') == ['asked for']
    page = show(batch(), request_id(9))
    assert page.texts('#tree .row small') == []


def test_a_click_on_a_request_shows_its_lines(show):
    page = show(story(), request_id(1))
    page.click('#tree-0 b')
    assert page.texts(CHOSEN) == ['volume']
    assert said(page)[0] == 'creating a volume of 10 GiB'
    assert len(said(page)) == 4
    assert request_id(1) in page.texts('#facts dd')
    page.click('#tree-2 b')
    assert said(page)[0] == 'looking for room'


def test_a_click_on_a_line_shows_the_whole_record(show):
    page = show(story(), request_id(1))
    assert page.run('document.getElementById("record").hidden')
    page.click('#log-1')
    assert page.texts(PICKED) == ['no room left for p1']
    assert page.texts('#record pre') == [
        '… ERROR quota no room left for p1\n| Traceback\n'
        '|   File "quota.py", line 3\n| NoRoom: 3']
    (place,) = page.texts('#record p')
    assert place.startswith('quota.log:1')


@pytest.mark.parametrize('way', ['#facts .why', '#tree-3 .spot'])
def test_the_first_error_leads_to_its_line(show, way):
    page = show(story(), request_id(1))
    page.click(way)
    assert page.texts(PICKED) == ['no room left for p1']
    assert page.run(FOCUS) == 'log'


def test_a_line_among_all_leads_to_its_request(show):
    page = show(story(), request_id(1))
    page.click('#all')
    lines = said(page)
    assert len(lines) == len(story())
    assert lines[0] == 'creating a volume of 10 GiB'
    page.click(f'#log-{lines.index("looking for room")}')
    assert page.texts(CHOSEN) == ['placement']
    assert page.texts('#facts h2 b') == ['placement']
    page.key('Enter')
    assert page.run(FOCUS) == 'tree'
    assert page.texts(PICKED) == ['looking for room']
    assert len(said(page)) == 3


def test_requests_close_and_open(show):
    page = show(story(), request_id(1))
    page.click('#tree-2 .twist')
    assert services(page) == ['volume', 'image', 'placement']
    assert page.run('document.getElementById("tree-2").ariaExpanded') == (
        'false')
    page.click('#tree-2 .twist')
    assert services(page) == ['volume', 'image', 'placement', 'quota']
    page.click('#collapse')
    assert services(page) == ['volume']
    page.click('#expand')
    assert len(services(page)) == 4


def test_the_keys_walk_through_the_tree_and_its_lines(show):
    page = show(story(), request_id(1))
    assert page.run(FOCUS) == 'tree'
    page.key('ArrowUp')
    assert page.texts(CHOSEN) == ['placement']
    page.key('ArrowLeft')
    assert len(services(page)) == 3
    page.key('ArrowRight')
    assert len(services(page)) == 4
    page.key('ArrowRight')
    assert page.texts(CHOSEN) == ['quota']
    page.key('Home')
    assert page.texts(CHOSEN) == ['volume']
    page.key('e')
    assert page.texts(CHOSEN) == ['placement']
    page.key('Enter')
    assert page.run(FOCUS) == 'log'
    assert page.texts(PICKED) == ['looking for room']
    page.key('ArrowDown')
    assert page.run('document.getElementById("record").hidden') is False
    page.key('End')
    assert page.texts(PICKED) == ['"PUT /claims" status: 409']
    page.key('Enter')
    assert page.run(FOCUS) == 'record'
    page.key('Escape')
    assert page.run(FOCUS) == 'log'
    page.key('Escape')
    assert page.run(FOCUS) == 'tree'
    page.key('ArrowLeft')
    page.key('ArrowLeft')
    assert page.texts(CHOSEN) == ['volume']


def test_what_has_the_focus_is_seen(show):
    page = show(story(), request_id(1))
    for name in ('tree', 'filter'):
        page.key('/' if name == 'filter' else 'ArrowUp')
        assert page.run(FOCUS) == name
        width = page.run(
            'getComputedStyle(document.activeElement).outlineWidth')
        style = page.run(
            'getComputedStyle(document.activeElement).outlineStyle')
        assert (width, style) == ('2px', 'solid')


def test_the_keys_are_told(show):
    page = show(story(), request_id(1))
    page.key('?')
    assert page.run('document.getElementById("help").open')
    page.key('Escape')
    page.wait('!document.getElementById("help").open')


def test_the_filter_finds_requests_by_what_they_logged(show):
    page = show(story(), request_id(1))
    page.key('/')
    assert page.run(FOCUS) == 'filter'
    page.type('No Room')
    # With all that is above it.
    assert services(page) == ['volume', 'placement', 'quota']
    assert page.texts('#tree .row.above b') == ['volume', 'placement']
    assert page.texts('#count') == ['1 of 4 rows']
    assert page.texts('#log mark') == ['no room']
    page.key('Enter')
    assert page.run(FOCUS) == 'tree'
    page.key('Escape')
    assert len(services(page)) == 4
    assert page.run('document.getElementById("filter").value') == ''


def test_the_filter_finds_requests_by_service(show):
    page = show(story(), request_id(1))
    page.run('(() => { const s = document.getElementById("service");'
             's.value = "image"; s.dispatchEvent(new Event("change")); })()')
    page.settle()
    assert services(page) == ['volume', 'image']


def test_the_filter_finds_errors_only(show):
    page = show([*story(), call('volume', 1, 0.1, 5),
                 end('image', 5, 0.1, 0.01)], request_id(1))
    assert 'image' in services(page)
    page.click('#failed')
    assert services(page) == ['volume', 'placement', 'quota']
    page.click('#all')
    assert said(page) == ['no room left for p1']


def test_what_failed_first_is_shown_whatever_is_looked_for(show):
    page = show(story(), request_id(1))
    page.key('/')
    page.type('images')
    assert services(page) == ['volume', 'image']
    page.click('#culprit')
    assert page.texts(CHOSEN) == ['quota']
    assert len(services(page)) == 4


def test_what_nobody_looks_for_is_said(show):
    page = show(story(), request_id(1))
    page.key('/')
    page.type('there is no such thing')
    assert services(page) == []
    assert 'Nothing matches' in page.run(
        'getComputedStyle(document.getElementById("tree"), "::after")'
        '.content')


def test_hostile_text_stays_text(show):
    page = show(hostile())
    assert page.run('window.broken === undefined')
    # Nothing in the page has been made of a log's text but text.
    assert page.run('document.querySelectorAll("img, #log script, #tree b b,'
                    '#facts script, #log a").length') == 0
    assert said(page)[:2] == HOSTILE[:2]
    for row in range(len(HOSTILE)):
        page.click(f'#log-{row}')
    assert page.run('window.broken === undefined')
    assert page.run('document.scripts.length') == 2
    page.click('#all')
    page.key('a')
    page.key('/')
    page.type('<img src=x')
    assert page.texts('#log mark')[0] == '<img src=x'
    assert page.run('document.images.length') == 0


def test_a_hostile_log_file_stays_text_all_the_way(
        browser, tmp_path, capsys):
    head = f'2026-11-22 10:04:31.010 7 ERROR volumes.api [- {request_id(1)} '
    texts = [
        b'</script><script>window.broken = 1</script><img src=x onerror=a>',
        b'\x1b[2J\x1b[31m \x07 \x00 \x9b1m', b'\xff\xfe\xc3(\xed\xa0\x80',
        'a\u2028b\u202egnp.exe\u2066'.encode(), b'x' * (1 << 20)]
    log = tmp_path / 'volumes.log'
    log.write_bytes(b''.join(
        f'{head}u p] '.encode() + text + b'\n' for text in texts))
    path = tmp_path / 'page.html'
    assert cli.main(['trace', request_id(1), str(log)]) == 0
    assert all(line.isprintable()
               for line in capsys.readouterr().out.split('\n'))
    assert cli.main(
        ['trace', '--html', str(path), request_id(1), str(log)]) == 0
    browser.open(path)
    browser.settle()
    assert len(said(browser)) == len(texts)
    for row in range(len(texts)):
        browser.click(f'#log-{row}')
        assert len(browser.texts('#record pre')) == 1
    assert said(browser)[0] == texts[0].decode()
    assert said(browser)[1].startswith(r'\x1b[2J')
    assert browser.run('window.broken === undefined')
    assert browser.run('document.images.length') == 0
    assert browser.complaints == []
    assert browser.asked == [path.as_uri()]


def test_a_line_of_a_megabyte_is_shown_when_it_is_asked_for(show):
    page = show(hostile())
    page.run('document.getElementById("log").focus()')
    page.key('End')
    assert page.run('document.querySelector("#record pre").textContent'
                    '.length') == 20_000
    page.click('#record button')
    assert page.run('document.querySelector("#record pre").textContent'
                    '.length') == 1_000_000


def test_five_thousand_requests_are_few_elements(show):
    page = show(crowd(5000), request_id(0))
    elements = 'document.querySelectorAll("*").length'
    assert page.run(elements) < 2000
    assert page.texts('#count') == ['5,000 rows']
    page.key('End')
    assert page.run('document.querySelector(".row[aria-selected=true]").id'
                    ) == 'tree-4999'
    assert page.run(
        '(() => { const row = document.getElementById("tree-4999")'
        '.getBoundingClientRect(); const box = document.getElementById'
        '("tree").getBoundingClientRect(); return row.top >= box.top'
        ' && row.bottom <= box.bottom + 1; })()')
    page.run('document.getElementById("tree").scrollTop = 70000')
    page.settle()
    assert page.run('document.getElementById("tree-2500") !== null')
    assert page.run(elements) < 2000


def test_a_deep_tree_can_be_seen(show):
    page = show(deep(3000), request_id(0))
    page.key('End')
    assert '3000' in page.texts(
        '#tree .row[aria-selected=true] small')
    page.click('#collapse')
    assert services(page) == ['a']


def test_a_shifted_clock_is_said(show):
    page = show(skewed(story(), 'quota', 3.2), request_id(1))
    assert page.texts('.shift') == [
        'clocks are apart: -3.199 s are added to the times of quota']


def test_a_tree_without_any_time_can_be_seen(show):
    page = show([record('a', 1, None), record('b', 2, None)])
    assert services(page) == ['a', 'b']


@pytest.mark.parametrize('scheme', ['light', 'dark'])
def test_light_and_dark_are_both_readable(show, scheme):
    show(story(), request_id(1)).colours(scheme)
    page = show(story(), request_id(1))
    ratios = page.run('''(() => {
      const light = (text) => {
        const parts = text.match(/[\\d.]+/g).slice(0, 3).map((part) => {
          const value = part / 255;
          return value <= 0.04045 ? value / 12.92
            : ((value + 0.055) / 1.055) ** 2.4;
        });
        return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2];
      };
      const behind = (one) => {
        const colour = getComputedStyle(one).backgroundColor;
        return one.parentElement && /, 0\\)$/.test(colour)
          ? behind(one.parentElement) : colour;
      };
      return [...document.querySelectorAll(
        'h1, p, .row b, .asked, .code, .status, .time, .said, .level, dt, '
        + 'dd, button, .shift')].filter((one) => one.textContent.trim())
        .map((one) => {
          const [a, b] = [light(getComputedStyle(one).color),
            light(behind(one))].sort((x, y) => y - x);
          return [(a + 0.05) / (b + 0.05), one.outerHTML.slice(0, 80)];
        });
    })()''')
    # WCAG 2.2, 1.4.3.
    assert [one for one in ratios if one[0] < 4.5] == []
    background = page.run('getComputedStyle(document.body).backgroundColor')
    assert background == {'light': 'rgb(255, 255, 255)',
                          'dark': 'rgb(21, 24, 29)'}[scheme]
