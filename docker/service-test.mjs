/**
 * `node docker/service-test.mjs ADDRESS TOKEN_FILE`, the pod of `helm test`: the service at ADDRESS is ready, answers
 * nobody without the token, and tells its figures with it. Exit code 0: all of it.
 */
import { readFileSync } from 'node:fs';

const [address, tokenFile] = process.argv.slice(2);
const figures = '/api/v1/monitoring/kafka-metrics';
const authorization = `Bearer ${readFileSync(tokenFile, 'utf8').trim()}`;

await expect('/readyz', 200);
await expect(figures, 401);
const { running } = JSON.parse(await expect(figures, 200, { authorization }));
console.log(`running: ${running}`);
if (running !== true) process.exitCode = 1;

async function expect(path, status, headers = {}) {
  const answer = await fetch(`${address}${path}`, { headers, signal: AbortSignal.timeout(10_000) });
  console.log(`${path}: ${answer.status}`);
  if (answer.status === status) return answer.text();
  console.error(`${path} should have answered ${status}: ${await answer.text()}`);
  process.exit(1);
}
