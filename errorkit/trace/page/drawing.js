// SPDX-License-Identifier: Apache-2.0
// Small pieces of the page. Text is only ever text: textContent, no markup.
function make(name, kind, text) {
  const element = document.createElement(name);
  if (kind) element.className = kind;
  if (text !== undefined && text !== null) element.textContent = text;
  return element;
}

// A text with the words that are looked for marked.
function marked(name, kind, text) {
  const element = make(name, kind);
  const word = wish.text;
  const lower = text.toLowerCase();
  // Few characters change their length in lower case; then nothing is marked.
  if (word === '' || lower.length !== text.length) {
    element.textContent = text;
    return element;
  }
  let from = 0;
  for (let hits = 0; hits < 50; hits += 1) {
    const at = lower.indexOf(word, from);
    if (at < 0) break;
    element.append(text.slice(from, at),
      make('mark', '', text.slice(at, at + word.length)));
    from = at + word.length;
  }
  element.append(text.slice(from));
  return element;
}

function seconds(value) {
  if (value === null) return '';
  if (value === 0) return '0 s';
  if (value < 1) return (value * 1000).toFixed(value < 0.1 ? 1 : 0) + ' ms';
  return value.toFixed(value < 100 ? 2 : 0) + ' s';
}

function counted(number, word) {
  return number.toLocaleString('en') + ' ' + word + (number === 1 ? '' : 's');
}

const COLOURS = 8;

function swatch(service) {
  const at = SERVICES.indexOf(service);
  return make('i', at < 0 ? 'swatch' : 'swatch c' + at % COLOURS);
}

function title(span) {
  if (span.kind === 'caller') return 'caller';
  return span.service || (span.kind === 'missing' ? 'no logs' : '?');
}

function asked(span) {
  if (span.kind === 'other') return 'lines of no request';
  const said = [span.method, span.path].filter((part) => part).join(' ');
  if (span.kind === 'caller' && !said) return 'has logged nothing here';
  return said || span.id || '';
}

function percent(value) {
  const share = DATA.duration > 0 ? value / DATA.duration : 0;
  return Math.min(100, Math.max(0, share * 100)) + '%';
}

// The bar of a span, its tail of later lines, its first error.
function timeline(span) {
  const line = make('span', 'line');
  if (span.begin === null) return line;
  if (span.until !== null) {
    const tail = make('i', 'tail');
    tail.style.left = percent(span.begin);
    tail.style.width = percent(Math.max(0, span.until - span.begin));
    line.append(tail);
  }
  const at = SERVICES.indexOf(span.service);
  const bar = make('i', 'bar' + (at < 0 ? '' : ' c' + at % COLOURS));
  bar.style.left = percent(span.begin);
  bar.style.width = percent(span.duration || 0);
  line.append(bar);
  if (span.error !== null) {
    const begin = RECORDS[span.first + span.error][BEGIN];
    if (begin !== null) {
      const spot = make('button', 'spot');
      spot.type = 'button';
      spot.tabIndex = -1;
      spot.style.left = percent(begin);
      spot.setAttribute('aria-label', 'to the first error');
      line.append(spot);
    }
  }
  return line;
}
