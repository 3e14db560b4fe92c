/** What an audit finds (secrets.md §10.1). No value is ever part of it. */

export type FindingCode = 'PLAINTEXT_FOUND' | 'REF_UNRESOLVED' | 'REF_SHADOWED' | 'LEGACY_RESIDUE';

export interface Finding {
  readonly code: FindingCode;
  readonly severity: 'warn' | 'error';
  readonly file: string;
  readonly jsonPath: string;
  readonly message: string;
  readonly provider?: string;
  readonly profileId?: string;
}

export interface AuditReport {
  readonly version: 1;
  readonly status: 'clean' | 'findings' | 'unresolved';
  readonly resolution: {
    readonly refsChecked: number;
    readonly skippedExecRefs: number;
    readonly resolvabilityComplete: boolean;
  };
  readonly filesScanned: readonly string[];
  readonly summary: {
    readonly plaintextCount: number;
    readonly unresolvedRefCount: number;
    readonly shadowedRefCount: number;
    readonly legacyResidueCount: number;
  };
  readonly findings: readonly Finding[];
}

/** A name of a header or variable whose value is a credential. */
export function namesCredential(name: string): boolean {
  return /authorization|api[-_]?key|token|secret|password|credential/i.test(name);
}

export function plaintext(file: string, jsonPath: string, more: Partial<Finding> = {}): Finding {
  const message = 'a credential is written here in plain text';
  return { code: 'PLAINTEXT_FOUND', severity: 'warn', file, jsonPath, message, ...more };
}
