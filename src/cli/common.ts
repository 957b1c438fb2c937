import { styleText } from 'node:util';
import { type Command, InvalidArgumentError } from 'commander';

/** Options of every command that reads the configuration. */
export interface CommonOptions {
  readonly config?: string;
  readonly set?: Record<string, string>;
  readonly model?: string;
}

/** Called by each command with its exit code: 0 done, 1 failed. */
export type Done = (exitCode: number) => void;

export function withCommonOptions(command: Command): Command {
  return withSettings(command).option('-m, --model <dir>', 'model directory');
}

/** For commands that need no model. */
export function withSettings(command: Command): Command {
  return command
    .option('-c, --config <file>', 'configuration file (YAML)')
    .option('-s, --set <section.key=value>', 'override a setting; repeatable', collect);
}

/** Adds examples below the help of a command. */
export function withExamples(command: Command, ...examples: string[]): Command {
  return command.addHelpText('after', `\nExamples:\n${examples.map((line) => `  $ ${line}\n`).join('')}`);
}

export function collect(text: string, previous: Record<string, string> = {}): Record<string, string> {
  const at = text.indexOf('=');
  if (at < 1) throw new InvalidArgumentError('Must be section.key=value.');
  return { ...previous, [text.slice(0, at)]: text.slice(at + 1) };
}

export function wholeNumber(text: string): number {
  if (!/^[1-9]\d{0,14}$/.test(text)) throw new InvalidArgumentError('Must be a whole number greater than 0.');
  return Number(text);
}

/** A partition or an offset. */
export function index(text: string): number {
  if (!/^\d{1,15}$/.test(text)) throw new InvalidArgumentError('Must be a whole number, 0 or greater.');
  return Number(text);
}

export function printJson(value: unknown): void {
  print(terminalJson(value, 2));
}

/** JSON in which whatever a terminal would interpret is escaped. JSON itself only asks for U+0000 to U+001F. */
export function terminalJson(value: unknown, indent?: number): string {
  return JSON.stringify(value, undefined, indent).replace(INTERPRETED, (found) =>
    found
      .split('')
      .map((unit) => (unit === '\n' ? unit : `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`))
      .join(''),
  );
}

/** One line on standard output. */
export function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** One line on standard error, so that it does not mix with the output. */
export function note(line: string): void {
  process.stderr.write(`${line}\n`);
}

/** Columns as wide as their widest cell; numbers are right-aligned. */
export function table(header: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  const texts = [header, ...rows].map((row) => row.map(String));
  const widths = header.map((_, column) => Math.max(...texts.map((row) => row[column]?.length ?? 0)));
  const isNumber = header.map((_, column) =>
    rows.every((row) => /^[-–]$|^[\d,. ]+$/.test(String(row[column]))),
  );
  const lines = texts.map((row) =>
    row
      .map((text, column) => {
        const width = widths[column] as number;
        return isNumber[column] ? text.padStart(width) : text.padEnd(width);
      })
      .join('  ')
      .trimEnd(),
  );
  return lines.join('\n');
}

type Colour = Parameters<typeof styleText>[0];

/** Coloured on a terminal, unless NO_COLOR is set. FORCE_COLOR decides for itself, as it does for Node: 0 is off. */
export function paint(colour: Colour, text: string, env: NodeJS.ProcessEnv = process.env): string {
  const forced = env['FORCE_COLOR'];
  const wanted =
    forced === undefined ? process.stdout.isTTY === true && !env['NO_COLOR'] : !/^(0|false)$/.test(forced);
  return wanted ? styleText(colour, text, { validateStream: false }) : text;
}

/** Untrusted text on one line, without anything that a terminal would interpret. */
export function printable(text: string): string {
  return text.replace(INTERPRETED, '\u{fffd}');
}

/** The same for several lines. */
export function printableLines(text: string): string {
  return text.split('\n').map(printable).join('\n');
}

/** Control characters, marks that change the direction, separators of lines. */
const INTERPRETED = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

export function seconds(value: number): string {
  if (value < 60) return `${value.toFixed(1)} s`;
  if (value < 3_600) return `${Math.floor(value / 60)} min ${Math.round(value % 60)} s`;
  return `${Math.floor(value / 3_600)} h ${Math.floor((value % 3_600) / 60)} min`;
}
