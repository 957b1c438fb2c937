/** The demo with any configuration: what it sends is what that configuration reads. */
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { loadConfig } from '../../../src/config/load.ts';
import type { Config } from '../../../src/config/schema.ts';
import { forTopic } from '../../../src/config/topic-requests.ts';
import { Random } from '../../../src/corpus/random.ts';
import { Decoder } from '../../../src/decode/decoder.ts';
import { RequestReader } from '../../../src/decode/request-reader.ts';
import { DemoRegistry } from '../../../src/demo/demo-registry.ts';
import { demoTopics } from '../../../src/demo/shaped-requests.ts';
import { fetchSchemas } from '../../../src/registry/fetch-schemas.ts';
import { root } from '../../helpers/paths.ts';

const folder = join(root, 'configs/examples');
const TEXT = 'A warm "film"';

async function readAll(loaded: Config) {
  const registry = await DemoRegistry.start();
  const config = { ...loaded, schema_registry: { url: registry.url } } as Config;
  const found = [];
  for (const { topic, write } of demoTopics(config, registry)) {
    const { value, key } = write(7, TEXT, new Random(1));
    const message = {
      topic,
      partition: 0,
      offset: 0,
      key: Buffer.from(key),
      value,
      size: value.length,
      headers: [],
    };
    const own = forTopic(config, topic);
    const reader = new RequestReader(own);
    await fetchSchemas(own, reader, [message]);
    found.push({ topic, key, ...reader.read(message) });
  }
  await registry.stop();
  return found;
}

test('every example reads what the demo writes for it', async () => {
  for (const file of readdirSync(folder)) {
    const { config } = loadConfig({ file: join(folder, file) });
    for (const { topic, key, status, text, id, included } of await readAll(config)) {
      assert.equal(status, 0, `${file} ${topic}: ${Decoder.describe(status).message}`);
      assert.equal(text, TEXT, file);
      const { request, result } = forTopic(config, topic);
      const expected = request.id === '$key' ? JSON.stringify(key) : request.id === '' ? '' : '"r00000007"';
      assert.equal(id, expected, file);
      for (const name of Object.keys(result.include))
        assert.match(String(included), new RegExp(`"${name}":`));
    }
  }
});

test('lists, escapes, the whole content, and a pattern for the topic', async () => {
  for (const request of [
    { text: '/a/0/b~1c', id: '/a/0/d', timestamp: '', priority: '/p' },
    { text: '', id: '$key', timestamp: '', priority: '', envelope: 'connect' as const },
    { text: '/a/b/c', format: 'avro' as const },
    { text: '/a/b', id: '/a/id', format: 'protobuf' as const },
    { text: '/x', format: 'json_schema' as const },
  ]) {
    const { config } = loadConfig({
      settings: {
        request,
        kafka: { topic: ['^chats-.*\\.v1'], auto_offset_reset: 'earliest' },
        ...('format' in request && { schema_registry: { url: 'http://localhost' } }),
      },
    });
    const [read] = await readAll(config);
    assert.deepEqual([read?.status, read?.text, read?.topic], [0, TEXT, 'chats-demo.v1'], request.text);
  }
});
