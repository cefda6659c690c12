// Numbers and instants as people read them, each with its unit. Times are China's, where the sites are.

import { language } from './words.js';

const LOCALE = { en: 'en-GB', zh: 'zh-CN' };
const made = new Map();

function number(digits) {
  const key = `${language()}:${digits}`;
  if (!made.has(key)) made.set(key, new Intl.NumberFormat(LOCALE[language()], { maximumFractionDigits: digits }));
  return made.get(key);
}

function dates(key, options) {
  const name = `${language()}:${key}`;
  if (!made.has(name)) made.set(name, new Intl.DateTimeFormat(LOCALE[language()], { timeZone: 'Asia/Shanghai', hourCycle: 'h23', ...options }));
  return made.get(name);
}

const NONE = '–';
const has = (value) => value !== null && value !== undefined && value !== '' && Number.isFinite(Number(value));

export const plain = (value, digits = 2) => (has(value) ? number(digits).format(Number(value)) : NONE);
export const count = (value) => plain(value, 0);
export const percent = (value, digits = 1) => (has(value) ? `${plain(100 * value, digits)} %` : NONE);
export const kw = (value) => (has(value) ? (Math.abs(value) >= 1000 ? `${plain(value / 1000, 1)} MW` : `${plain(value, 1)} kW`) : NONE);
export const kwh = (value) => (has(value) ? (Math.abs(value) >= 1000 ? `${plain(value / 1000, 2)} MWh` : `${plain(value, 2)} kWh`) : NONE);
export const kg = (value) => (has(value) ? (Math.abs(value) >= 1000 ? `${plain(value / 1000, 2)} t CO₂e` : `${plain(value, 2)} kg CO₂e`) : NONE);
export const ms = (value) => (has(value) ? `${plain(value, 1)} ms` : NONE);
export const gbps = (value) => (has(value) ? `${plain(value, 0)} Gbit/s` : NONE);
export const km = (value) => (has(value) ? `${plain(value, 0)} km` : NONE);
export const perKwh = (value) => (has(value) ? `${plain(value, 4)} CNY/kWh` : NONE);
export const gPerKwh = (value) => (has(value) ? `${plain(value, 0)} g/kWh` : NONE);

/** Money. What is owed comes as exact text and is shown to the cent as it is. */
export function cny(value) {
  if (typeof value === 'string' && /^-?\d+(\.\d+)?$/.test(value)) {
    const [whole, part = ''] = value.split('.');
    const grouped = whole.replace(/\B(?=(\d{3})+$)/g, ',');
    return `¥ ${grouped}.${part.padEnd(2, '0')}`;
  }
  return has(value) ? `¥ ${new Intl.NumberFormat(LOCALE[language()], { minimumFractionDigits: 2, maximumFractionDigits: 2 }).format(value)}` : NONE;
}

export const instant = (value) => (value ? dates('full', { month: 'short', day: '2-digit', hour: '2-digit', minute: '2-digit' }).format(new Date(value)) : NONE);
export const precise = (value) => (value ? dates('precise', { year: 'numeric', month: '2-digit', day: '2-digit', hour: '2-digit', minute: '2-digit', second: '2-digit' }).format(new Date(value)) : NONE);
export const clock = (value) => (value ? dates('clock', { hour: '2-digit', minute: '2-digit' }).format(new Date(value)) : NONE);

/** A stretch of time in minutes, as 2 h 05 min. */
export function span(minutes) {
  if (!has(minutes)) return NONE;
  const whole = Math.round(minutes);
  if (whole < 60) return `${whole} min`;
  return `${Math.floor(whole / 60)} h ${String(whole % 60).padStart(2, '0')} min`;
}

/** The month of an instant in China, as 2026-07. */
export function monthOf(value) {
  const parts = Object.fromEntries(dates('month', { year: 'numeric', month: '2-digit' }).formatToParts(new Date(value)).map((part) => [part.type, part.value]));
  return `${parts.year}-${parts.month}`;
}
