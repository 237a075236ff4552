// What the reader did, measurements and corrections alike, in the order in which it was done: taken back and had again.

const MOST = 100;

export class History {
  constructor() {
    this.clear();
  }

  clear() {
    this.past = [];
    this.future = [];
  }

  /** Something was done: {undo, redo, of}; `of` is what it was done to. */
  note(step) {
    this.past.push(step);
    if (this.past.length > MOST) this.past.shift();
    this.future = [];
  }

  /** Take the last step back; gives whether there was one. */
  undo() {
    const step = this.past.pop();
    if (!step) return false;
    this.future.push(step);
    step.undo();
    return true;
  }

  redo() {
    const step = this.future.pop();
    if (!step) return false;
    this.past.push(step);
    step.redo();
    return true;
  }

  /** Steps of something that is not as it was left any more cannot be taken back. */
  forget(of) {
    this.past = this.past.filter((step) => step.of !== of);
    this.future = this.future.filter((step) => step.of !== of);
  }
}
