/** Real files and commands that secrets come from. */
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Secrets } from '../../../src/shared/config/secrets-schema.js';
import { compile } from '../../../src/shared/schema.js';
import type { SecretRef } from '../../../src/shared/secrets/ref.js';
import { resolveRefs } from '../../../src/shared/secrets/resolve.js';
import { temporaryDir } from '../../support/gateway.js';

const check = compile(Secrets);

export interface Given {
  readonly providers?: object;
  readonly resolution?: object;
  readonly defaults?: object;
  readonly env?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

/** What becomes of refs, by path: the value, or why there is none. */
export async function resolve(
  refs: Readonly<Record<string, SecretRef>>,
  { env = {}, signal = new AbortController().signal, ...secrets }: Given,
): Promise<Record<string, string>> {
  const parsed = check.parse(secrets);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  const places = Object.entries(refs).map(([path, ref]) => ({ path, ref, target: { anyText: false } }));
  const { values, failures } = await resolveRefs(places, {
    secrets: parsed.value,
    env,
    home: '/nowhere',
    signal,
  });
  return {
    ...Object.fromEntries(values),
    ...Object.fromEntries(failures.map(({ path, code, message }) => [path, `${code}: ${message}`])),
  };
}

/** A file of secrets in a folder of its own. */
export function secretFile(content: string | Buffer, mode = 0o600): string {
  const path = join(temporaryDir(), 'secrets.json');
  writeFileSync(path, content);
  chmodSync(path, mode);
  return path;
}

/** A command that runs this JavaScript, in which `ids` and `answer` are there. */
export function secretCommand(script: string, mode = 0o700): string {
  const path = join(temporaryDir(), 'resolver');
  const program = `#!${process.execPath}
let input = '';
process.stdin.on('data', (chunk) => (input += chunk)).on('end', () => {
  const request = JSON.parse(input);
  const { ids } = request;
  const print = (value) => process.stdout.write(typeof value === 'string' ? value : JSON.stringify(value));
  const answer = (values, errors) => print({ protocolVersion: 1, values, errors });
  ${script}
});`;
  writeFileSync(path, program);
  chmodSync(path, mode);
  return path;
}
