// Colour scales. Each begins near the colour of the land in its theme, so that what is empty is quiet and what is full stands out.

/** For shares: calm below, warm when full. */
const LOAD = {
  light: [[0, '#d6e4f0'], [0.35, '#7fb2dc'], [0.65, '#f2c14e'], [0.85, '#e0752d'], [1, '#a51d1d']],
  dark: [[0, '#2b4a66'], [0.35, '#4a90c8'], [0.65, '#f2c14e'], [0.85, '#f08a3c'], [1, '#e5484d']],
};
/** For amounts: from few to many. */
const AMOUNT = {
  light: [[0, '#dfe7f2'], [0.25, '#a6bddb'], [0.5, '#5a9bc9'], [0.75, '#2273ab'], [1, '#023858']],
  dark: [[0, '#24415c'], [0.25, '#2f6690'], [0.5, '#3f93c2'], [0.75, '#7cc4e0'], [1, '#e3f6fb']],
};

const theme = () => (document.documentElement.dataset.theme === 'dark' ? 'dark' : 'light');

export const loadScale = () => LOAD[theme()];
export const amountScale = () => AMOUNT[theme()];

/** The colour of a share in [0, 1] on a scale. */
export function onScale(scale, share) {
  const at = Math.min(1, Math.max(0, share));
  const next = Math.max(1, scale.findIndex(([stop]) => stop >= at));
  const [[low, from], [high, to]] = [scale[next - 1], scale[next]];
  const part = high === low ? 0 : (at - low) / (high - low);
  const mix = [1, 3, 5].map((i) => Math.round(parseInt(from.slice(i, i + 2), 16) * (1 - part) + parseInt(to.slice(i, i + 2), 16) * part));
  return `rgb(${mix.join(' ')})`;
}
