/** Allowlist patterns, sections of the file, and what security and ask amount to. */
import { describe, expect, it } from 'vitest';
import type { ApprovalsFile } from '../../../src/primary/approvals/approvals-schema.js';
import {
  isListed,
  mayBeAllowedAlways,
  rulesFor,
  verdictOf,
} from '../../../src/primary/approvals/exec-rules.js';
import { matchesPath } from '../../../src/primary/approvals/path-pattern.js';

describe('a pattern', () => {
  it.each([
    ['/usr/bin/ls', '/usr/bin/ls', true],
    ['/usr/bin/ls', '/usr/bin/lsof', false],
    ['/usr/bin/ls', '/usr/bin/ls/x', false],
    ['/usr/bin/*', '/usr/bin/ls', true],
    ['/usr/bin/*', '/usr/bin/x/ls', false],
    ['/usr/**', '/usr/bin/x/ls', true],
    ['/usr/**/ls', '/usr/ls', true],
    ['/usr/**/ls', '/usr/a/b/ls', true],
    ['/usr/**/ls', '/usr/a/b/lsof', false],
    ['/usr/bin/l?', '/usr/bin/ls', true],
    ['/usr/bin/l?', '/usr/bin/l', false],
    ['/usr/bin/*s*f', '/usr/bin/lsof', true],
    ['~/bin/*', '/home/me/bin/tool', true],
    ['~/bin/*', '/home/you/bin/tool', false],
    ['/a.c', '/abc', false],
    ['/**', '/usr/bin/ls', true],
  ])('%s and %s: %s', (pattern, path, expected) => {
    expect(matchesPath(pattern, path, '/home/me')).toBe(expected);
  });

  it('takes no more than length times length', () => {
    const started = performance.now();
    const pattern = `/${'*a'.repeat(500)}b`;
    expect(matchesPath(pattern, `/${'a'.repeat(4_000)}`, '/')).toBe(false);
    expect(performance.now() - started).toBeLessThan(5_000);
  });

  it('without a slash is the name of a program in the search path', () => {
    expect(isListed({ word: 'ls', path: '/usr/bin/ls' }, ['ls'], '/')).toBe(true);
    expect(isListed({ word: './ls', path: '/tmp/ls' }, ['ls'], '/')).toBe(false);
    expect(isListed({ word: 'ls', path: '/usr/bin/ls' }, ['l*'], '/')).toBe(false);
  });
});

describe('rules', () => {
  it('are an allowlist and a question when nothing is said', () => {
    expect(rulesFor('main', { version: 1 })).toEqual({ security: 'allowlist', ask: 'on-miss', patterns: [] });
  });

  it('are those of the agent, then of all agents, then the defaults', () => {
    const file: ApprovalsFile = {
      version: 1,
      defaults: { security: 'deny', ask: 'off' },
      agents: { '*': { ask: 'always', allowlist: [{ pattern: '/a' }] }, main: { security: 'full' } },
    };
    expect(rulesFor('main', file)).toEqual({ security: 'full', ask: 'always', patterns: ['/a'] });
    expect(rulesFor('other', { version: 1, agents: { main: { security: 'full' } } }).security).toBe(
      'allowlist',
    );
    expect(rulesFor('__proto__', { version: 1, agents: {} }).security).toBe('allowlist');
  });

  it.each([
    ['deny', 'off', true, 'refuse'],
    ['deny', 'on-miss', true, 'refuse'],
    ['deny', 'always', true, 'refuse'],
    ['allowlist', 'off', true, 'run'],
    ['allowlist', 'off', false, 'refuse'],
    ['allowlist', 'on-miss', true, 'run'],
    ['allowlist', 'on-miss', false, 'ask'],
    ['allowlist', 'always', true, 'ask'],
    ['allowlist', 'always', false, 'ask'],
    ['full', 'off', false, 'run'],
    ['full', 'on-miss', false, 'run'],
    ['full', 'always', false, 'ask'],
  ] as const)('%s, %s, listed %s: %s', (security, ask, listed, verdict) => {
    expect(verdictOf({ security, ask, patterns: [] }, listed)).toBe(verdict);
  });
});

it.each([
  '/bin/sh',
  '/usr/bin/python3.12',
  '/usr/bin/env',
  '/usr/bin/xargs',
  '/bin/busybox',
  '/usr/bin/find',
])('what runs its arguments is never allowed for good: %s', (path) =>
  expect(mayBeAllowedAlways(path)).toBe(false),
);

it.each(['/usr/bin/ls', '/usr/bin/git', '/usr/bin/shasum', '/usr/bin/environment'])(
  'other programs can be: %s',
  (path) => expect(mayBeAllowedAlways(path)).toBe(true),
);
