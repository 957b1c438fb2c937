/** Turns a JSON log line into one for people: time, level, message, fields; a stack on lines of its own. */
export function prettyLine(line: string): string {
  const { level, time, msg, event, id: _, error, ...fields } = JSON.parse(line);
  const words = Object.entries(fields).map(([name, value]) => `${name}=${plain(value)}`);
  const head = `${time.slice(11, 23)} ${level.toUpperCase().padEnd(5)} ${msg} [${event}]`;
  const parts = [head, ...words];
  if (error !== undefined) parts.push(`${error.code}: ${JSON.stringify(error.message).slice(1, -1)}`);
  return `${parts.join(' ')}\n${error?.stack === undefined ? '' : `${error.stack}\n`}`;
}

/** Plain words are left alone; anything with spaces or control characters is quoted. */
function plain(value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return /^[\w.,:/@+[\]-]+$/.test(text) ? text : JSON.stringify(value);
}
