import { type IncomingHttpHeaders, request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import type { TestContext } from 'node:test';
import { createHttpServer, type HttpServerOptions } from '../../../src/http/server.ts';
import type { HealthReport, ServiceView } from '../../../src/http/service-view.ts';
import { KubesentimentError } from '../../../src/errors.ts';
import { kafkaMetrics } from '../../../src/metrics/kafka-metrics.ts';
import { MetricsRegistry } from '../../../src/metrics/registry.ts';
import { whyReport } from '../../../src/why/report.ts';
import { fakeSource } from '../metrics/fake-source.ts';
import { facts } from '../why/facts.ts';

export interface Response {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  // biome-ignore lint/suspicious/noExplicitAny: the body is what the test is about.
  readonly json: any;
}

export interface Call {
  readonly method?: string;
  readonly headers?: Record<string, string>;
  readonly body?: string | Buffer;
}

export const healthy: HealthReport = { ok: true, checks: [{ name: 'working', ok: true }] };
export const unhealthy: HealthReport = {
  ok: false,
  checks: [{ name: 'broken', ok: false, reason: 'It broke.' }],
};

/** A healthy service whose `predict` returns `positive` for every text. */
export function fakeView(overrides: Partial<ServiceView> = {}): ServiceView {
  const source = fakeSource();
  const registry = new MetricsRegistry(source);
  return {
    ...source,
    limits: { messages: 1_000, bytes: 1_000_000, inferenceThreads: 2, batchRows: 64, batchTokens: 1_024 },
    recentDeadLetters: () => [],
    metricsText: (accept) => registry.text(accept),
    kafkaMetrics: () => kafkaMetrics(source),
    why: () => whyReport(facts(), { capacityPerS: 1_000, desiredReplicas: 0.5 }),
    liveness: () => healthy,
    readiness: () => healthy,
    baseline: () => {
      throw new KubesentimentError('KS_STATE', 'A baseline needs at least 1000 results, there are 0.');
    },
    shadow: () => {
      throw new KubesentimentError('KS_STATE', 'No model is asked beside the one in use.');
    },
    canary: () => {
      throw new KubesentimentError('KS_STATE', 'No other model answers any keys.');
    },
    details: () => ({
      state: 'running',
      instance: { id: 'one', name: 'host', pid: 1 },
      consumerGroup: 'group',
      uptimeSeconds: 12,
      build: source.build,
      configFingerprint: 'abc123',
      load: { throughputTps: 10, processingP99Ms: 20, inflightMessages: 3 },
      partitions: [],
    }),
    predict: async (texts) => texts.map(() => ({ label: 'positive', score: 0.75, truncated: false })),
    ...overrides,
  };
}

/** Starts a server on a free loopback port, which is stopped after the test, and returns a client for it. */
export async function startServer(
  t: TestContext,
  view: ServiceView,
  options: Partial<HttpServerOptions> = {},
): Promise<{ port: number; call: (path: string, call?: Call) => Promise<Response> }> {
  const server = createHttpServer({
    host: '127.0.0.1',
    port: 0,
    requestsPerSecond: 10_000,
    view,
    ...options,
  });
  const { port } = await server.start();
  t.after(() => server.stop());
  return { port, call: (path, call = {}) => send(port, path, call) };
}

function send(port: number, path: string, { method = 'GET', headers, body }: Call): Promise<Response> {
  return new Promise((resolve, reject) => {
    const outgoing = httpRequest(
      { host: '127.0.0.1', port, path, method, headers, agent: false },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () => {
          const text = Buffer.concat(chunks).toString();
          const isJson = response.headers['content-type']?.startsWith('application/json') && text !== '';
          const json = isJson ? JSON.parse(text) : undefined;
          resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text, json });
        });
      },
    );
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}

export function postJson(body: unknown, headers: Record<string, string> = {}): Call {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body: text };
}

/** Sends bytes that no HTTP client would send, and returns everything received until the end. */
export function sendRaw(port: number, bytes: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(bytes));
    let received = '';
    socket.on('data', (chunk) => {
      received += chunk.toString();
    });
    socket.on('end', () => resolve(received));
    socket.on('error', reject);
  });
}
