/** A gateway with a secret in every place that can hold one, a provider and a server of tools. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { inEveryForm } from '../../../support/canaries.js';
import { startGateway, temporaryDir, type TestGateway } from '../../../support/gateway.js';
import { told } from '../../../support/mcp/servers.js';
import { startMockProvider, type MockProvider } from '../../../support/mock-provider.js';
import { secretCommand, secretFile } from '../../../shared/secrets/support.js';
import { elsewhere, written } from './values.js';

export interface CanaryGateway {
  readonly gateway: TestGateway;
  readonly provider: MockProvider;
  /** The file that some of its secrets are in, and what it holds when all is well. */
  readonly secretsFile: { readonly path: string; readonly good: string };
  stop(): Promise<void>;
}

const file = (id: string): object => ({ source: 'file', provider: 'main', id });

export async function startCanaryGateway(): Promise<CanaryGateway> {
  const stateDir = temporaryDir();
  const provider = await startMockProvider();
  const mcpServer = await startMockProvider(({ request, response }) => {
    response.writeHead(500, { 'content-type': 'text/plain' });
    response.end(inEveryForm(JSON.stringify([request.headers, request.url])));
  });
  const good = JSON.stringify({ token: elsewhere.token, key: elsewhere.fileKey, mcp: elsewhere.mcpRef });
  const path = secretFile(good);
  writeFileSync(
    join(stateDir, '.env'),
    `DOTENV_KEY=${elsewhere.dotenv}\nDOTENV_UNUSED_TOKEN=${elsewhere.dotenvUnused}\n`,
    { mode: 0o600 },
  );
  writeFileSync(
    join(stateDir, 'exec-approvals.json'),
    JSON.stringify({ version: 1, defaults: { security: 'full', ask: 'off' } }),
  );
  mkdirSync(join(stateDir, 'hooks', 'transforms'), { recursive: true });
  writeFileSync(
    join(stateDir, 'hooks', 'transforms', 'failing.mjs'),
    `export default ({ payload, headers }) => { throw new Error(JSON.stringify([payload, headers])); };`,
  );
  const baseUrl = provider.baseUrl;
  const model = (id: string): object => ({ baseUrl, api: 'openai-completions', models: [{ id }] });
  const gateway = await startGateway({
    stateDir,
    args: ['--verbose'],
    env: {
      VARIABLE_KEY: elsewhere.variable,
      WITHIN_TEXT: elsewhere.inText,
      PASSED_TOKEN: elsewhere.passed,
      RESOLVER_TOKEN: elsewhere.resolverPassed,
      UNRELATED_API_KEY: elsewhere.unrelated,
      PLLAN_GATEWAY_PASSWORD: elsewhere.gatewayPassword,
    },
    config: {
      env: { vars: { INLINE_TOKEN: written.inlineVariable } },
      logging: { level: 'trace' },
      gateway: {
        auth: { mode: 'token', token: file('/token'), password: written.password },
        remote: { token: written.remoteToken, password: written.remotePassword },
        store: { url: `redis://user:${written.storeUrl}@localhost:1` },
        workers: { count: 1 },
        tools: { allow: ['exec', 'group:test', 'group:mcp'] },
        http: { endpoints: { chatCompletions: { enabled: true }, responses: { enabled: true } } },
      },
      secrets: {
        providers: {
          main: { source: 'file', path: path },
          single: { source: 'file', path: secretFile(elsewhere.single), mode: 'singleValue' },
          vault: {
            source: 'exec',
            command: secretCommand(
              `process.stderr.write(${JSON.stringify(inEveryForm(elsewhere.execKey))}); answer({ key: ${JSON.stringify(elsewhere.execKey)} });`,
            ),
            passEnv: ['RESOLVER_TOKEN'],
            env: { OWN_TOKEN: written.resolverVariable },
          },
          raw: {
            source: 'exec',
            command: secretCommand(`print(${JSON.stringify(elsewhere.raw)});`),
            jsonOnly: false,
          },
        },
      },
      models: {
        providers: {
          mock: {
            ...model('m-1'),
            apiKey: { source: 'exec', provider: 'vault', id: 'key' },
            headers: {
              'x-plain': written.plainHeader,
              'x-text': `Bearer \${WITHIN_TEXT}`,
              'x-single': { source: 'file', provider: 'single', id: 'value' },
              'x-raw': { source: 'exec', provider: 'raw', id: 'any' },
              'x-dotenv': '${DOTENV_KEY}',
              'x-inline': '${INLINE_TOKEN}',
            },
          },
          other: { ...model('m-2'), apiKey: written.plainKey, headers: { 'x-variable': '${VARIABLE_KEY}' } },
          closed: {
            ...model('m-3'),
            baseUrl: `http://user:${written.inUrl}@127.0.0.1:1/v1`,
            apiKey: file('/key'),
          },
        },
      },
      auth: {
        profiles: { 'other:spare': { provider: 'other', mode: 'api_key', key: written.profileKey } },
        cooldowns: { firstMs: 1, maxMs: 1, authFirstMs: 1, authMaxMs: 1 },
      },
      agents: {
        defaults: { model: { primary: 'mock/m-1' }, workspace: temporaryDir() },
      },
      memory: { search: { provider: 'mock', model: 'e-1', remote: { baseUrl, apiKey: written.memoryKey } } },
      tools: { allow: ['exec', 'group:test', 'group:mcp'], exec: { passEnv: ['PASSED_TOKEN'] } },
      mcp: {
        servers: {
          leaky: told('leaky', { env: { SECRET_KEY: written.mcpEnv, OTHER_KEY: file('/mcp') } }),
          failing: {
            url: `${mcpServer.baseUrl.replace('//', `//user:${written.mcpUrl}@`)}?key=${written.mcpQuery}`,
            headers: { 'x-own': written.mcpHeader },
          },
        },
      },
      hooks: {
        enabled: true,
        token: written.hookToken,
        mappings: [{ id: 'failing', match: { path: 'failing' }, transform: { module: 'failing.mjs' } }],
      },
      cron: { webhookToken: written.cronToken },
      skills: { entries: { one: { apiKey: written.skillKey } } },
      channels: {
        telegram: { botToken: written.botToken, apiRoot: 'http://127.0.0.1:9' },
        slack: { accounts: { work: { signingSecret: written.signing } } },
      },
    },
  });
  return {
    gateway,
    provider,
    secretsFile: { path, good },
    async stop() {
      await gateway.stop();
      await Promise.all([provider.stop(), mcpServer.stop()]);
    },
  };
}
