import { expect, it } from 'vitest';
import { writePrivateFile } from '../../src/shared/private-file.js';
import { describeRefusedWrite, isRefusedWrite, RefusedWrite } from '../../src/shared/refused-write.js';

const withCode = (code: unknown): Error => Object.assign(new Error('as it was said'), { code });

it.each([
  ['EROFS', 'the file system is read-only (EROFS)'],
  ['ENOSPC', 'the disk is full (ENOSPC)'],
  [28, 'the disk is full (ENOSPC)'],
  [13, 'permission denied (EACCES)'],
])('%s is %s', (code, text) => {
  expect(describeRefusedWrite(withCode(code))).toBe(text);
  expect(isRefusedWrite(withCode(code))).toBe(true);
});

it.each(['ENOENT', undefined, 0, -30_792, 4_000])('%s says what it said', (code) => {
  expect(describeRefusedWrite(withCode(code))).toBe('as it was said');
  expect(isRefusedWrite(withCode(code))).toBe(false);
});

it('a private file that is refused names the file, or what may be shown of it', () => {
  // Nobody makes files there.
  const path = '/sys/kernel/a.json';
  const write = (): void => writePrivateFile(path, '{}');
  expect(write).toThrow(RefusedWrite);
  expect(write).toThrow(/^cannot write \/sys\/kernel\/a\.json: .*make its folder writable/);
  expect(new RefusedWrite(path, withCode('EROFS')).textWith('[redacted]')).toMatch(
    /^cannot write \[redacted\]: the file system is read-only \(EROFS\); make its folder writable/,
  );
});
