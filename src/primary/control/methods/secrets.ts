/** `secrets.reload`, `secrets.resolve` (methods.md §7). */
import { toError } from '../../../shared/to-error.js';
import { answerTargets, unknownTarget } from '../../secrets/answer-targets.js';
import type { SnapshotKeeper } from '../../snapshot/keeper.js';
import { invalidRequest, method, RpcError, type Method } from './method.js';

export interface SecretServices {
  readonly secrets: SnapshotKeeper;
}

export function secretMethods({ secrets }: SecretServices): readonly Method[] {
  return [
    method({
      name: 'secrets.reload',
      scope: 'operator.admin',
      summary:
        'Resolves every SecretRef of the config that is in use anew and replaces the values in one step; when one fails, those before stay.',
      answers:
        '`{ok: true, warningCount}`; `UNAVAILABLE` with `secrets.reload failed`, and why in `details.reason`.',
      async answer() {
        try {
          const { warnings } = await secrets.reload();
          return JSON.stringify({ ok: true, warningCount: warnings.length });
        } catch (caught) {
          throw unavailable('secrets.reload failed', caught);
        }
      },
    }),
    method({
      name: 'secrets.resolve',
      scope: 'operator.admin',
      summary:
        'Values of SecretRefs for a command on the same machine. An id is the path of a credential without the names in it, such as `models.providers.apiKey`.',
      answers: '`{ok: true, assignments: [{path, pathSegments, value}], diagnostics, inactiveRefPaths}`',
      async answer({ commandName = '', targetIds = [], allowedPaths, ...paths }) {
        if (commandName.trim() === '') throw invalidRequest('invalid secrets.resolve params: commandName');
        if (targetIds.length === 0) throw invalidRequest('invalid secrets.resolve params: targetIds');
        const unknown = unknownTarget(targetIds);
        if (unknown !== undefined)
          throw invalidRequest(`invalid secrets.resolve params: unknown target id "${unknown}"`);
        const question = {
          targetIds,
          allowedPaths,
          forcedActivePaths: paths.forcedActivePaths ?? [],
          optionalActivePaths: paths.optionalActivePaths ?? [],
        };
        try {
          return JSON.stringify({ ok: true, ...(await answerTargets(question, secrets)) });
        } catch (caught) {
          throw unavailable('secrets.resolve failed', caught);
        }
      },
    }),
  ];
}

function unavailable(message: string, caught: unknown): RpcError {
  return new RpcError({ code: 'UNAVAILABLE', message, details: { reason: toError(caught).message } });
}
