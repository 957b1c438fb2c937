// Numbers for people.
const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });
const oneDigit = new Intl.NumberFormat('en', { maximumFractionDigits: 1, minimumFractionDigits: 1 });
const short = new Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 1 });

export function count(value) {
  return whole.format(value);
}

/** Short enough for an axis or a tile: 8,412, and from 100,000 on 1.2M. */
export function compact(value) {
  return Math.abs(value) < 100_000 ? whole.format(value) : short.format(value);
}

export function rate(value) {
  return value > 0 && value < 10 ? oneDigit.format(value) : compact(value);
}

export function ms(value) {
  if (value === 0) return '0';
  if (value < 10) return `${oneDigit.format(value)} ms`;
  if (value < 1_000) return `${whole.format(value)} ms`;
  return seconds(value / 1_000);
}

export function seconds(value) {
  if (value < 60) return `${oneDigit.format(value)} s`;
  if (value < 3_600) return `${Math.floor(value / 60)}m ${Math.floor(value % 60)}s`;
  if (value < 86_400) return `${Math.floor(value / 3_600)}h ${Math.floor((value % 3_600) / 60)}m`;
  return `${Math.floor(value / 86_400)}d ${Math.floor((value % 86_400) / 3_600)}h`;
}

/** A time range in words. */
export function range(value) {
  return value === 3_600 ? 'hour' : `${whole.format(value / 60)} minutes`;
}

export function bytes(value) {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  const step = value < 1 ? 0 : Math.min(units.length - 1, Math.floor(Math.log2(value) / 10));
  const scaled = value / 1024 ** step;
  return `${scaled >= 100 || step === 0 ? whole.format(scaled) : oneDigit.format(scaled)} ${units[step]}`;
}

export function percent(value) {
  return `${oneDigit.format(100 * value)} %`;
}

/** With a sign that is as wide as a plus. */
export function signed(value) {
  return `${value < 0 ? '\u2212' : '+'}${oneDigit.format(Math.abs(value))}`;
}

export function time(epochMs) {
  return new Date(epochMs).toLocaleTimeString('en-GB');
}

/** In the time zone of the reader. */
export function dateTime(epochMs) {
  if (epochMs < 0) return '–';
  const date = new Date(epochMs);
  return Number.isNaN(date.getTime()) ? '–' : `${date.toLocaleDateString('en-CA')} ${time(epochMs)}`;
}

export function minute(epochMs) {
  return time(epochMs).slice(0, 5);
}

/** Control characters, marks that change the direction, separators of lines. */
const INTERPRETED = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

/** A text that somebody else has chosen: nothing in it is invisible or turns other text around, and it ends. */
export function plain(text, max = 1_000) {
  const shown = text.slice(0, max).replace(INTERPRETED, '\u{fffd}');
  return text.length > max ? `${shown}…` : shown;
}

/** The same of a text of several lines: those and tabs stay what they are. */
export function block(text) {
  return text
    .replaceAll('\r\n', '\n')
    .replace(INTERPRETED, (found) => ('\n\t'.includes(found) ? found : '\u{fffd}'));
}
