/** apply_patch: what patches say, and that all of one is done or nothing. */
import { chmodSync, readFileSync, statSync } from 'node:fs';
import fc from 'fast-check';
import { beforeEach, describe, expect, test } from 'vitest';
import { applyHunks } from '../../../src/workers/threads/tools/patch/apply-hunks.js';
import { parsePatch } from '../../../src/workers/threads/tools/patch/parse.js';
import { seed } from '../../support/fuzz/settings.js';
import { testWorkspace, type TestWorkspace } from './support/call.js';

let workspace: TestWorkspace;
beforeEach(() => {
  workspace = testWorkspace();
});

const patch = (...lines: string[]): { input: string } => ({
  input: ['*** Begin Patch', ...lines, '*** End Patch', ''].join('\n'),
});
const apply = (...lines: string[]): Promise<string> => workspace.text('apply_patch', patch(...lines));
const refusal = (...lines: string[]): Promise<string> => workspace.refusal('apply_patch', patch(...lines));

describe('a patch', () => {
  test('adds, changes, moves and removes files', async () => {
    workspace.put('changed.txt', 'one\ntwo\nthree\n');
    workspace.put('moved.txt', 'a\nb\n');
    workspace.put('renamed.txt', 'same\n');
    workspace.put('removed.txt', 'gone\n');
    const told = await apply(
      '*** Add File: new/added.txt',
      '+first',
      '+',
      '+third',
      '*** Update File: changed.txt',
      '@@',
      ' one',
      '-two',
      '+2',
      ' three',
      '*** Update File: moved.txt',
      '*** Move to: there/moved.txt',
      '@@',
      '-a',
      '+A',
      '*** Update File: renamed.txt',
      '*** Move to: name.txt',
      '*** Delete File: removed.txt',
    );
    expect(told).toBe(
      'Done:\nA new/added.txt\nM changed.txt\nM moved.txt -> there/moved.txt\nM renamed.txt -> name.txt\nD removed.txt',
    );
    expect(workspace.files()).toEqual(['changed.txt', 'name.txt', 'new/added.txt', 'there/moved.txt']);
    expect(workspace.file('new/added.txt')).toBe('first\n\nthird\n');
    expect(workspace.file('changed.txt')).toBe('one\n2\nthree\n');
    expect(workspace.file('there/moved.txt')).toBe('A\nb\n');
    expect(workspace.file('name.txt')).toBe('same\n');
  });

  test('finds its hunks one below the other, and by the lines above them', async () => {
    workspace.put('a.py', 'class A:\n  def f():\n    x\nclass B:\n  def f():\n    x\n    y\n    x\n');
    await apply(
      '*** Update File: a.py',
      '@@ class B:',
      '@@   def f():',
      '-    x',
      '+    1',
      '@@',
      '-    x',
      '+    2',
    );
    expect(workspace.file('a.py')).toBe(
      'class A:\n  def f():\n    x\nclass B:\n  def f():\n    1\n    y\n    2\n',
    );
  });

  test('finds a hunk at the end of the file', async () => {
    workspace.put('a', 'x\ny\nx');
    await apply('*** Update File: a', '@@', '-x', '+z', '*** End of File');
    expect(workspace.file('a')).toBe('x\ny\nz');
  });

  test('puts what is only added below its anchor, or at the end', async () => {
    workspace.put('a', 'one\ntwo\n');
    await apply('*** Update File: a', '@@ one', '+1.5', '@@', '+three');
    expect(workspace.file('a')).toBe('one\n1.5\ntwo\nthree\n');
  });

  test('changes one file several times', async () => {
    workspace.put('a', 'x\n');
    await apply(
      '*** Update File: a',
      '@@',
      '-x',
      '+y',
      '*** Update File: ./a',
      '@@',
      '-y',
      '+z',
      '*** Delete File: a',
      '*** Add File: a',
      '+again',
    );
    expect(workspace.file('a')).toBe('again\n');
  });

  test('keeps modes, line ends and what its context only nearly says', async () => {
    workspace.put('run.sh', 'echo  one\t\r\necho two\r\nend\r\n');
    chmodSync(workspace.path('run.sh'), 0o750);
    await apply('*** Update File: run.sh', '@@', ' echo  one', '-  echo two', '+echo 2', ' end');
    expect(workspace.file('run.sh')).toBe('echo  one\t\r\necho 2\r\nend\r\n');
    expect(statSync(workspace.path('run.sh')).mode & 0o777).toBe(0o750);
  });

  test('moves and removes files that are no text', async () => {
    workspace.put('a.bin', Buffer.from([0xff, 0, 0xff]));
    workspace.put('b.bin', Buffer.from([0xff, 0, 0xff]));
    await apply('*** Update File: a.bin', '*** Move to: c.bin', '*** Delete File: b.bin');
    expect(workspace.files()).toEqual(['c.bin']);
    expect(readFileSync(workspace.path('c.bin'))).toEqual(Buffer.from([0xff, 0, 0xff]));
  });

  test('may be wrapped as models do', async () => {
    workspace.put('a', 'x\n\ny\n');
    const { input } = patch(
      '*** Update File: a',
      '--- a/a',
      '+++ b/a',
      '@@ -1,3 +1,3 @@ function of before',
      ' x',
      '',
      '-y',
      '+z',
      '\\ No newline at end of file',
      '',
      '',
    );
    await workspace.call('apply_patch', { input: `apply_patch <<'EOF'\n${input}EOF\n` });
    expect(workspace.file('a')).toBe('x\n\nz\n');
    const windows = patch('*** Update File: a', '@@', '-x', '+X').input.replaceAll('\n', '\r\n');
    await workspace.call('apply_patch', { input: `\`\`\`\r\n${windows}\`\`\`` });
    expect(workspace.file('a')).toBe('X\n\nz\n');
  });

  test('may be about patches', async () => {
    workspace.put('doc.md', '*** Begin Patch\n*** Add File: a\n*** End Patch\n');
    await apply(
      '*** Update File: doc.md',
      '@@',
      ' *** Begin Patch',
      '-*** Add File: a',
      '+*** Add File: b',
      ' *** End Patch',
    );
    expect(workspace.file('doc.md')).toBe('*** Begin Patch\n*** Add File: b\n*** End Patch\n');
  });
});

describe('a patch that does not fit', () => {
  const change = ['*** Update File: a', '@@', '-x', '+y'];

  /** In front of it stands one that does. */
  async function untouched(...lines: string[]): Promise<string> {
    workspace.put('a', 'x\n');
    workspace.put('b', 'b\n');
    const said = await refusal('*** Add File: new/file', '+x', ...change, ...lines);
    expect(workspace.files()).toEqual(['a', 'b']);
    expect(workspace.file('a')).toBe('x\n');
    return said;
  }

  test.each([
    [['*** Update File: b', '@@', '-c', '+d'], 'hunk 1 of b: its lines are not there:\nc'],
    [['*** Update File: b', '@@ c', '-b', '+d'], "hunk 1 of b: no line 'c' below the hunk before"],
    [['*** Update File: none', '@@', '-c', '+d'], 'none does not exist'],
    [['*** Delete File: none'], 'none does not exist'],
    [['*** Delete File: .'], '. is a folder'],
    [['*** Add File: b', '+b'], 'b exists already: use *** Update File'],
    [['*** Update File: b', '*** Move to: a'], 'a exists already'],
    [['*** Update File: b', '*** Move to: ../b'], '../b is outside of the workspace'],
    [['*** Add File: a/b', '+b'], 'a/b: a part of it is not a folder'],
    // Only found out when others have their names already.
    [['*** Add File: c', '+b', '*** Add File: c/d', '+b'], 'c is a folder'],
  ])('changes nothing: %j', async (lines, problem) => {
    expect(await untouched(...lines)).toBe(problem);
  });

  test('leaves files alone that are no text', async () => {
    workspace.put('latin1', Buffer.from([0x63, 0xe9, 0x0a]));
    expect(await refusal('*** Update File: latin1', '@@', '-c', '+d')).toBe('latin1 is not UTF-8 text');
  });

  test.each([
    ['', 'invalid arguments for apply_patch: at /input: must not be empty'],
    ['x', 'the patch does not begin with *** Begin Patch'],
    ['*** Begin Patch\n*** Add File: a\n+x', 'the patch does not end with *** End Patch'],
    ['*** End Patch\n*** Begin Patch', 'the patch does not end with *** End Patch'],
    ['*** Begin Patch\n\n*** End Patch', 'the patch changes nothing'],
    [
      '*** Begin Patch\nx\n*** End Patch',
      'line 2 of the patch: expected *** Add File, *** Update File or *** Delete File',
    ],
    ['*** Begin Patch\n*** Add File: \n+x\n*** End Patch', 'line 2 of the patch: *** Add File names no file'],
    [
      '*** Begin Patch\n*** Add File: a\nx\n*** End Patch',
      'line 3 of the patch: lines of an added file begin with +',
    ],
    ['*** Begin Patch\n*** Update File: a\n*** End Patch', 'line 3 of the patch: nothing is changed in a'],
    [
      '*** Begin Patch\n*** Update File: a\n@@\n x\n*** End Patch',
      'line 5 of the patch: a hunk changes nothing',
    ],
    [
      '*** Begin Patch\n*** Update File: a\n@@\n-x\ny\n*** End Patch',
      'line 6 of the patch: lines of a hunk begin with a space, - or +',
    ],
  ])('is told where: %j', async (input, problem) => {
    workspace.put('a', 'x\n');
    expect(await workspace.refusal('apply_patch', { input })).toBe(problem);
    expect(workspace.file('a')).toBe('x\n');
  });

  test('has a limit in files', async () => {
    const lines = Array.from({ length: 201 }, (_, n) => [`*** Add File: f${n}`, '+x']).flat();
    expect(await refusal(...lines)).toBe('the patch changes more than 200 files');
    expect(workspace.files()).toEqual([]);
  });
});

/** The patch from one text to the other, as a model would write it. */
function patchBetween(before: readonly string[], after: readonly string[]): string {
  const lines = [...before.map((line) => `-${line}`), ...after.map((line) => `+${line}`)];
  return `*** Begin Patch\n*** Update File: a\n@@\n${lines.join('\n')}\n*** End Patch`;
}

const line = fc.constantFrom('a', 'b', ' a', 'a ', '', '+', '-', '@@ x', '*** End Patch', '*** Add File: b');

test('a patch that replaces everything gives what it says', () => {
  fc.assert(
    fc.property(fc.array(line, { minLength: 1 }), fc.array(line, { minLength: 1 }), (before, after) => {
      const [change] = parsePatch(patchBetween(before, after));
      if (change?.type !== 'update') throw new Error('no update');
      expect(applyHunks(`${before.join('\n')}\n`, change.hunks, 'a')).toBe(`${after.join('\n')}\n`);
    }),
    { seed },
  );
});
