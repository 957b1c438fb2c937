import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createLogger } from '../../../src/log.ts';
import { exportReport } from '../../../src/service/export-report.ts';

function scene() {
  const lines: string[] = [];
  const logger = createLogger({
    ...{ level: 'info', format: 'json' },
    destination: { write: (line: string) => void lines.push(line) },
  });
  let nowMs = 0;
  const report = exportReport('http://user:secret@collector:4318/v1/traces?key=secret', logger, () => nowMs);
  const said = () =>
    lines.splice(0).map((line) => {
      assert.doesNotMatch(line, /secret/);
      const { event, lost, dropped, endpoint } = JSON.parse(line);
      assert.equal(endpoint, 'http://collector:4318/v1/traces');
      return [event, lost ?? dropped];
    });
  const drop = (times: number): void => {
    for (let i = 0; i < times; i++) report.onDropped();
  };
  const wait = (ms: number): void => {
    nowMs += ms;
  };
  return { ...report, said, drop, wait };
}

test('spans that a slow collector leaves no room for are said once a minute, and at the end', () => {
  const { onExport, drop, wait, said, close } = scene();
  onExport(64, undefined);
  assert.deepEqual(said(), []);
  drop(3);
  onExport(64, undefined);
  assert.deepEqual(said(), [['spans_dropped', 3]]);
  drop(2);
  wait(59_000);
  onExport(64, undefined);
  assert.deepEqual(said(), []);
  drop(1);
  wait(1_000);
  onExport(64, undefined);
  assert.deepEqual(said(), [['spans_dropped', 3]]);
  drop(4);
  close();
  close();
  assert.deepEqual(said(), [['spans_dropped', 4]]);
});

test('while exports fail, they are among those that are lost', () => {
  const { onExport, drop, said, close } = scene();
  drop(1);
  onExport(64, new Error('refused'));
  drop(10);
  onExport(64, new Error('refused'));
  drop(100);
  assert.deepEqual(said(), [['spans_export_failed', undefined]]);
  onExport(64, undefined);
  assert.deepEqual(said(), [['spans_export_back', 239]]);
  onExport(64, undefined);
  close();
  assert.deepEqual(said(), []);
});
