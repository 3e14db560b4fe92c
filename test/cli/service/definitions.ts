/** Definitions as fast-check makes them: whatever people may have in paths, arguments and values. */
import fc from 'fast-check';
import type { InstalledService, ServiceDefinition } from '../../../src/cli/service/definition.js';

export const plainDefinition: ServiceDefinition = {
  description: 'pllan Gateway (v0.1.0)',
  programArguments: ['/usr/bin/node', '/opt/pllan/dist/entry.js', 'gateway', '--port', '18789'],
  workingDirectory: '/home/u/.pllan',
  environment: { HOME: '/home/u', PATH: '/usr/local/bin:/usr/bin:/bin', PLLAN_SERVICE_MARKER: 'pllan' },
};

const tricky = '\\"\'%$ ;#{}~&<>`!*?|^\t\u00e4\u4e2d\u{1f980}=,:'.match(/./gsu) ?? [];

/** @param refused characters that this form cannot say */
export function texts(refused: RegExp): fc.Arbitrary<string> {
  const unit = fc.oneof(
    fc.constantFrom(...tricky),
    fc.string({ unit: 'grapheme-ascii', minLength: 1, maxLength: 1 }),
  );
  return fc.string({ unit, maxLength: 12 }).map((text) => text.replaceAll(refused, ''));
}

export function definitions(refused: RegExp): fc.Arbitrary<ServiceDefinition> {
  const text = texts(refused);
  const path = text.map((name) => `/opt/x${name.trim().replaceAll(/[\t\\'"]/g, '')}y/z`);
  return fc.record({
    description: fc.constant('pllan Gateway'),
    programArguments: fc
      .tuple(path, fc.array(text, { maxLength: 5 }))
      .map(([program, args]) => [program, 'gateway', ...args]),
    workingDirectory: path,
    environment: fc.dictionary(fc.stringMatching(/^[A-Z_][A-Z0-9_]{0,8}$/), text, { maxKeys: 5 }),
  });
}

/** What a definition is read back as. */
export function readBack({
  programArguments,
  workingDirectory,
  environment,
}: ServiceDefinition): Partial<InstalledService> {
  return { programArguments, workingDirectory, environment: { ...environment } };
}
