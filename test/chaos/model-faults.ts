/** Faults of models: another one comes, complete or not, at whatever a member is doing. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Fleet } from './fleet.ts';
import type { Member } from './member.ts';
import type { Fault } from './plan.ts';
import type { Scene } from './scene.ts';
import { stages } from './weights.ts';

/** How long a fault waits for what comes of a reload. Without waiting, the next version would come before the end. */
const OUTCOME_MS_MAX = 20_000;
const LOOK_MS = 100;

/** The next version is in its place, and some are told. */
export async function exchangeModel({ pick }: Fault, { fleet, models }: Scene): Promise<void> {
  models?.exchange();
  const member = fleet.awake[pick % Math.max(1, fleet.awake.length)];
  switch (pick % 4) {
    case 0: // all at once, with whatever else is going on
      return tell(fleet.awake, fleet);
    case 1: // only one: the others go on with the version that they have, or find out by themselves
      return tell(member === undefined ? [] : [member], fleet);
    case 2: // in the middle of a rebalance
      hangUp(fleet.awake);
      return join(fleet, member);
    default: // one that drains and ends
      if (member === undefined) return;
      hangUp([member]);
      return join(fleet, member);
  }
}

/** A file of the next version is half there. It is told, refused, completed, told again. */
export async function exchangeHalf({ pick, durationMs }: Fault, { fleet, models }: Scene): Promise<void> {
  const complete = models?.exchangeHalf(stages[pick % stages.length] ?? 'first');
  hangUp(fleet.awake);
  await sleep(durationMs);
  complete?.();
  await tell(fleet.awake, fleet);
}

/** They are told, and have done what comes of it, or ended, or time is up. */
export async function tell(members: readonly Member[], fleet: Fleet): Promise<void> {
  const { modelLog } = fleet;
  const told = members
    .filter(({ hasJoined, process }) => hasJoined && modelLog.hasModel(process))
    .map((member) => ({ member, before: modelLog.outcomesOf(member.process) }));
  hangUp(members);
  const isBusy = (): boolean =>
    told.some(({ member, before }) => member.running && modelLog.outcomesOf(member.process) === before);
  const deadline = performance.now() + OUTCOME_MS_MAX;
  while (isBusy() && performance.now() < deadline) await sleep(LOOK_MS);
}

/** A newcomer in the place of a member. */
async function join(fleet: Fleet, member: Member | undefined): Promise<void> {
  fleet.start();
  if (member !== undefined) await fleet.terminate(member);
}

/** One that is still starting may have read the directory before, and hears of it when it has started. */
function hangUp(members: readonly Member[]): void {
  for (const member of members) member.hangUp();
}
