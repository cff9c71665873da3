// SPDX-License-Identifier: Apache-2.0
// The requests: a tree, and when each was.
const tree = document.getElementById('tree');
let seen = [];
let chosen = 0;
// What is deeper is told by its number.
const INDENTED = 12;

const requests = new List(tree, 28, (at) => {
  const span = SPANS[seen[at]];
  const row = make('div', 'row ' + span.kind);
  row.setAttribute('role', 'treeitem');
  row.setAttribute('aria-level', span.depth + 1);
  row.setAttribute('aria-selected', span.at === chosen);
  row.classList.toggle('failed', span.failed);
  row.classList.toggle('culprit', span.at === DATA.culprit);
  row.classList.toggle('wanted', span.id !== null && span.id === DATA.wanted);
  row.classList.toggle('above', !span.match);
  const name = make('span', 'name');
  name.style.paddingLeft = 8 + Math.min(span.depth, INDENTED) * 14 + 'px';
  const twist = make('span', 'twist');
  if (span.children.length) {
    row.setAttribute('aria-expanded', span.open);
    twist.textContent = span.open ? '▾' : '▸';
  }
  name.append(twist, swatch(span.service));
  if (span.depth > INDENTED) name.append(make('small', '', span.depth));
  name.append(marked('b', '', title(span)), ' ',
    marked('span', 'asked', asked(span).slice(0, 300)));
  if (span.kind === 'missing' && span.service) {
    name.append(make('small', '', 'no logs'));
  }
  if (span.at === DATA.asked) name.append(make('small', '', 'asked for'));
  if (span.code) name.append(marked('em', 'code', span.code.slice(0, 128)));
  row.append(name,
    make('span', 'status', span.status === null ? '–' : span.status),
    make('span', 'time', (span.measured || span.duration === null ? '' : '~')
      + seconds(span.duration)),
    timeline(span));
  return row;
});

// Draw the tree anew: it is filtered, opened or closed.
function redraw() {
  const found = visible();
  seen = found.seen;
  requests.reset(seen.length);
  tree.classList.toggle('empty', seen.length === 0);
  document.getElementById('count').textContent = isWished()
    ? found.matches.toLocaleString('en') + ' of '
      + counted(SPANS.length, 'row')
    : counted(SPANS.length, 'row');
  point();
}

function point() {
  const at = seen.indexOf(chosen);
  if (at >= 0) tree.setAttribute('aria-activedescendant', 'tree-' + at);
  else tree.removeAttribute('aria-activedescendant');
}

// Choose a span, open what it is in, and show its lines.
function choose(at, lines = true) {
  chosen = at;
  let opened = false;
  let above = SPANS[at].parent;
  while (above !== null) {
    if (!SPANS[above].open) opened = SPANS[above].open = true;
    above = SPANS[above].parent;
  }
  if (opened || !seen.includes(at)) redraw();
  requests.refresh();
  const row = seen.indexOf(at);
  if (row >= 0) requests.reveal(row);
  point();
  if (lines) beside();
}

function toggle(at, open = !SPANS[at].open) {
  SPANS[at].open = open;
  redraw();
}

// Go so many rows up or down.
function move(by) {
  if (!seen.length) return;
  const row = seen.indexOf(chosen);
  const next = row < 0 ? 0 : Math.min(seen.length - 1, Math.max(0, row + by));
  choose(seen[next]);
}

function nextFailed() {
  for (let step = 1; step <= SPANS.length; step += 1) {
    const span = SPANS[(chosen + step) % SPANS.length];
    if (span.failed && (!isWished() || span.match)) {
      choose(span.at);
      return;
    }
  }
}

tree.addEventListener('click', (event) => {
  const row = List.at(event);
  if (row < 0) return;
  const at = seen[row];
  if (event.target.closest('.twist') && SPANS[at].children.length) {
    toggle(at);
    return;
  }
  choose(at);
  if (event.target.closest('.spot')) toError(SPANS[at]);
});
tree.addEventListener('dblclick', (event) => {
  const row = List.at(event);
  if (row >= 0 && SPANS[seen[row]].children.length) toggle(seen[row]);
});
tree.addEventListener('keydown', (event) => {
  const span = SPANS[chosen];
  const keys = {
    ArrowDown: () => move(1),
    ArrowUp: () => move(-1),
    PageDown: () => move(requests.page),
    PageUp: () => move(-requests.page),
    Home: () => move(-Infinity),
    End: () => move(Infinity),
    ArrowRight: () => {
      if (!span.children.length) return;
      if (span.open) move(1);
      else toggle(chosen, true);
    },
    ArrowLeft: () => {
      if (span.children.length && span.open) toggle(chosen, false);
      else if (span.parent !== null) choose(span.parent);
    },
    Enter: toLines,
  };
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (!keys[event.key] || !SPANS.length) return;
  event.preventDefault();
  keys[event.key]();
});
