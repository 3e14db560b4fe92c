/**
 * The file of exec approvals on disk (methods.md §11): read anew whenever it has changed, replaced whole. A file that
 * is not as it should be lets nothing run until somebody has put it right.
 */
import { createHash } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { approvalLimits } from '../../shared/tools/limits.js';
import { writePrivateFile } from '../../shared/private-file.js';
import { describeProblems } from '../../shared/schema.js';
import { errorCode, toError } from '../../shared/to-error.js';
import { approvalsFile, encodeApprovals, type ApprovalsFile } from './approvals-schema.js';

export interface Approvals {
  readonly exists: boolean;
  /** SHA-256 of the file's text; of nothing when there is none, undefined when it cannot be read. */
  readonly hash: string | undefined;
  /** What counts. */
  readonly file: ApprovalsFile;
  /** Why nothing may run. */
  readonly problem: string | undefined;
}

export interface ApprovalsStore {
  readonly path: string;
  read(): Approvals;
  /**
   * @param text as `encodeApprovals` writes it
   * @throws BaseHashError unless the file is as `baseHash` says, and the file system's error
   */
  replace(text: string, baseHash: string | undefined): Approvals;
  /** Lets an agent run a program from now on. @throws Error when the file cannot be written or is not in order */
  allow(agentId: string, path: string): void;
}

/** Somebody else has written the file, or the caller has not looked at it. */
export class BaseHashError extends Error {
  constructor(what: 'required' | 'unavailable' | 'changed') {
    const problem = what === 'changed' ? 'changed since last load' : `base hash ${what}`;
    super(`exec approvals ${problem}; re-run exec.approvals.get and retry`);
    this.name = 'BaseHashError';
  }
}

const nothingSaid: ApprovalsFile = { version: 1 };
const nothingAllowed: ApprovalsFile = { version: 1, defaults: { security: 'deny', ask: 'off' } };

export function createApprovalsStore(path: string): ApprovalsStore {
  let known: { readonly mark: string; readonly approvals: Approvals } | undefined;

  const read = (): Approvals => {
    try {
      const stat = statSync(path, { bigint: true, throwIfNoEntry: false });
      if (!stat) return { exists: false, hash: hashOf(''), file: nothingSaid, problem: undefined };
      const mark = `${stat.ino} ${stat.size} ${stat.mtimeNs} ${stat.ctimeNs}`;
      if (known?.mark !== mark) known = { mark, approvals: load(path, stat.size) };
      return known.approvals;
    } catch (caught) {
      return broken(undefined, `it cannot be read (${errorCode(caught) ?? toError(caught).message})`);
    }
  };
  const write = (text: string): Approvals => {
    writePrivateFile(path, text);
    known = undefined;
    return read();
  };
  return {
    path,
    read,
    replace(text, baseHash) {
      const { exists, hash } = read();
      if (hash === undefined) throw new BaseHashError('unavailable');
      if (exists && baseHash === undefined) throw new BaseHashError('required');
      if (baseHash !== undefined && baseHash !== hash) throw new BaseHashError('changed');
      return write(text);
    },
    allow(agentId, program) {
      const { file, problem } = read();
      if (problem !== undefined) throw new Error(problem);
      const { agents = {} } = file;
      const { allowlist = [], ...rest } = agents[agentId] ?? {};
      if (allowlist.some(({ pattern }) => pattern === program)) return;
      const added = { ...rest, allowlist: [...allowlist, { pattern: program }] };
      const parsed = approvalsFile.parse({ ...file, agents: { ...agents, [agentId]: added } });
      if (!parsed.ok) throw new Error(`exec-approvals.json is full: ${describeProblems(parsed.problems)}`);
      write(encodeApprovals(parsed.value));
    },
  };
}

function load(path: string, size: bigint): Approvals {
  if (size > approvalLimits.fileBytes)
    return broken(undefined, `it has more than ${approvalLimits.fileBytes} bytes`);
  const text = readFileSync(path, 'utf8');
  const hash = hashOf(text);
  try {
    const parsed = approvalsFile.parse(JSON.parse(text));
    if (!parsed.ok) return broken(hash, describeProblems(parsed.problems));
    return { exists: true, hash, file: parsed.value, problem: undefined };
  } catch {
    return broken(hash, 'it is not JSON'); // the parser's own words can hold pieces of the file
  }
}

function broken(hash: string | undefined, why: string): Approvals {
  const problem = `exec-approvals.json is not valid: ${why}`;
  return { exists: true, hash, file: nothingAllowed, problem };
}

function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
