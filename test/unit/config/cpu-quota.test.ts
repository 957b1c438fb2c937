import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { cpuQuota } from '../../../src/config/cpu-quota.ts';

function quotaWith(files: Record<string, string>): number {
  const root = mkdtempSync(join(tmpdir(), 'kubesentiment-cgroup-'));
  try {
    for (const [path, content] of Object.entries(files)) {
      mkdirSync(dirname(join(root, path)), { recursive: true });
      writeFileSync(join(root, path), content);
    }
    return cpuQuota(root);
  } finally {
    rmSync(root, { recursive: true });
  }
}

const all = availableParallelism();

test('without control groups, or without a quota, it is what the machine offers', () => {
  assert.equal(quotaWith({}), all);
  assert.equal(quotaWith({ 'sys/fs/cgroup/cpu.max': 'max 100000\n' }), all);
  assert.equal(quotaWith({ 'sys/fs/cgroup/cpu.max': 'nonsense' }), all);
});

test('a quota counts in whole CPUs, at least one, never more than there are', () => {
  assert.equal(quotaWith({ 'sys/fs/cgroup/cpu.max': '50000 100000\n' }), 1);
  assert.equal(quotaWith({ 'sys/fs/cgroup/cpu.max': '190000 100000\n' }), 1);
  assert.equal(quotaWith({ 'sys/fs/cgroup/cpu.max': `${all * 100000} 100000\n` }), all);
  assert.equal(quotaWith({ 'sys/fs/cgroup/cpu.max': '99900000 100000\n' }), all);
});

test('the tightest group above the process decides', () => {
  const files = {
    'proc/self/cgroup': '0::/a/b\n',
    'sys/fs/cgroup/a/cpu.max': '100000 100000\n',
    'sys/fs/cgroup/a/b/cpu.max': 'max 100000\n',
  };
  assert.equal(quotaWith(files), 1);
});

test('version 1 of control groups has the quota in other files', () => {
  const cpu = 'sys/fs/cgroup/cpu,cpuacct';
  const files = {
    'proc/self/cgroup': '5:memory:/m\n4:cpu,cpuacct:/a/b\n1:name=systemd:/s\n',
    [`${cpu}/a/cpu.cfs_quota_us`]: '150000\n',
    [`${cpu}/a/cpu.cfs_period_us`]: '100000\n',
    [`${cpu}/a/b/cpu.cfs_quota_us`]: '-1\n',
    [`${cpu}/a/b/cpu.cfs_period_us`]: '100000\n',
  };
  assert.equal(quotaWith(files), 1);
  assert.equal(quotaWith({ ...files, [`${cpu}/a/cpu.cfs_quota_us`]: '-1\n' }), all);
  // A container sees its own group at the mount, whatever its path is outside.
  const inside = {
    'proc/self/cgroup': '4:cpu,cpuacct:/docker/4711\n',
    'sys/fs/cgroup/cpu/cpu.cfs_quota_us': '50000',
    'sys/fs/cgroup/cpu/cpu.cfs_period_us': '100000',
  };
  assert.equal(quotaWith(inside), 1);
});
