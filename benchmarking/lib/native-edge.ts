import { Decoder } from '../../src/decode/decoder.ts';
import { SlotTable } from '../../src/slots.ts';
import type { JsTokenizer } from './native-peers.ts';

const REQUEST_BYTES = 200;
const BATCH = 1_000;
const MAX_TOKENS = 512;

/** Requests of about 200 bytes, larger where the text is. */
export function requestsOf(texts: readonly string[]): Buffer[] {
  return texts.map((text, i) => {
    const request = { id: `req-${i}`, text, timestamp: 1_790_000_000_123, metadata: { source: '' } };
    const bytes = Buffer.byteLength(JSON.stringify(request));
    request.metadata.source = 'x'.repeat(Math.max(0, REQUEST_BYTES - bytes));
    return Buffer.from(JSON.stringify(request));
  });
}

/** Messages a second from Buffers to rows of token ids through the addon. */
export function measureAddon(tokenizerPath: string, requests: readonly Buffer[]): number {
  const table = new SlotTable(BATCH);
  const decoder = new Decoder({
    tokenizerPath,
    table,
    maxTokens: MAX_TOKENS,
    maxMessageBytes: 1 << 20,
    maxDepth: 64,
    labels: ['NEGATIVE', 'POSITIVE'],
    modelName: 'model',
    modelVersion: '1',
  });
  const slots = Int32Array.from({ length: BATCH }, (_, i) => i);
  const batches = Array.from({ length: Math.floor(requests.length / BATCH) }, (_, i) =>
    requests.slice(i * BATCH, (i + 1) * BATCH),
  );
  const pass = () => batches.reduce((sum, batch) => sum + decoder.decode(batch, slots, BATCH), 0);
  pass();
  let decoded = 0;
  const seconds = cpuSeconds(() => {
    for (let i = 0; i < 5; i++) decoded += pass();
  });
  decoder.close();
  return decoded / seconds;
}

/** The same in JavaScript: JSON.parse, a tokenizer, and the ids written into a row. */
export function measureJs(tokenizer: JsTokenizer, requests: readonly Buffer[]): number {
  const row = new Int32Array(MAX_TOKENS);
  const pass = (some: readonly Buffer[]) => {
    for (const request of some) {
      const { ids } = tokenizer.encode((JSON.parse(request.toString()) as { text: string }).text);
      row.set(ids.slice(0, MAX_TOKENS));
    }
  };
  pass(requests.slice(0, 500));
  return requests.length / cpuSeconds(() => pass(requests));
}

/** Processor time of this thread's work and of what collects its garbage. */
export function cpuSeconds(run: () => void): number {
  const before = process.cpuUsage();
  run();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6;
}
