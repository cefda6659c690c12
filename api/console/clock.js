// The map's clock: a slider over the hours to come, with the power of the work in each hour drawn behind it, and a player.

import { h, svg } from './dom.js';
import { clock, instant, kw } from './format.js';
import { t } from './words.js';

const PLAY_MS = 450;
const WIDTH = 960;
const HEIGHT = 44;
const MARKS = 4; // between which the hours are named

/** Draws itself into `element`; `turn(hour)` is called with every new hour. */
export class Clock {
  constructor({ hours, turn, signal }) {
    this.hours = hours;
    this.player = 0;
    this.when = h('output', { id: 'map-time', for: 'hour' });
    this.slider = h('input', { id: 'hour', type: 'range', min: 0, max: hours - 1, step: 1, value: 0, oninput: () => turn(Number(this.slider.value)) });
    this.bars = Array.from({ length: hours }, (_, hour) => svg('rect', { x: (hour * WIDTH) / hours + 1, width: WIDTH / hours - 2, rx: 2 }, svg('title')));
    this.ticks = Array.from({ length: MARKS }, () => h('span'));
    this.button = h('button', { type: 'button', id: 'play', 'aria-pressed': 'false', onclick: () => this.#toggle(turn) }, t('map.play'));
    signal.addEventListener('abort', () => clearInterval(this.player), { once: true });
    this.element = h('section', { class: 'card clock', 'aria-label': t('map.clock') }, this.button,
      h('div', { class: 'clock-face' }, h('label', { for: 'hour' }, t('what.time'), ' ', this.when),
        svg('svg', { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: 'none', class: 'clock-bars', 'aria-hidden': 'true' }, this.bars), this.slider,
        h('div', { class: 'clock-ticks', 'aria-hidden': 'true' }, this.ticks)));
  }

  get playing() { return this.player !== 0; }

  /** Say what the hours hold: the instant of the first, and the power of each. */
  tell(start, powers) {
    this.start = new Date(start).getTime();
    const most = Math.max(...powers, 1e-9);
    this.bars.forEach((bar, hour) => {
      const tall = Math.max(2, ((powers[hour] ?? 0) / most) * HEIGHT);
      bar.setAttribute('y', HEIGHT - tall);
      bar.setAttribute('height', tall);
      bar.firstChild.textContent = `${instant(this.#at(hour))}: ${kw(powers[hour] ?? 0)}`;
    });
    this.ticks.forEach((tick, index) => {
      const at = this.#at((index * this.hours) / MARKS);
      tick.textContent = index % 2 ? clock(at) : instant(at);
    });
  }

  #at(hour) { return new Date(this.start + hour * 3600e3); }

  /** Show an hour. */
  show(hour) {
    this.slider.value = hour;
    this.when.textContent = instant(this.#at(hour));
    this.slider.setAttribute('aria-valuetext', this.when.textContent);
    this.bars.forEach((bar, each) => bar.classList.toggle('now', each === hour));
  }

  #toggle(turn) {
    const running = this.playing;
    clearInterval(this.player);
    this.player = running ? 0 : setInterval(() => turn((Number(this.slider.value) + 1) % this.hours), PLAY_MS);
    this.button.textContent = t(running ? 'map.play' : 'map.pause');
    this.button.setAttribute('aria-pressed', String(!running));
  }
}
