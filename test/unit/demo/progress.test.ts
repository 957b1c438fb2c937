import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createProgress } from '../../../src/demo/progress.ts';

interface Fake {
  written: string[];
  timeMs: number;
  stream: { write(text: string): void; isTTY?: boolean; columns?: number };
  now(): number;
}

function fake(terminal: { isTTY?: boolean; columns?: number } = {}): Fake {
  const written: string[] = [];
  return {
    written,
    timeMs: 1_000,
    stream: { ...terminal, write: (text) => void written.push(text) },
    now() {
      return this.timeMs;
    },
  };
}

test('without a terminal: one plain line every five seconds and a last one', () => {
  const out = fake();
  const progress = createProgress({ total: 50_000, stream: out.stream, now: () => out.timeMs });
  for (let i = 1; i <= 120; i++) {
    out.timeMs += 100;
    progress.update({ done: i * 300, lag: 50_000 - i * 300 });
  }
  progress.finish();
  progress.update({ done: 1 });
  progress.finish();
  assert.deepEqual(out.written, [
    '15,000 of 50,000 (30 %), 3,000 messages/s, lag 35,000\n',
    '30,000 of 50,000 (60 %), 3,000 messages/s, lag 20,000\n',
    '36,000 of 50,000 (72 %), 3,000 messages/s, lag 14,000\n',
  ]);
});

test('on a terminal: a bar redrawn in place, at most ten times a second, never wider than the screen', () => {
  const out = fake({ isTTY: true, columns: 40 });
  const progress = createProgress({ total: 1_000, stream: out.stream, now: () => out.timeMs });
  for (let i = 1; i <= 100; i++) {
    out.timeMs += 10;
    progress.update({ done: i * 5 });
  }
  progress.finish();
  assert.equal(out.written.length, 10 + 2);
  assert.equal(out.written.at(-2), `\r\u001b[K${'█'.repeat(12)}${'░'.repeat(12)} 500 of 1,000 (`);
  assert.equal(out.written.at(-1), '\n');
});

test('the rate is that of the last seconds, so that a stall shows', () => {
  const out = fake();
  const progress = createProgress({ stream: out.stream, now: () => out.timeMs });
  for (let i = 1; i <= 400; i++) {
    out.timeMs += 50;
    progress.update({ done: Math.min(i, 200) * 100 });
  }
  assert.equal(out.written.at(0), '10,000, 2,000 messages/s\n');
  assert.equal(out.written.at(-1), '20,000, 0 messages/s\n');
});

test('nothing is written when nothing was reported', () => {
  const out = fake({ isTTY: true });
  createProgress({ stream: out.stream }).finish();
  assert.deepEqual(out.written, []);
});
