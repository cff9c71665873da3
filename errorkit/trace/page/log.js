// SPDX-License-Identifier: Apache-2.0
// Beside the tree: what a request is, its log lines, and one whole record.
const log = document.getElementById('log');
const record = document.getElementById('record');
let listed = [];
let line = -1;
let ofAll = false;
// Of a line so much is drawn at once; the rest when it is asked for.
const IN_A_ROW = 500;
const IN_SIGHT = 20000;

const logged = new List(log, 22, (at) => {
  const one = RECORDS[listed[at]];
  const row = make('div', 'row');
  row.setAttribute('role', 'option');
  row.setAttribute('aria-selected', at === line);
  row.setAttribute('aria-setsize', listed.length);
  row.setAttribute('aria-posinset', at + 1);
  row.classList.toggle('bad', isBad(one));
  row.classList.toggle('warn', (one[LEVEL] || '').startsWith('WARN'));
  row.append(
    make('span', 'time', one[BEGIN] === null ? '' : '+' + seconds(one[BEGIN])),
    make('span', 'level', (one[LEVEL] || '').slice(0, 8)));
  if (ofAll) row.append(swatch(one[SERVICE]), make('b', '', one[SERVICE]));
  row.append(marked('span', 'said',
    (one[MESSAGE] || one[TEXT]).slice(0, IN_A_ROW)));
  return row;
});

// Show the chosen request, or all lines.
function beside() {
  const span = SPANS[chosen];
  if (span) facts(span);
  listed = span || ofAll ? recordsOf(ofAll ? null : span) : [];
  line = -1;
  record.hidden = true;
  log.scrollTop = 0;
  log.removeAttribute('aria-activedescendant');
  logged.reset(listed.length);
  document.getElementById('lines').textContent =
    counted(listed.length, 'line');
  document.getElementById('one').setAttribute('aria-pressed', !ofAll);
  document.getElementById('all').setAttribute('aria-pressed', ofAll);
}

function facts(span) {
  const list = make('dl');
  const add = (name, value, kind) => {
    if (value === null || value === '') return;
    list.append(make('dt', '', name), make('dd', kind, value));
  };
  add('id', span.id, 'id');
  add('global id', span.global, 'id');
  add('also', span.others.join(', '));
  add('host', span.host);
  add('status', span.status);
  add('code', span.code);
  add('began', span.started);
  add('took', span.duration === null ? '' : seconds(span.duration)
    + (span.measured ? '' : ', from its first line to its last'));
  if (Math.abs(span.shift) > DATA.notable) {
    add('clock', 'set ' + (span.shift > 0 ? '+' : '')
      + span.shift.toFixed(3) + ' s');
  }
  if (span.kind === 'missing') {
    add('logs', 'The call was logged, but nothing of the one who answered.');
  }
  if (span.kind === 'caller') {
    add('logs', 'The id that the requests below were sent with.');
  }
  const heading = make('h2', span.failed ? 'failed' : '');
  heading.append(swatch(span.service), make('b', '', title(span)), ' ',
    make('span', '', asked(span).slice(0, 2000)));
  const shown = [heading, list];
  if (span.error !== null) {
    const one = RECORDS[span.first + span.error];
    const button = make('button', 'why',
      (one[MESSAGE] || one[TEXT]).slice(0, 300));
    button.type = 'button';
    button.addEventListener('click', () => toError(span));
    shown.push(button);
  }
  document.getElementById('facts').replaceChildren(...shown);
}

// Go to the lines, as a key does; a click chooses its own line.
function toLines() {
  log.focus();
  if (line < 0) pick(0);
}

// Go to the line of a span's first error.
function toError(span) {
  if (ofAll) {
    ofAll = false;
    beside();
  }
  pick(span.error);
  log.focus({preventScroll: true});
}

// Choose a line, and show its record whole.
function pick(at) {
  if (at < 0 || at >= listed.length) return;
  line = at;
  const one = RECORDS[listed[at]];
  const place = one[SOURCE] + (one[LINE] ? ':' + one[LINE] : '');
  const text = make('pre', '', one[TEXT].slice(0, IN_SIGHT));
  const said = make('p', '', [place, one[STAMP], one[LOGGER]]
    .filter((part) => part).join('  ·  '));
  record.replaceChildren(said, text);
  if (one[TEXT].length > IN_SIGHT) {
    const more = make('button', '',
      'Show all ' + counted(one[TEXT].length, 'character'));
    more.type = 'button';
    more.addEventListener('click', () => {
      text.textContent = one[TEXT];
      more.remove();
    });
    text.before(more);
  }
  record.hidden = false;
  record.scrollTop = 0;
  logged.refresh();
  logged.reveal(at);
  log.setAttribute('aria-activedescendant', 'log-' + at);
  if (ofAll) {
    choose(one[SPAN], false);
    facts(SPANS[chosen]);
  }
}

function showAll(on) {
  const kept = line >= 0 ? listed[line] : -1;
  ofAll = on;
  if (!on && kept >= 0) chosen = RECORDS[kept][SPAN];
  beside();
  if (kept >= 0) pick(listed.indexOf(kept));
}

log.addEventListener('click', (event) => pick(List.at(event)));
log.addEventListener('keydown', (event) => {
  const end = listed.length - 1;
  const steps = {
    ArrowDown: line + 1,
    ArrowUp: line - 1,
    PageDown: line + logged.page,
    PageUp: line - logged.page,
    Home: 0,
    End: end,
  };
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key in steps) {
    event.preventDefault();
    pick(Math.min(end, Math.max(0, steps[event.key])));
  } else if (event.key === 'Enter') {
    event.preventDefault();
    if (ofAll) {
      showAll(false);
      tree.focus();
    } else if (!record.hidden) {
      record.focus();
    }
  }
});
