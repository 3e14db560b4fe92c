/** A `tailscale` command that knows what a test tells it, and a request as Tailscale Serve passes it on. */
import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryDir } from './gateway.js';

export interface FakeTailscale {
  /** A search path on which it comes first. */
  readonly path: string;
  /** The arguments of every call so far. */
  calls(): readonly string[];
  /** The names of the variables that the last call was given. */
  environment(): readonly string[];
}

/** @param answers shell commands that answer for an address; for others it fails as the real one does */
export function fakeTailscale(answers: Readonly<Record<string, string>>): FakeTailscale {
  const dir = temporaryDir();
  const [command, calls, environment] = ['tailscale', 'calls', 'environment'].map((name) =>
    join(dir, name),
  ) as [string, string, string];
  const cases = Object.entries(answers).map(([address, answer]) => `${address}) ${answer} ;;`);
  writeFileSync(
    command,
    `#!/bin/sh
echo "$@" >> '${calls}'
env | sed 's/=.*//' > '${environment}'
case "$3" in
${cases.join('\n')}
*) echo 'peer not found' >&2; exit 1 ;;
esac
`,
  );
  chmodSync(command, 0o755);
  const linesOf = (file: string): string[] =>
    existsSync(file) ? readFileSync(file, 'utf8').split('\n').filter(Boolean) : [];
  return {
    path: `${dir}:${process.env.PATH}`,
    calls: () => linesOf(calls),
    environment: () => linesOf(environment),
  };
}

/** What `tailscale whois --json` says of a user's address. */
export function whoisAnswer(login: string): string {
  const answer = { Node: { Name: 'laptop.tail1234.ts.net.' }, UserProfile: { LoginName: login } };
  return `echo '${JSON.stringify(answer)}'`;
}

/** The headers that Serve adds. */
export function servedTo(address: string, login?: string): Readonly<Record<string, string>> {
  return {
    'x-forwarded-for': address,
    'x-forwarded-proto': 'https',
    'x-forwarded-host': 'box.tail1234.ts.net',
    ...(login !== undefined && { 'tailscale-user-login': login }),
  };
}
