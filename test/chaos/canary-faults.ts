/** Faults of canaries: one is put in place while messages flow, members come and go, and it ends one way or another. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Fleet } from './fleet.ts';
import type { Member } from './member.ts';
import { tell } from './model-faults.ts';
import { TOKEN } from './model-versions.ts';
import type { Fault } from './plan.ts';
import type { Scene } from './scene.ts';

/** What is waited for comes later on a busy machine, or never: a fault that waits for ever would show nothing. */
const LOAD_MS_MAX = 30_000;
const RETURN_MS_MAX = 60_000;
const LOOK_MS = 100;

export async function tryCanary(fault: Fault, scene: Scene): Promise<void> {
  const { kind, pick, durationMs } = fault;
  const { fleet, models } = scene;
  if (models === undefined) return;
  const isBad = kind === 'canary-bad';
  const isHalf = kind === 'canary-half-written';
  const complete = models.placeCanary({ isBad, isHalf });
  const { number } = models.canaries.standing ?? { number: 0 };
  if (!fleet.awake.some(({ process }) => models.canaries.has(process))) fleet.start();
  await tell(fleet.awake, fleet);
  if (isHalf) {
    await sleep(durationMs);
    complete();
    await tell(fleet.awake, fleet);
  }
  await until(() => fleet.modelLog.hasLoaded(number), LOAD_MS_MAX);
  await exchangeMember(fault, fleet);
  await sleep(durationMs);
  // Nobody helps: each process returns by itself.
  if (isBad)
    await until(
      () => !fleet.awake.some((member) => fleet.modelLog.isTrying(member.process, number)),
      RETURN_MS_MAX,
    );
  await end(fault, scene);
  if (pick % 3 === 0) await exchangeMember({ ...fault, pick: pick + 1 }, fleet);
}

/** Every second bad one stays, so that members that start try it again; the next fault of models removes it. */
async function end({ kind, pick }: Fault, { fleet, models }: Scene): Promise<void> {
  if (models === undefined) return;
  const isByCommand = kind !== 'canary-bad' && pick % 2 === 0;
  if (kind === 'canary-bad' && pick % 2 === 0) return;
  if (kind === 'canary-promoted') {
    if (isByCommand) await Promise.all(fleet.awake.map((member) => command('promote', member, fleet)));
    models.canaries.promote();
  } else {
    if (isByCommand) await Promise.all(fleet.awake.map((member) => command('return', member, fleet)));
    models.canaries.withdraw();
  }
  await tell(fleet.awake, fleet);
}

/** Killed or drained: its partitions move, and the newcomer begins the trial. */
async function exchangeMember({ pick }: Fault, fleet: Fleet): Promise<void> {
  const { awake } = fleet;
  const member = awake[pick % Math.max(1, awake.length)];
  fleet.start();
  if (member === undefined) return;
  await (pick % 2 === 0 ? fleet.kill(member) : fleet.terminate(member));
}

/** Where there is no such canary, or the member is about to end, nothing comes of it. */
async function command(what: 'promote' | 'return', { process }: Member, fleet: Fleet): Promise<void> {
  const port = fleet.modelLog.portOf(process);
  if (port === undefined) return;
  const request = { method: 'POST', headers: { authorization: `Bearer ${TOKEN}` } };
  const signal = AbortSignal.timeout(LOAD_MS_MAX);
  const url = `http://127.0.0.1:${port}/api/v1/model/canary/${what}`;
  await fetch(url, { ...request, signal }).then(
    (response) => response.arrayBuffer(),
    () => undefined,
  );
}

async function until(isTrue: () => boolean, msMax: number): Promise<void> {
  const deadline = performance.now() + msMax;
  while (!isTrue() && performance.now() < deadline) await sleep(LOOK_MS);
}
