// SPDX-License-Identifier: Apache-2.0
// The head of the page, the filter, and the keys that work everywhere.
const filter = document.getElementById('filter');
const help = document.getElementById('help');

function head() {
  const count = (test) => SPANS.filter(test).length;
  const said = [
    counted(count((span) => span.kind === 'request'), 'request'),
    counted(SERVICES.length, 'service'),
    counted(RECORDS.length, 'line'),
    seconds(DATA.duration),
  ];
  if (DATA.started) said.push('from ' + DATA.started);
  document.getElementById('wanted').textContent = DATA.wanted || 'log files';
  document.getElementById('summary').textContent = said.join('  ·  ');
  const notes = document.getElementById('notes');
  if (DATA.culprit !== null) {
    const span = SPANS[DATA.culprit];
    const button = make('button', 'why', 'failed first: '
      + [title(span), span.status, span.code].filter((x) => x).join(' '));
    button.type = 'button';
    button.id = 'culprit';
    button.addEventListener('click', () => {
      if (isWished() && !seen.includes(span.at)) clear();
      choose(span.at);
      tree.focus();
    });
    notes.append(button);
  }
  for (const shift of DATA.shifts) notes.append(make('span', 'shift', shift));
  for (const name of SERVICES) {
    const option = make('option', '', name);
    option.value = name;
    document.getElementById('service').append(option);
  }
  const ruler = document.getElementById('ruler');
  for (const part of [0, 0.25, 0.5, 0.75]) {
    const tick = make('i', '', seconds(DATA.duration * part));
    tick.style.left = part * 100 + '%';
    ruler.append(tick);
  }
}

function look() {
  wish.text = filter.value.trim().toLowerCase();
  wish.service = document.getElementById('service').value;
  wish.failed = document.getElementById('failed').checked;
  redraw();
  // What is chosen stays, unless it is no longer there.
  if (seen.length && !seen.includes(chosen)) {
    chosen = seen.find((at) => SPANS[at].match) ?? seen[0];
    requests.refresh();
    point();
  }
  const row = seen.indexOf(chosen);
  if (row >= 0) requests.reveal(row);
  beside();
}

function clear() {
  filter.value = '';
  document.getElementById('service').value = '';
  document.getElementById('failed').checked = false;
  look();
}

let soon = 0;
filter.addEventListener('input', () => {
  cancelAnimationFrame(soon);
  soon = requestAnimationFrame(look);
});
filter.addEventListener('keydown', (event) => {
  if (event.key === 'Enter' || event.key === 'ArrowDown') {
    event.preventDefault();
    look();
    tree.focus();
  }
});
for (const name of ['service', 'failed']) {
  document.getElementById(name).addEventListener('change', look);
}
for (const [name, open] of [['expand', true], ['collapse', false]]) {
  document.getElementById(name).addEventListener('click', () => {
    for (const span of SPANS) span.open = open;
    redraw();
    if (!open && SPANS.length && !seen.includes(chosen)) choose(seen[0]);
  });
}
document.getElementById('one').addEventListener('click', () => showAll(false));
document.getElementById('all').addEventListener('click', () => showAll(true));
document.getElementById('keys').addEventListener(
  'click', () => help.showModal());

document.addEventListener('keydown', (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || help.open) return;
  const inside = document.activeElement;
  if (event.key === 'Escape') {
    event.preventDefault();
    if (inside === record) log.focus();
    else if (inside === log) tree.focus();
    else {
      clear();
      tree.focus();
    }
    return;
  }
  if (inside === filter || inside.tagName === 'SELECT') return;
  const keys = {
    '/': () => {
      filter.focus();
      filter.select();
    },
    '?': () => help.showModal(),
    'e': () => {
      nextFailed();
      tree.focus();
    },
    'a': () => showAll(!ofAll),
  };
  if (!keys[event.key]) return;
  event.preventDefault();
  keys[event.key]();
});

head();
redraw();
if (SPANS.length) {
  const wanted = SPANS.findIndex(
    (span) => span.id !== null && span.id === DATA.wanted);
  choose(DATA.culprit ?? Math.max(0, wanted));
} else {
  beside();
}
tree.focus();
