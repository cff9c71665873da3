// SPDX-License-Identifier: Apache-2.0
// What the page was given, and what of it is to be seen.
const DATA = JSON.parse(document.getElementById('data').textContent);
const SPANS = DATA.spans;
// A record: begin, stamp, level, service, logger, message, source, line,
// text, and its span.
const RECORDS = DATA.records;
const [BEGIN, STAMP, LEVEL, SERVICE, LOGGER, MESSAGE, SOURCE, LINE, TEXT,
  SPAN] = Array(10).keys();
const BAD = new Set(['ERROR', 'CRITICAL', 'FATAL', 'ALERT', 'EMERGENCY']);

SPANS.forEach((span, at) => {
  span.at = at;
  span.children = [];
  span.open = true;
  if (span.parent !== null) SPANS[span.parent].children.push(at);
  for (let i = span.first; i < span.last; i += 1) RECORDS[i][SPAN] = at;
});

// All records by time, those without one at the end.
const BY_TIME = RECORDS.map((_, at) => at).sort((a, b) => {
  const one = RECORDS[a][BEGIN] ?? Infinity;
  const two = RECORDS[b][BEGIN] ?? Infinity;
  return one === two ? a - b : one < two ? -1 : 1;
});

const SERVICES = [...new Set(
  SPANS.flatMap((span) => [span.service, ...span.others])
    .filter((name) => name))];

function isBad(record) {
  return BAD.has((record[LEVEL] || '').toUpperCase());
}

// What the reader is looking for.
const wish = {text: '', service: '', failed: false};

function isWished() {
  return wish.text !== '' || wish.service !== '' || wish.failed;
}

// The lower-case text of a record and of a span, made when first asked for.
const recordWords = [];
const spanWords = [];

function hasWord(at) {
  if (wish.text === '') return true;
  recordWords[at] ??= RECORDS[at][TEXT].toLowerCase();
  return recordWords[at].includes(wish.text);
}

function isMatch(span) {
  if (wish.failed && !span.failed) return false;
  if (wish.service !== '' && span.service !== wish.service
      && !span.others.includes(wish.service)) return false;
  if (wish.text === '') return true;
  spanWords[span.at] ??= [
    span.service, span.method, span.path, span.status, span.code, span.id,
    span.global, span.host, ...span.others].join(' ').toLowerCase();
  if (spanWords[span.at].includes(wish.text)) return true;
  for (let i = span.first; i < span.last; i += 1) {
    if (hasWord(i)) return true;
  }
  return false;
}

// The spans to be seen, in their order; matches is how many were looked for.
function visible() {
  const seen = [];
  let matches = 0;
  if (!isWished()) {
    // Below a closed span nothing is seen: skip what is deeper.
    let closed = Infinity;
    for (const span of SPANS) {
      span.match = true;
      if (span.depth > closed) continue;
      closed = span.open ? Infinity : span.depth;
      seen.push(span.at);
    }
    return {seen, matches: SPANS.length};
  }
  // A match is seen with all that is above it.
  const kept = new Uint8Array(SPANS.length);
  for (let at = SPANS.length - 1; at >= 0; at -= 1) {
    const span = SPANS[at];
    span.match = isMatch(span);
    if (span.match) matches += 1;
    if (span.match) kept[at] = 1;
    if (kept[at] && span.parent !== null) kept[span.parent] = 1;
  }
  let closed = Infinity;
  for (const span of SPANS) {
    if (span.depth > closed || !kept[span.at]) continue;
    closed = span.open ? Infinity : span.depth;
    seen.push(span.at);
  }
  return {seen, matches};
}

// The records to be seen beside a span, or of all; null stands for all.
function recordsOf(span) {
  if (span !== null) {
    const found = [];
    for (let i = span.first; i < span.last; i += 1) found.push(i);
    return found;
  }
  if (!isWished()) return BY_TIME;
  return BY_TIME.filter((at) => {
    const record = RECORDS[at];
    if (wish.failed && !isBad(record)) return false;
    if (wish.service !== '' && record[SERVICE] !== wish.service) return false;
    return hasWord(at);
  });
}
