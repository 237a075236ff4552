// Playing: frames of a time series at their own pace where the file tells it, else slices.

const PACE = 10; // frames a second where the file does not say

export class Cine {
  constructor(viewer) {
    this.viewer = viewer;
    this.run = null;
    this.rates = new Map();
  }

  get playing() {
    return Boolean(this.run);
  }

  /** Frames a second. */
  speed(picture) {
    const { id, times } = picture.description;
    const own = this.rates.get(id);
    if (own) return own;
    const span = times?.length > 1 ? times[times.length - 1] - times[0] : 0;
    return span > 0 ? Math.min(Math.max((1000 * (times.length - 1)) / span, 1), 60) : PACE;
  }

  speedTo(picture, rate) {
    if (rate >= 1 && rate <= 60) this.rates.set(picture.description.id, rate);
    // counted anew: at a lower speed, as many images as were shown would be due only much later
    if (this.run) Object.assign(this.run, { since: performance.now(), shown: 0 });
    this.viewer.request([]);
  }

  toggle() {
    if (this.run) {
      this.stop();
      this.viewer.tell();
      return;
    }
    const { viewer } = this;
    const { pane } = viewer;
    const { picture } = pane;
    const count = picture.frames > 1 ? picture.frames : pane.count;
    if (count < 2) return;
    const { axis } = pane;
    const run = { since: performance.now(), shown: 0, picture, axis };
    this.run = run;
    const tick = (now) => {
      if (this.run !== run || viewer.closed) return;
      const due = Math.floor(((now - run.since) * this.speed(picture)) / 1000);
      if (due > run.shown) {
        run.shown = due;
        if (picture.frames > 1) picture.frame = (picture.frame + 1) % count;
        else viewer.lead = { picture, by: picture.step(axis, 1) };
        viewer.moved(picture);
      }
      requestAnimationFrame(tick);
    };
    requestAnimationFrame(tick);
    viewer.request();
  }

  /** Stop when what plays is not on the screen any more: its picture, or the plane that moves. */
  leave(panes) {
    const { run } = this;
    const seen = ({ picture, axis }) => picture === run.picture && (picture.frames > 1 || axis === run.axis);
    if (run && !panes.some(seen)) this.stop();
  }

  stop() {
    if (!this.run) return;
    this.run = null;
    if (this.viewer.panes.length) this.viewer.request();
  }
}
