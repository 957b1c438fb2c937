/** Static members of one group that are replaced one after the other, while requests come. */
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { type ServiceProcess, type Settings, startService } from './service-process.ts';

/**
 * stop first: the old process ends, then the new one starts under its identity. start first: the new one waits for the
 * identity while the old one works; only the newer group protocol allows that.
 */
export type Recipe = 'stop first' | 'start first';

export interface Replacement {
  readonly member: number;
  /** Of the order to stop, in ms since 1970. */
  readonly stoppedAtMs: number;
  /** From then until the old process had ended. */
  readonly drainMs: number;
  /** From then until the new one had its partitions. */
  readonly replacedMs: number;
}

interface Member {
  process: ServiceProcess;
  partitions: readonly number[];
}

const HELD = /a member with its group_instance_id is still in it/;
const WAIT_MS_MAX = 120_000;

export class RollingGroup {
  readonly #settings: (member: number) => Settings;
  readonly #members: Member[] = [];
  /** Of processes that have ended. */
  #log = '';

  constructor(settings: (member: number) => Settings) {
    this.#settings = settings;
  }

  /** Resolves when each has as many partitions. `home`: the root folder of the version that is to run. */
  async start(members: number, partitionsEach: number, home: string): Promise<void> {
    for (let i = 0; i < members; i++) this.#members.push({ process: this.#spawn(i, home), partitions: [] });
    for (const member of this.#members) {
      await until(member.process, async () => (await heldBy(member.process)).length === partitionsEach);
    }
    for (const member of this.#members) {
      member.partitions = await heldBy(member.process);
      assert.equal(member.partitions.length, partitionsEach, this.log());
    }
  }

  /**
   * Fails if the new process has other partitions than the old one, or any other member has lost one. With `moves` only
   * if it has none: an old process that leaves the group gives them to the others.
   */
  async replace(index: number, home: string, recipe: Recipe, moves = false): Promise<Replacement> {
    const member = this.#members[index] as Member;
    const old = member.process;
    const early = recipe === 'start first' ? this.#spawn(index, home) : undefined;
    if (early !== undefined) await until(early, () => HELD.test(early.log()));
    const before = this.#members.map(({ process }) => countOf(process, 'partitions_revoked'));
    const stoppedAtMs = Date.now();
    const startedAt = performance.now();
    old.kill('SIGTERM');
    assert.equal(await old.exited, 0, old.log());
    const drainMs = performance.now() - startedAt;
    const next = early ?? this.#spawn(index, home);
    await until(next, () => countOf(next, 'partitions_assigned') > 0);
    const replacedMs = performance.now() - startedAt;
    this.#log += `${old.log()}\n`;
    if (moves) {
      member.process = next;
      return { member: index, stoppedAtMs, drainMs, replacedMs };
    }
    await until(next, async () => (await heldBy(next)).length === member.partitions.length);
    assert.deepEqual(await heldBy(next), member.partitions, 'a static member gets its partitions back');
    member.process = next;
    this.#members.forEach(({ process }, other) => {
      if (other !== index)
        assert.equal(countOf(process, 'partitions_revoked'), before[other], 'no rebalance');
    });
    return { member: index, stoppedAtMs, drainMs, replacedMs };
  }

  async stop(): Promise<void> {
    for (const { process } of this.#members) process.kill('SIGTERM');
    for (const { process } of this.#members) assert.equal(await process.exited, 0, process.log());
  }

  log(): string {
    return this.#log + this.#members.map(({ process }) => process.log()).join('\n');
  }

  #spawn(member: number, home: string): ServiceProcess {
    // It is asked often which partitions it has.
    return startService({ ...this.#settings(member), 'http.requests_per_second': 100_000 }, {}, [], home);
  }
}

/** The partitions that a process has, by its own word. */
async function heldBy(process: ServiceProcess): Promise<number[]> {
  const port = /"event":"http_listening".*?"port":(\d+)/.exec(process.log())?.[1];
  if (port === undefined) return [];
  const answer = await fetch(`http://127.0.0.1:${port}/health/details`).catch(() => undefined);
  if (answer?.ok !== true && answer?.status !== 503) return [];
  const { partitions = [] } = (await answer.json()) as { partitions?: { partition: number }[] };
  return partitions.map(({ partition }) => partition).sort((a, b) => a - b);
}

function countOf(process: ServiceProcess, event: string): number {
  return process.log().split(`"event":"${event}"`).length - 1;
}

async function until(process: ServiceProcess, isSo: () => boolean | Promise<boolean>): Promise<void> {
  const ended = process.exited.then((code) => assert.fail(`It ended (${code}):\n${process.log()}`));
  ended.catch(() => undefined);
  for (const deadline = performance.now() + WAIT_MS_MAX; !(await isSo()); ) {
    if (performance.now() > deadline) assert.fail(`Not in time:\n${process.log()}`);
    await Promise.race([sleep(20), ended]);
  }
}
