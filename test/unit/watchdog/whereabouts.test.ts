import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import type { Session } from 'node:inspector';
import { test } from 'node:test';
import { whereIsMainThread } from '../../../src/watchdog/whereabouts.ts';

/** Answers when it is told to; a post to a closed session throws, as that of Node does. */
class SlowSession extends EventEmitter {
  readonly posted: string[] = [];
  #isClosed = false;
  #enabled: (() => void) | undefined;

  connectToMainThread(): void {}

  post(method: string, callback?: () => void): void {
    if (this.#isClosed) throw new Error('Session is not connected');
    this.posted.push(method);
    this.#enabled ??= callback;
  }

  disconnect(): void {
    this.#isClosed = true;
  }

  enable(): void {
    this.#enabled?.();
  }
}

for (const [name, answer, expected] of [
  [
    'a debugger holds the main thread',
    (it: SlowSession) => it.emit('Debugger.paused', { params: {} }),
    undefined,
  ],
  ['the main thread is in native code for too long', () => undefined, []],
] as const) {
  test(`${name}: an answer that comes after the session was closed harms nobody`, async () => {
    const session = new SlowSession();
    const asked = whereIsMainThread(20, session as unknown as Session);
    answer(session);
    const { frames, release } = await asked;
    assert.deepEqual(frames, expected);
    release();
    session.enable();
    assert.deepEqual(session.posted, ['Debugger.enable']);
  });
}
