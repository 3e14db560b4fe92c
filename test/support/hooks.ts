/** Web hooks: a gateway that takes them, requests, transform modules. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ControlClient } from './control-client.js';
import { temporaryDir, type TestGateway } from './gateway.js';
import { requestOnce, type OnceAnswer } from './request-once.js';
import { rowsOf } from './tool-story.js';
import { waitFor } from './wait-for.js';

export const HOOK_TOKEN = 'hook-token-0123456789abcdef';

/** Config under which hooks are on. */
export function withHooks(hooks: object = {}, over: object = {}): Record<string, unknown> {
  return { hooks: { enabled: true, token: HOOK_TOKEN, ...hooks }, ...over };
}

export const hookBearer = { authorization: `Bearer ${HOOK_TOKEN}` };

/** On a connection of its own, so that each worker gets its share. */
export function postHook(
  gateway: Pick<TestGateway, 'url'>,
  name: string,
  body: unknown = {},
  headers: Readonly<Record<string, string>> = {},
): Promise<OnceAnswer> {
  return requestOnce(`${gateway.url}/hooks${name === '' ? '' : `/${name}`}`, {
    method: 'POST',
    headers: { ...hookBearer, ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
}

/** Status and body. */
export async function told(answer: OnceAnswer | Promise<OnceAnswer>): Promise<[number, unknown]> {
  const { status, body } = await answer;
  return [status, body.startsWith('{') ? JSON.parse(body) : body];
}

/** The id of the run that a hook started. */
export async function runIdOf(answer: Promise<OnceAnswer>): Promise<string> {
  const [status, body] = await told(answer);
  if (status !== 200) throw new Error(`the hook was answered ${status} ${JSON.stringify(body)}`);
  return (body as { runId: string }).runId;
}

/** A state dir whose transforms are these. */
export function withTransforms(modules: Readonly<Record<string, string>>): string {
  const stateDir = temporaryDir();
  const folder = join(stateDir, 'hooks', 'transforms');
  mkdirSync(folder, { recursive: true });
  for (const [name, text] of Object.entries(modules)) writeFileSync(join(folder, name), text);
  return stateDir;
}

/** What people, or hooks, have said in a session; resolves when there is something. */
export function saidIn(client: ControlClient, sessionKey: string): Promise<string> {
  return waitFor(`something said in ${sessionKey}`, async () => {
    const rows = await rowsOf(client, sessionKey);
    const said = rows.filter(({ role }) => role === 'user').flatMap(({ content }) => content);
    return said.length > 0 && said.map(({ text }) => text).join('\n');
  });
}
