import assert from 'node:assert/strict';
import { test } from 'node:test';
import { judgeMessages } from '../../../src/diagnose/doctor-messages.ts';
import type { Tried } from '../../../src/diagnose/try-messages.ts';

const place = { partition: 0, offset: 0 };
const fine: Tried = { ...place, outcome: 'text' };
const letter = (reason: string): Tried => ({ ...place, outcome: 'deadLetter', reason });

test('messages that can be read are fine, and so is a topic without any', () => {
  const topics = new Map([
    ['a', [fine, { ...place, outcome: 'passedOver' as const }]],
    ['b', []],
  ]);
  const { status, detail } = judgeMessages(topics, 3);
  assert.equal(status, 'ok');
  assert.equal(detail, 'a: the last 2 can be read. b has no messages. 3 more topics were not looked at.');
});

test('each reason for dead letters is told once, with the command that tries a setting', () => {
  const bad = [letter('No JSON.'), fine, letter('No JSON.'), letter('No `text`.')];
  const { status, detail, remedy } = judgeMessages(
    new Map([
      ['a', [fine]],
      ['b', bad],
    ]),
  );
  assert.equal(status, 'warn');
  assert.match(detail, /b: of the last 4, 3 would become dead letters\. No JSON\. No `text`\.$/);
  assert.match(remedy ?? '', /kubesentiment try --topic b/);
});
