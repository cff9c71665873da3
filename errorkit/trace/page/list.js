// SPDX-License-Identifier: Apache-2.0
// A list of which only the rows in sight exist, all of one height.
class List {
  // element: scrolls, and has one child that is as high as all rows.
  // height: of a row, in pixels. draw(at): the element of a row.
  constructor(element, height, draw) {
    this.element = element;
    this.height = height;
    this.draw = draw;
    this.count = 0;
    this.rows = new Map();
    this.space = element.firstElementChild;
    this.waiting = false;
    element.addEventListener('scroll', () => this.later());
    new ResizeObserver(() => this.later()).observe(element);
  }

  // Draw all anew: there are other rows now.
  reset(count) {
    this.count = count;
    this.space.style.height = count * this.height + 'px';
    this.refresh();
  }

  // Draw the rows in sight anew.
  refresh() {
    for (const row of this.rows.values()) row.remove();
    this.rows.clear();
    this.show();
  }

  later() {
    if (this.waiting) return;
    this.waiting = true;
    requestAnimationFrame(() => {
      this.waiting = false;
      this.show();
    });
  }

  show() {
    const top = this.element.scrollTop;
    const seen = this.element.clientHeight;
    const first = Math.max(0, Math.floor(top / this.height) - SPARE);
    const last = Math.min(
      this.count, Math.ceil((top + seen) / this.height) + SPARE);
    for (const [at, row] of this.rows) {
      if (at < first || at >= last) {
        row.remove();
        this.rows.delete(at);
      }
    }
    for (let at = first; at < last; at += 1) {
      if (this.rows.has(at)) continue;
      const row = this.draw(at);
      row.id = this.element.id + '-' + at;
      row.dataset.at = at;
      row.style.top = at * this.height + 'px';
      this.space.append(row);
      this.rows.set(at, row);
    }
  }

  // Scroll so far that a row is in sight, and draw it.
  reveal(at) {
    const top = at * this.height;
    const seen = this.element.clientHeight;
    if (top < this.element.scrollTop) {
      this.element.scrollTop = top;
    } else if (top + this.height > this.element.scrollTop + seen) {
      this.element.scrollTop = top + this.height - seen;
    }
    this.show();
  }

  // How many rows are in sight.
  get page() {
    return Math.max(1, Math.floor(this.element.clientHeight / this.height));
  }

  // Which row was clicked; -1 for none.
  static at(event) {
    const row = event.target.closest('[data-at]');
    return row ? Number(row.dataset.at) : -1;
  }
}

// Rows above and below those in sight.
const SPARE = 12;
