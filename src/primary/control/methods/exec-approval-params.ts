/** What the methods on exec approvals take (methods.md §11). A file becomes text where its frame is read. */
import * as v from 'valibot';
import { ApprovalsFile, askModes, encodeApprovals, securities } from '../../approvals/approvals-schema.js';
import { approvalLimits } from '../../../shared/tools/limits.js';
import { about, compile } from '../../../shared/schema.js';
import { agentId, key, longText, name, none, optional, reading, text, whole } from './param-types.js';

const byId = compile(v.strictObject({ id: name }));

export const execApprovalParams = {
  'exec.approvals.get': none,
  'exec.approvals.set': reading(
    compile(
      v.strictObject({
        file: ApprovalsFile,
        baseHash: optional(about('Of the file that this one replaces; required where there is one.', name)),
      }),
    ),
    ({ file, ...rest }) => {
      const encoded = encodeApprovals(file);
      if (Buffer.byteLength(encoded) > approvalLimits.fileBytes) {
        const message = `must have at most ${approvalLimits.fileBytes} bytes as JSON`;
        return { ok: false, problems: [{ path: '/file', message }] };
      }
      return { ok: true, value: { ...rest, encoded } };
    },
  ),
  'exec.approval.request': compile(
    v.strictObject({
      id: optional(about('Default: one is made.', name)),
      command: text(approvalLimits.commandChars),
      cwd: optional(longText(4_096)),
      host: optional(about('Where it is to run; shown to whoever decides.', name)),
      security: optional(about('Shown to whoever decides.', v.picklist(securities))),
      ask: optional(about('Shown to whoever decides.', v.picklist(askModes))),
      agentId,
      sessionKey: optional(key),
      timeoutMs: optional(
        about('After it the decision is null.', whole(1, approvalLimits.waitMaxMs)),
        approvalLimits.waitMs,
      ),
      twoPhase: optional(about('Answer at once that it waits, and again with the decision.', v.boolean())),
    }),
  ),
  'exec.approval.waitDecision': byId,
  'exec.approval.resolve': compile(
    // A decision that is none has an error of its own.
    v.strictObject({ id: name, decision: about('`allow-once`, `allow-always` or `deny`.', longText(64)) }),
  ),
  'exec.approval.get': byId,
  'exec.approval.list': none,
};
