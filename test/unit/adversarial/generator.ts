// biome-ignore-all lint/suspicious/noTemplateCurlyInString: placeholders of the configuration file.
import { Random as Repeatable } from '../../../src/corpus/random.ts';

/** Seeded: the same seed gives the same cases on every machine. KUBESENTIMENT_SEED chooses another one. */
export const seed = Number(process.env['KUBESENTIMENT_SEED'] ?? 20261123);

/** Part of every text, key and secret that a case holds; it must not be in anything that is written or thrown. */
export const MARKED = 'Zq7OCELOTx9';

/** How many cases each surface gets; `budget.test.ts` adds them up. */
export const cases = {
  values: 70_000,
  headers: 12_000,
  tokens: 12_000,
  keyrings: 6_000,
  configurations: 4_000,
  models: 1_500,
  http: 2_500,
} as const;

/** The choices of one surface: each has a stream of its own, so that a case more of one changes no other. */
export class Random extends Repeatable {
  constructor(surface: string) {
    super([...surface].reduce((sum, c) => Math.imul(sum, 31) + c.charCodeAt(0), seed | 0));
  }

  /** 0…n-1 */
  below(n: number): number {
    return this.between(0, n - 1);
  }

  bytes(length: number): Buffer {
    return Buffer.from(Array.from({ length }, () => this.below(256)));
  }
}

/** What parsers trip over. */
const splinters: readonly (string | Buffer)[] = [
  ...'{}[]",:\\/\n\r\t\0.-+=_&*!|>%@`#$',
  ...[
    'null',
    'true',
    '1e999',
    '-0',
    '99999999999999999999',
    '0x1',
    'NaN',
    '""',
    '{}',
    '[]',
    '\\u0000',
    '\\ud83d',
  ],
  ...[
    '__proto__',
    'constructor',
    'toString',
    '${file:/etc/passwd}',
    '${PATH}',
    '$$',
    '../../',
    '<<: *a',
    '&a [*a]',
  ],
  ...[
    '{{',
    '}}',
    ' : ',
    '- ',
    '"text":',
    '"encryption_version":"v1"',
    '"id":',
    '\u2028',
    '\ufeff',
    '😀',
    'ﷺ',
    'e\u0301',
  ],
  ...[[0xff], [0xc0, 0x80], [0xed, 0xa0, 0x80], [0xf4, 0x90, 0x80, 0x80], [0xe2, 0x82]].map((bytes) =>
    Buffer.from(bytes),
  ),
  ...[
    '['.repeat(200),
    '{"a":'.repeat(100),
    'x'.repeat(3000),
    '\\'.repeat(99),
    ' '.repeat(500),
    '9'.repeat(400),
  ],
];

/** One to four small damages of `original`: bits, cuts, repeats, splinters, parts of `other`. */
export function damage(random: Random, original: Buffer, other: Buffer): Buffer {
  let bytes = original;
  for (let i = 1 + random.below(4); i > 0; i--) bytes = damageOnce(random, bytes, other);
  return bytes;
}

function damageOnce(random: Random, bytes: Buffer, other: Buffer): Buffer {
  const at = random.below(bytes.length + 1);
  const to = Math.min(bytes.length, at + random.below(20));
  const [before, inside, after] = [bytes.subarray(0, at), bytes.subarray(at, to), bytes.subarray(to)];
  switch (random.below(7)) {
    case 0: {
      const changed = Buffer.from(bytes);
      if (at < changed.length) changed[at] = (changed[at] as number) ^ (1 << random.below(8));
      return changed;
    }
    case 1:
      return Buffer.concat([before, after]);
    case 2:
      return Buffer.concat([before, inside, inside, after]);
    case 3:
      return before;
    case 4:
      return Buffer.concat([before, other.subarray(random.below(other.length + 1))]);
    case 5:
      return Buffer.concat([before, random.bytes(random.below(6)), after]);
    default:
      return Buffer.concat([before, Buffer.from(random.pick(splinters) as string), after]);
  }
}

/** Calls `attempt` with each case of a surface; what goes wrong is told with all that is needed to see it again. */
export async function each(
  surface: keyof typeof cases,
  corpus: readonly (string | Buffer)[],
  attempt: (input: Buffer, random: Random) => unknown,
): Promise<void> {
  const random = new Random(surface);
  const originals = corpus.map((entry) => Buffer.from(entry as string));
  for (let number = 0; number < cases[surface]; number++) {
    const input = damage(random, random.pick(originals), random.pick(originals));
    try {
      const pending = attempt(input, random);
      if (pending instanceof Promise) await pending;
    } catch (cause) {
      const shown = input.length > 400 ? `${input.toString('hex', 0, 400)}…` : input.toString('hex');
      throw new Error(`${surface}: case ${number} of seed ${seed}, hexadecimal ${shown}`, { cause });
    }
  }
}
