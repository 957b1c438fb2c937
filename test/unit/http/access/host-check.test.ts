import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isLoopback } from '../../../../src/http/access/host-check.ts';

test('isLoopback accepts the names and addresses of loopback only', () => {
  for (const host of ['localhost', '127.0.0.1', '127.9.9.9', '::1']) assert.ok(isLoopback(host), host);
  for (const host of ['0.0.0.0', '::', '127.0.0.1.evil.example', '10.0.0.1', 'example.org']) {
    assert.ok(!isLoopback(host), host);
  }
});
