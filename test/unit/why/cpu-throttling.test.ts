import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { throttledPeriods } from '../../../src/why/cpu-throttling.ts';

function throttledWith(files: Record<string, string>) {
  const root = mkdtempSync(join(tmpdir(), 'kubesentiment-cpu-stat-'));
  try {
    for (const [path, content] of Object.entries(files)) {
      mkdirSync(dirname(join(root, path)), { recursive: true });
      writeFileSync(join(root, path), content);
    }
    return throttledPeriods(root);
  } finally {
    rmSync(root, { recursive: true });
  }
}

const stat = (periods: number, throttled: number): string =>
  `usage_usec 12\nnr_periods ${periods}\nnr_throttled ${throttled}\nthrottled_usec 34\n`;

test('without control groups, or without a quota, nothing is known', () => {
  assert.equal(throttledWith({}), undefined);
  assert.equal(throttledWith({ 'sys/fs/cgroup/cpu.stat': 'usage_usec 12\n' }), undefined);
  assert.equal(throttledWith({ 'sys/fs/cgroup/cpu/cpu.stat': stat(0, 0) }), undefined);
});

test('version 2: the group of the process or the one above it that was stopped most', () => {
  const files = {
    'proc/self/cgroup': '0::/a/b\n',
    'sys/fs/cgroup/a/cpu.stat': stat(100, 40),
    'sys/fs/cgroup/a/b/cpu.stat': stat(90, 3),
  };
  assert.deepEqual(throttledWith(files), { periods: 100, throttled: 40 });
});

test('version 1: by its usual mounts, also where a container sees only its own group', () => {
  const groups = '5:memory:/x\n4:cpu,cpuacct:/docker/c1\n3:cpuset:/\n0::/\n';
  assert.deepEqual(
    throttledWith({
      'proc/self/cgroup': groups,
      'sys/fs/cgroup/cpu,cpuacct/docker/c1/cpu.stat': stat(50, 7).replace('throttled_usec', 'throttled_time'),
    }),
    { periods: 50, throttled: 7 },
  );
  assert.deepEqual(
    throttledWith({ 'proc/self/cgroup': '1:cpu:/docker/c1\n', 'sys/fs/cgroup/cpu/cpu.stat': stat(9, 1) }),
    {
      periods: 9,
      throttled: 1,
    },
  );
});
