import { readFileSync } from 'node:fs';
import { createCorpus } from '../corpus/corpus.ts';
import { Random } from '../corpus/random.ts';
import { createRequest } from '../corpus/request.ts';
import { KubesentimentError } from '../errors.ts';

const styles = { 'sst2-like': 'sst2', 'tweets-like': 'tweets', 'reviews-like': 'reviews' } as const;
const SEED = 20_260;

/**
 * `count` texts in a given style, or from a file with one text, or one JSON object with "text", per line; the file is
 * repeated if it has fewer. KS_USAGE if the file cannot be used.
 */
export function payloadTexts(payload: string, count: number): string[] {
  if (payload in styles) {
    const corpus = createCorpus({ seed: SEED, style: styles[payload as keyof typeof styles] });
    return Array.from({ length: count }, () => corpus.next());
  }
  const texts = readTexts(payload);
  return Array.from({ length: count }, (_, i) => texts[i % texts.length] as string);
}

function readTexts(file: string): string[] {
  let content: string;
  try {
    content = readFileSync(file, 'utf8');
  } catch (cause) {
    throw new KubesentimentError(
      'KS_USAGE',
      `The payload "${file}" is no style and no file that can be read.`,
      {
        remedy: `Styles: ${Object.keys(styles).join(', ')}.`,
        cause,
      },
    );
  }
  const texts = content
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map(textOf);
  if (texts.length > 0) return texts;
  throw new KubesentimentError('KS_USAGE', `The payload "${file}" has no line with a text.`);
}

function textOf(line: string): string {
  if (!line.startsWith('{')) return line;
  try {
    const { text } = JSON.parse(line) as { text?: unknown };
    return typeof text === 'string' ? text : line;
  } catch {
    return line; // a text may start with a brace
  }
}

/** A request without its id and send time, so little is left to do per message. */
export class RequestTemplate {
  readonly #middle: string;
  readonly #tail: string;

  constructor(text: string, random: Random) {
    const mark = '"timestamp":0';
    const request = createRequest(0, text, random, 0);
    // Every quote inside the text is escaped, so the marker can only be the member.
    const at = request.lastIndexOf(mark) + mark.length - 1;
    this.#middle = request.slice(request.indexOf('","text"'), at);
    this.#tail = request.slice(at + 1);
  }

  fill(id: string, sentAtMs: number): Buffer {
    return Buffer.from(`{"id":"${id}${this.#middle}${sentAtMs}${this.#tail}`);
  }
}

export function requestTemplates(texts: readonly string[]): RequestTemplate[] {
  const random = new Random(SEED);
  return texts.map((text) => new RequestTemplate(text, random));
}
