/** The keys by which this command line and the gateway are known (protocol.md §8.1): whole, or made anew. */
import { renameSync } from 'node:fs';
import { createPublicKey } from 'node:crypto';
import { displayPath } from '../../../shared/paths.js';
import { readRegularFile } from '../../../shared/regular-file.js';
import { readDevicePublicKey } from '../../../shared/protocol/device-identity.js';
import { deviceFile } from '../../client/device/device.js';
import { hasBrokenIdentity, openIdentity } from '../../client/device/identity-file.js';
import { clientLimits } from '../../limits.js';
import type { Check, Finding } from '../finding.js';

export const identity: Check = {
  section: 'State integrity',
  changesSite: true,
  find({ context: { paths } }) {
    const own = deviceFile(paths.identityDir);
    const findings: Finding[] = [];
    if (hasBrokenIdentity(own))
      findings.push({
        code: 'device-key-broken',
        level: 'warn',
        message: `${displayPath(own, paths.home)} holds no key that could be used: gateways do not know this command line again.`,
        advice: 'Or put the file back from a backup.',
        repair: {
          question: 'Make another one? Gateways elsewhere have to pair it anew; the broken file is kept.',
          level: 'recommended',
          run() {
            const said: string[] = [];
            openIdentity(own, (line) => said.push(line));
            return said.join(' ') || 'It is whole again';
          },
        },
      });
    const file = paths.identityFile;
    if (isBrokenKey(file))
      findings.push({
        code: 'gateway-key-broken',
        level: 'warn',
        message: `${displayPath(file, paths.home)} holds no key that could be used: the gateway cannot show who it is.`,
        advice: 'Or put the file back from a backup.',
        repair: {
          question: 'Move it aside? The gateway makes another one when it is asked for it.',
          level: 'recommended',
          run() {
            // Somebody may have put it back meanwhile.
            if (!isBrokenKey(file)) return 'It is whole again';
            renameSync(file, `${file}.corrupt`);
            return `It is kept as ${file}.corrupt`;
          },
        },
      });
    return findings;
  },
};

function isBrokenKey(file: string): boolean {
  const text = textOf(file);
  if (text === undefined) return false;
  try {
    return (
      readDevicePublicKey(createPublicKey(text).export({ type: 'spki', format: 'pem' }).toString()) ===
      undefined
    );
  } catch {
    return true;
  }
}

/** Undefined where there is none, or one that cannot be read, which is told elsewhere. */
function textOf(file: string): string | undefined {
  try {
    return readRegularFile(file, clientLimits.identityBytes)?.toString();
  } catch {
    return undefined;
  }
}
