/** What a person sees when the gateway is ready: where it is, where its token is, and one command that works when pasted. */
import type { RouteTable } from '../shared/routes.js';
import { ECHO_MODEL } from '../shared/config/model-ref.js';
import { displayPath, type Paths } from '../shared/paths.js';
import { readTokenFile } from '../shared/auth/secret-sources.js';
import type { ResolvedAuth } from './config/resolve-auth.js';

export interface BannerFacts {
  readonly host: string;
  readonly port: number;
  /** Of a certificate that nobody but this gateway vouches for. */
  readonly ownCertificate: string | undefined;
  readonly tls: boolean;
  readonly auth: ResolvedAuth;
  readonly routes: RouteTable;
  readonly unusedKeys: readonly string[];
  readonly paths: Paths;
}

export function banner(facts: BannerFacts): string {
  const { routes, paths } = facts;
  const host = facts.host === '0.0.0.0' ? '127.0.0.1' : facts.host;
  const url = `${facts.tls ? 'https' : 'http'}://${host}:${facts.port}`;
  const model = routes.agents[routes.defaultAgentId]?.model ?? ECHO_MODEL;
  const credential = describeCredential(facts.auth, paths);
  const trust = facts.ownCertificate === undefined ? '' : ` --cacert '${facts.ownCertificate}'`;
  const header = credential.shell === undefined ? '' : ` -H "Authorization: Bearer ${credential.shell}"`;
  const works = credential.shell !== undefined || facts.auth.mode === 'none';
  const body = JSON.stringify({ model: 'pllan', messages: [{ role: 'user', content: 'Hello' }] });
  const lines = [
    '',
    `  URL      ${url}`,
    `  Port     ${facts.port}`,
    `  Token    ${credential.where}`,
    `  Model    ${model}${model === ECHO_MODEL ? ' (built in, repeats what you say; --model openai/<model> asks a real one)' : ''}`,
    ...facts.unusedKeys.map(
      (key) => `  Note     ${key} is set but not used; --model openai/<model> would use it`,
    ),
    '',
    ...(works
      ? [
          `  curl -sS${trust} ${url}/v1/chat/completions${header} -H "Content-Type: application/json" -d '${body}'`,
          '',
        ]
      : []),
  ];
  return lines.join('\n');
}

/** Where the secret is, and how a shell gets at it; the secret itself is never shown. */
function describeCredential(
  auth: ResolvedAuth,
  paths: Paths,
): { readonly where: string; readonly shell: string | undefined } {
  if (auth.mode === 'none') return { where: 'none needed', shell: undefined };
  if (auth.secret === undefined) return { where: 'none: the proxy says who it is', shell: undefined };
  const show = (path: string): string => displayPath(path, paths.home);
  if (auth.mode === 'token' && readTokenFile(paths.tokenFile) === auth.secret) {
    return { where: show(paths.tokenFile), shell: `$(cat '${paths.tokenFile}')` };
  }
  const kind = auth.mode === 'token' ? 'token' : 'password';
  const variable = `PLLAN_GATEWAY_${kind.toUpperCase()}`;
  const source =
    auth.source === 'config' ? `gateway.auth.${kind} in ${show(paths.configPath)}` : `the ${auth.source}`;
  return { where: `${source} (the command below needs it in $${variable})`, shell: `$${variable}` };
}
