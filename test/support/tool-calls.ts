/** Calls of tools without a model: over HTTP and RPC, and the commands among them. */
import type { ControlClient, Frame } from './control-client.js';
import { TOKEN, type TestGateway } from './gateway.js';
import { waitFor } from './wait-for.js';

export interface Invoked {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Record<string, unknown>;
}

export async function postInvoke(
  gateway: TestGateway,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): Promise<Invoked> {
  const answer = await fetch(`${gateway.url}/tools/invoke`, {
    method: 'POST',
    headers: { authorization: `Bearer ${TOKEN}`, ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
  return { status: answer.status, headers: answer.headers, body: (await answer.json()) as Invoked['body'] };
}

/** Config under which commands may be called directly, in a workspace of their own. */
export const withExec = (workspace: string, exec: object = {}): Record<string, unknown> => ({
  agents: { defaults: { workspace } },
  tools: { allow: ['exec'], exec },
  gateway: { tools: { allow: ['exec'] }, workers: { count: 1 } },
});

export interface ExecResult {
  readonly text: string;
  readonly details: Record<string, unknown>;
}

export async function exec(client: ControlClient, args: object): Promise<ExecResult> {
  const { payload } = await client.call('tools.invoke', { name: 'exec', args });
  if (payload?.ok !== true) throw new Error(JSON.stringify(payload));
  const { content, details } = payload.output as {
    content: { text: string }[];
    details: ExecResult['details'];
  };
  return { text: content[0]?.text ?? '', details };
}

/** The newest approval that waits, of this command. */
export function asked(client: ControlClient, command: string): Promise<Frame> {
  return waitFor('an approval', () =>
    client.frames.findLast(
      ({ event, payload }) =>
        event === 'exec.approval.requested' &&
        (payload?.request as { command?: string } | undefined)?.command === command,
    ),
  );
}
