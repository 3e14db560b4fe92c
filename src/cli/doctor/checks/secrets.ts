/** Credentials: where they should be, and all of them to be had (cli.md §12, rows 9, 11). */
import { readFileSync } from 'node:fs';
import { agentFolders, profilesFile } from '../../../shared/secrets/profiles/agent-files.js';
import { displayPath } from '../../../shared/paths.js';
import { degradedSecretLines } from '../../health/degraded-secrets.js';
import { numberOf, recordOf } from '../../record.js';
import { auditSecrets } from '../../secrets/audit.js';
import type { Check, Finding } from '../finding.js';
import type { Site } from '../site.js';

export const secrets: Check = {
  section: 'Secrets',
  async find(site) {
    const { loaded, context, asked } = site;
    const degraded =
      asked.state === 'reached' ? degradedSecretLines(asked.answers.status.degradedSecretOwners) : [];
    const stale = degraded.map((message): Finding => ({
      code: 'secret-degraded',
      level: 'error',
      message: `The running gateway goes on with an old value: ${message}`,
      advice: 'Mend the reference or its provider, then: pllan secrets reload',
    }));
    if (!loaded.ok) return stale;
    const { env, paths } = context;
    const { findings } = await auditSecrets({ env, paths, allowExec: false });
    const unresolved = findings.filter(({ code }) => code === 'REF_UNRESOLVED');
    const plain = findings.filter(({ code }) => code === 'PLAINTEXT_FOUND');
    const files = [...new Set(plain.map(({ file }) => displayPath(file, paths.home)))];
    return [
      ...stale,
      ...unresolved.map(({ message, file }): Finding => ({
        code: 'secret-unresolved',
        level: 'error',
        message: `${message} (${displayPath(file, paths.home)})`,
        advice: 'Without it the gateway does not start. Look at it with: pllan secrets audit --allow-exec',
      })),
      ...(plain.length === 0
        ? []
        : [
            {
              code: 'secret-plaintext',
              level: 'warn',
              message: `${plain.length} credential(s) in plain text in ${files.join(', ')}.`,
              advice: 'pllan secrets audit shows where; pllan secrets configure moves them.',
            } as const,
          ]),
      ...expired(site),
    ];
  },
};

/** Profiles of agents whose credential does not work any more. */
function expired({ context }: Site): readonly Finding[] {
  return [...agentFolders(context.paths.stateDir)].flatMap(([agentId, folder]) => {
    const profiles = recordOf(recordOf(readJson(profilesFile(folder))).profiles);
    return Object.entries(profiles).flatMap(([id, profile]): Finding[] => {
      const until = numberOf(recordOf(profile).expires);
      if (until === undefined || until > Date.now()) return [];
      return [
        {
          code: 'auth-profile-expired',
          level: 'warn',
          message: `Auth profile ${id} of agent ${agentId} has expired on ${new Date(until).toISOString()}.`,
          advice: 'Sign in anew where it came from, and put the new credential in its place.',
        },
      ];
    });
  });
}

function readJson(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return undefined; // there is none, or the audit has said what is wrong with it
  }
}
