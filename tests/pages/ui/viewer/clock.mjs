// Time that goes by when it is told to.

export class Clock {
  constructor() {
    this.now = 0;
    this.waiting = new Map();
    this.last = 0;
  }

  /** Take the place of the world's timers until the test is over. */
  install(test) {
    const { setTimeout, clearTimeout } = globalThis;
    test.after(() => Object.assign(globalThis, { setTimeout, clearTimeout }));
    globalThis.setTimeout = (step, ms) => {
      this.last += 1;
      this.waiting.set(this.last, { step, due: this.now + ms });
      return this.last;
    };
    globalThis.clearTimeout = (timer) => this.waiting.delete(timer);
    return this;
  }

  /** Let milliseconds go by. */
  pass(ms) {
    const until = this.now + ms;
    for (;;) {
      const [next] = [...this.waiting].filter(([, { due }]) => due <= until).sort(([, a], [, b]) => a.due - b.due);
      if (!next) break;
      const [timer, { step, due }] = next;
      this.waiting.delete(timer);
      this.now = due;
      step();
    }
    this.now = until;
  }
}
