import assert from 'node:assert/strict';
import type { LookupAddress } from 'node:dns';
import { test } from 'node:test';
import { PeerNames } from '../../../../src/http/peers/peer-names.ts';
import { gate } from '../../../helpers/gate.ts';

const four = (address: string): LookupAddress => ({ address, family: 4 });
const six = (address: string): LookupAddress => ({ address, family: 6 });

/** A name server that the test changes, and a clock. */
function create(records: Record<string, LookupAddress[] | string>) {
  const asked: string[] = [];
  const clock = { ms: 0 };
  const lookup = async (name: string): Promise<LookupAddress[]> => {
    asked.push(name);
    const found = records[name] ?? 'ENOTFOUND';
    if (typeof found === 'string') throw Object.assign(new Error(found), { code: found });
    return found;
  };
  return { names: new PeerNames(lookup, () => clock.ms), asked, clock, records };
}

test('a name with several addresses is a process at each, with a link of its own', async () => {
  const { names } = create({ pods: [four('10.0.0.10'), four('10.0.0.9')], one: [four('10.0.0.7')] });
  const bases = ['http://pods:8000', 'https://one/ks', 'http://127.0.0.1:8001', 'http://[::1]:8002'];
  await names.renew(bases);
  assert.deepEqual(names.targets(bases), [
    { base: bases[0], url: 'http://10.0.0.9:8000/', address: four('10.0.0.9') },
    { base: bases[0], url: 'http://10.0.0.10:8000/', address: four('10.0.0.10') },
    { base: bases[1], url: bases[1], address: four('10.0.0.7') },
    { base: bases[2], url: bases[2] },
    { base: bases[3], url: bases[3] },
  ]);
});

test('a process with addresses of both families is one', async () => {
  const { names } = create({
    both: [six('fd00::7'), four('10.0.0.7')],
    new: [six('fd00::7'), six('fd00::8')],
  });
  const bases = ['http://both:8000', 'http://new:8000'];
  await names.renew(bases);
  assert.deepEqual(
    names.targets(bases).map(({ url, address }) => [url, address?.address]),
    [
      ['http://both:8000', '10.0.0.7'],
      ['http://[fd00::7]:8000/', 'fd00::7'],
      ['http://[fd00::8]:8000/', 'fd00::8'],
    ],
  );
});

test('addresses are asked for once in ten seconds, and for each name once', async () => {
  const { names, asked, clock, records } = create({ pods: [four('10.0.0.1')] });
  const bases = ['http://pods:8000', 'http://pods:8001', 'http://127.0.0.1:1'];
  await names.renew(bases);
  clock.ms = 9_999;
  await names.renew(bases);
  assert.deepEqual(asked, ['pods']);
  records['pods'] = [four('10.0.0.2')];
  clock.ms = 10_000;
  await names.renew(bases);
  assert.deepEqual(asked, ['pods', 'pods']);
  await new Promise(setImmediate); // nobody waits for a name that is known
  assert.equal(names.targets(bases)[0]?.address?.address, '10.0.0.2');
});

test('a name that is gone leads nowhere; one that nobody can look up leads where it did', async () => {
  const { names, clock, records } = create({ pods: [four('10.0.0.1')] });
  const bases = ['http://pods:8000'];
  await names.renew(bases);
  const after = async (answer: string) => {
    records['pods'] = answer;
    clock.ms += 10_000;
    await names.renew(bases);
    await new Promise(setImmediate);
    return names.targets(bases);
  };
  assert.deepEqual(await after('EAI_AGAIN'), [{ base: bases[0], url: bases[0], address: four('10.0.0.1') }]);
  assert.deepEqual(await after('ENOTFOUND'), [
    { base: bases[0], url: bases[0], trouble: 'Its name is not known (ENOTFOUND).' },
  ]);
});

test('a name server that does not answer is asked once, for two names at a time', async () => {
  const answer = gate();
  const asked: string[] = [];
  const clock = { ms: 0 };
  const lookup = async (name: string) => {
    asked.push(name);
    await answer.promise;
    return [four('10.0.0.1')];
  };
  const names = new PeerNames(lookup, () => clock.ms);
  const bases = ['http://a:1', 'http://b:1', 'http://c:1'];
  const looking = names.renew(bases);
  assert.deepEqual(names.targets(bases)[0], { base: 'http://a:1', url: 'http://a:1', trouble: null });
  clock.ms = 60_000;
  void names.renew(bases);
  assert.equal(names.targets(bases)[0]?.trouble, 'The name server does not answer.');
  assert.deepEqual(asked, ['a', 'b']);
  answer.resolve();
  await looking;
  assert.deepEqual(asked, ['a', 'b', 'c']);
  assert.equal(names.targets(bases)[0]?.trouble, undefined);
});

test('names that nobody wants to know any more are not looked up, nor any after the end', async () => {
  const asked: string[] = [];
  const { promise, resolve } = gate<LookupAddress[]>();
  const names = new PeerNames(
    (name) => {
      asked.push(name);
      return promise;
    },
    () => 0,
  );
  const first = names.renew(['a', 'b', 'c', 'd'].map((name) => `http://${name}:1`));
  const second = names.renew(['http://d:1', 'http://e:1']);
  names.close();
  resolve([four('10.0.0.1')]);
  await Promise.all([first, second]);
  assert.deepEqual(asked, ['a', 'b']);

  asked.length = 0;
  await Promise.all([names.renew(['http://f:1', 'http://g:1', 'http://h:1']), names.renew(['http://i:1'])]);
  assert.deepEqual(asked, ['f', 'g', 'i']);
});
