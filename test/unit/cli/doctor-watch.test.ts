import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { test, type TestContext } from 'node:test';
import { whyReport, type WhyReport } from '../../../src/why/report.ts';
import { commandLine, commandWith } from '../../helpers/command.ts';
import { fakeView, startServer } from '../http/fixture.ts';
import { facts } from '../why/facts.ts';

const sizing = { capacityPerS: 1_000, desiredReplicas: 0.5 };
const stopped = whyReport(facts({ stopReason: 'Too many failed.' }), sizing);
const well = whyReport(facts({ consumers: 6 }), sizing);

/** Runs the command until it has printed `lines` lines, then ends it as Ctrl-C does. */
async function watch(t: TestContext, why: () => WhyReport, lines: number, ...args: string[]) {
  const { port } = await startServer(t, fakeView({ why }), { page: false }); // which asks, too
  const url = `http://127.0.0.1:${port}`;
  const more = ['doctor', '--watch', '--url', url, '--interval', '1', ...args];
  const [program, ...rest] = commandLine({}, ...more) as [string, ...string[]];
  const child = spawn(program, rest, { stdio: ['ignore', 'pipe', 'inherit'] });
  let text = '';
  let isEnding = false; // a second signal would end it at once
  const code = new Promise<number | null>((resolve) => child.on('exit', resolve));
  child.stdout.on('data', (chunk) => {
    text += chunk;
    if (text.split('\n').length > lines && !isEnding) isEnding = child.kill('SIGINT');
  });
  return { code: await code, lines: text.trimEnd().split('\n') };
}

test('one sentence for each look, with its remedy; exit code 1 if it was stuck at the end', async (t) => {
  const { code, lines } = await watch(t, () => stopped, 2);
  assert.equal(code, 1);
  assert.match(
    lines[0] ?? '',
    /^\d\d:\d\d:\d\d {2}stuck {2}The consumer has stopped by itself\. Too many failed\.$/,
  );
  assert.match(lines[1] ?? '', /^ +→ "kubesentiment dlq stats --since 15m" shows why they failed\./);
});

test('a service that recovers is asked again; what else is worth knowing follows', async (t) => {
  const reports = [stopped, well];
  const { code, lines } = await watch(t, () => reports.shift() ?? well, 4);
  assert.equal(code, 0);
  assert.match(lines[2] ?? '', /ok {5}Nothing is wrong: 400 messages a second/);
  assert.match(lines[3] ?? '', /^ +2 of 6 consumers of this process have no partition\.$/);
});

test('as JSON one line for each look, with the figures', async (t) => {
  const { code, lines } = await watch(t, () => well, 2, '--json');
  assert.equal(code, 0);
  for (const line of lines.slice(0, 2)) assert.equal(JSON.parse(line).measured.capacity_per_s, 1_000);
});

test('without a service it says where it looked, and how to name another', async () => {
  const { code, stderr } = await commandWith({})('doctor', '--watch', '--url', 'http://127.0.0.1:9');
  assert.equal(code, 1);
  assert.match(stderr, /No service answers at http:\/\/127\.0\.0\.1:9.*--url/s);
});
