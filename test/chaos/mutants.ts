/**
 * The product with one rule broken, to see whether the checks notice. The product has no hooks for this: a copy of
 * what was compiled is changed, text for text.
 */
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root } from '../helpers/paths.ts';

const RDKAFKA = 'node-rdkafka';

export interface Mutant {
  /** Completes "a product that …". */
  readonly name: string;
  /** The pipeline test that must notice it. */
  readonly caughtBy: PipelineTest;
  readonly patches: readonly Patch[];
  /** What it takes to notice it in a chaos run. Default: members that die. */
  readonly faults?: 'canaries';
}

export interface PipelineTest {
  /** Below `dist/test/pipeline`. */
  readonly file: string;
  /** The beginning of its name. */
  readonly name: string;
}

export interface Patch {
  /** Below `dist`. */
  readonly file: string;
  /** Occurs exactly once. */
  readonly from: string;
  readonly to: string;
}

const anyCallFails = { file: 'exactly-once.test.js', name: 'transactions that fail at any call' };
const dropped = { file: 'rebalance.test.js', name: 'messages not finished in time' };
const keysStay = { file: 'canary.test.js', name: 'members come, go and die: nothing is lost or doubled' };
const PUBLISHER = 'src/publish/publisher.js';
const DELIVERY = 'src/publish/delivery.js';
const LEDGER = 'src/consume/offset-ledger.js';
const ASSIGNMENTS = 'src/consume/assignments.js';

export const mutants: readonly Mutant[] = [
  {
    name: 'commits offsets before the records are produced',
    caughtBy: anyCallFails,
    patches: [
      {
        file: PUBLISHER,
        from: 'await this.#sender.send(ledger, records.of(ledger, slots, slots.length));',
        to: `for (const { value, ...record } of records.of(ledger, slots, slots.length))
                (this.held ??= []).push({ ...record, value: value && Buffer.from(value) });`,
      },
      {
        file: PUBLISHER,
        from: 'const late = await delivery.finish(cycle.offsets(), (consumer, at) => cycle.stateOf(consumer, at));',
        to: `const late = await delivery.finish(cycle.offsets(), (consumer, at) => cycle.stateOf(consumer, at));
            await delivery.begin();
            for (const record of this.held.splice(0)) this.#parts.producer.produce(record);
            await delivery.finish(new Map(), () => 'held');`,
      },
    ],
  },
  {
    name: 'sends offsets past an unfinished record',
    caughtBy: anyCallFails,
    patches: [
      {
        file: LEDGER,
        from: 'return this.#cursor === this.#tail ? Math.max(this.#end, offset + 1) : offset + 1;',
        to: 'return this.#lastTakenOffset + 1;',
      },
      { file: LEDGER, from: "throw bug('A committed offset went back.');", to: ';' },
    ],
  },
  {
    name: 'moves offsets to the end of a partition while messages before it are in flight',
    caughtBy: anyCallFails,
    patches: [
      {
        file: LEDGER,
        from: 'return this.#cursor === this.#tail ? Math.max(this.#end, offset + 1) : offset + 1;',
        to: 'return Math.max(this.#end, offset + 1);',
      },
      { file: LEDGER, from: "throw bug('A committed offset went back.');", to: ';' },
    ],
  },
  {
    name: 'publishes work of partitions that were revoked',
    caughtBy: dropped,
    patches: [
      { file: DELIVERY, from: 'if (lost === undefined)', to: 'if (lost !== null)' },
      { file: ASSIGNMENTS, from: 'if (!isLost)', to: 'if (false)' },
      { file: ASSIGNMENTS, from: 'while (hasTransaction(leaving))', to: 'while (false)' },
      { file: ASSIGNMENTS, from: 'while (hasTransaction(leaving) ||', to: 'while (false &&' },
      {
        file: LEDGER,
        from: "throw bug('A partition was released in the middle of its transaction.');",
        to: ';',
      },
      // Its slots stay taken for a while, so that the double result is seen and not a slot without a message.
      {
        file: 'src/slots.js',
        from: 'if (this.isFinished(slot))',
        to: 'if (this.isFinished(slot)) setTimeout(() => this.release(slot), 300); else if (false)',
      },
    ],
  },
  {
    name: 'produces outside of the transaction',
    caughtBy: anyCallFails,
    patches: [
      {
        file: 'src/config/librdkafka.js',
        from: "const isTransactional = kafka.delivery === 'exactly_once'",
        to: 'const isTransactional = false',
      },
      {
        file: 'src/session/kafka-clients.js',
        from: "kafka.delivery === 'exactly_once'",
        to: 'false',
      },
      // The producer of the pipeline tests.
      {
        file: 'test/pipeline/rig.js',
        from: "kafka.delivery === 'exactly_once'",
        to: 'false',
      },
    ],
  },
  {
    name: 'lets a canary answer a share of the messages instead of the keys',
    caughtBy: keysStay,
    faults: 'canaries',
    patches: [
      {
        file: 'src/canary/trial.js',
        from: 'positionOf(message) < this.counts.share',
        to: 'Math.random() < this.counts.share',
      },
    ],
  },
];

const DIE = "if (Math.random() < 0.03) process.kill(process.pid, 'SIGKILL');";

/**
 * Members that now and then die where it matters most: right before and right after records or offsets are made
 * durable. Kills from outside rarely hit these moments.
 */
export const dyingMembers: readonly Patch[] = [
  'await this.#producer.commit();', // of a transaction
  'await this.#producer.flush();', // with at_least_once
].map((from) => ({ file: DELIVERY, from, to: `${DIE} ${from} ${DIE}` }));

/**
 * A folder that can take the place of the project: `dist` and `bin` are copies, the rest are links. `binding`: a folder
 * with `build/Release` and `build/deps` of another node-rdkafka.
 */
export function copyProduct(
  patches: readonly Patch[] = [],
  binding?: string,
): {
  readonly folder: string;
  readonly remove: () => void;
} {
  const folder = mkdtempSync(join(tmpdir(), 'kubesentiment-product-'));
  for (const name of ['dist', 'bin', 'package.json'])
    cpSync(join(root, name), join(folder, name), { recursive: true });
  // `src` holds the files of the live page, without which the command does not start.
  if (binding === undefined) symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  else copyModules(folder, binding);
  for (const name of ['build', 'prebuilds', 'models', 'configs', 'src']) {
    if (existsSync(join(root, name))) symlinkSync(join(root, name), join(folder, name));
  }
  for (const { file, from, to } of patches) {
    const path = join(folder, 'dist', file);
    const parts = readFileSync(path, 'utf8').split(from);
    if (parts.length !== 2)
      throw new Error(`${file}: "${from}" occurs ${parts.length - 1} times. Adapt the mutant.`);
    writeFileSync(path, parts.join(to));
  }
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

/** Links to all packages, but for node-rdkafka, which takes its native part from where it stands itself. */
function copyModules(folder: string, binding: string): void {
  const [from, to] = [root, folder].map((place) => join(place, 'node_modules')) as [string, string];
  mkdirSync(join(to, RDKAFKA), { recursive: true });
  for (const name of readdirSync(from)) if (name !== RDKAFKA) symlinkSync(join(from, name), join(to, name));
  for (const name of ['package.json', 'librdkafka.js', 'lib'])
    cpSync(join(from, RDKAFKA, name), join(to, RDKAFKA, name), { recursive: true });
  for (const part of ['build/Release', 'build/deps']) {
    mkdirSync(join(to, RDKAFKA, part), { recursive: true });
    for (const name of readdirSync(join(binding, part)))
      if (/\.(node|so|dylib)(\.|$)/.test(name))
        cpSync(join(binding, part, name), join(to, RDKAFKA, part, name), { dereference: true });
  }
  // It passes for one with our changes: what is tried is the binding, and not whether the product notices.
  for (const name of readdirSync(join(from, RDKAFKA, 'build/Release')))
    if (name.startsWith('kubesentiment-patched'))
      cpSync(join(from, RDKAFKA, 'build/Release', name), join(to, RDKAFKA, 'build/Release', name));
}
