/**
 * HTTP for callers who are not trusted: models, and whoever sends URLs. It reaches the public internet only.
 *
 *   URL ──text──▶ host ──resolved once──▶ addresses, all of them public ──▶ connection to one of these ──▶ head ──▶ body
 *    ▲                                                                                                     │
 *    └──────────────────────────── redirect, at most so many: all of it again ◀────────────────────────────┘
 *
 * The name is not resolved again for the connection, so an answer that changes in between cannot lead elsewhere; TLS
 * still checks the certificate against the name. Proxies of the environment, cookies and credentials are not used.
 * Every port may be asked.
 */
import { lookup } from 'node:dns/promises';
import { isIP, type LookupFunction } from 'node:net';
import { Client, type Dispatcher } from 'undici';
import { fetchLimits } from '../upstream/limits.js';
import { errorCode, toError } from '../to-error.js';
import { isPublicAddress } from './address-ranges.js';
import { FetchFailure } from './fetch-failure.js';
import { hostOf, readTarget } from './fetch-target.js';
import { createLookups, type Lookup } from './lookups.js';
import { acceptedEncodings, readBody, tooLarge } from './read-body.js';

export interface FetchRequest {
  readonly url: string;
  /** After decompression. */
  readonly maxBytes: number;
  /** For all of it, redirects included. */
  readonly timeoutMs: number;
  readonly maxRedirects: number;
  /** Host names, `*.example.com` for all below one. Any when undefined, none when empty; redirects are held to it too. */
  readonly allowedHosts?: readonly string[] | undefined;
  /** Media types without parameters, `text/*` for all of a kind; an answer that names none counts as octet-stream. */
  readonly allowedTypes?: readonly string[] | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface Fetched {
  /** After redirects. */
  readonly url: string;
  /** Media type in lower case, without parameters. */
  readonly type: string;
  /** As the server names it. */
  readonly charset: string | undefined;
  readonly bytes: Buffer;
}

/** How names become addresses, and which of these may be asked. */
export interface Network {
  /** @throws when there is no such host */
  readonly resolve: Lookup;
  isAllowedAddress(address: string): boolean;
  /** Certificate authority to be trusted in place of the usual ones. */
  readonly ca?: string;
}

export const publicNetwork: Network = {
  resolve: createLookups(async (host) => {
    const found = await lookup(host, { all: true, verbatim: true });
    return found.map(({ address }) => address);
  }, fetchLimits.lookups),
  isAllowedAddress: isPublicAddress,
};

/** @throws FetchFailure */
export async function guardedFetch(
  request: FetchRequest,
  network: Network = publicNetwork,
): Promise<Fetched> {
  return inTime(request, (signal) => follow(request, network, signal));
}

export interface PostRequest extends Pick<FetchRequest, 'url' | 'timeoutMs' | 'signal'> {
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** Resolves when it was taken. A redirect is no yes: what is sent may be for nobody else. @throws FetchFailure */
export async function guardedPost(request: PostRequest, network: Network = publicNetwork): Promise<void> {
  await inTime(request, async (signal) => {
    const { timeoutMs, headers, body } = request;
    const url = readTarget(request.url, undefined);
    const addresses = await addressesOf(hostOf(url), network, signal);
    const client = openClient(url, addresses, timeoutMs, network.ca);
    try {
      const { statusCode: status, body: answer } = await client.request({
        path: url.pathname + url.search,
        method: 'POST',
        headers: { ...headers, 'user-agent': 'pllan' },
        body,
        signal,
      });
      answer.on('error', () => undefined);
      if (status < 200 || status > 299)
        throw new FetchFailure('bad-status', `the server answered ${status}`, { status });
    } finally {
      await client.destroy();
    }
  });
}

/** @throws FetchFailure */
async function inTime<T>(
  { timeoutMs, signal }: Pick<FetchRequest, 'timeoutMs' | 'signal'>,
  task: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const end = new AbortController();
  const late = new FetchFailure('timeout', `no whole answer within ${timeoutMs} ms`);
  const timer = setTimeout(() => end.abort(late), timeoutMs);
  const stop = (): void => end.abort(new FetchFailure('aborted', 'aborted'));
  if (signal?.aborted) stop();
  signal?.addEventListener('abort', stop, { once: true });
  try {
    return await task(end.signal);
  } catch (caught) {
    throw failureOf(end.signal.aborted ? end.signal.reason : caught);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', stop);
  }
}

async function follow(request: FetchRequest, network: Network, signal: AbortSignal): Promise<Fetched> {
  let url = readTarget(request.url, undefined, request.allowedHosts);
  for (let redirects = 0; ; redirects += 1) {
    const addresses = await addressesOf(hostOf(url), network, signal);
    const client = openClient(url, addresses, request.timeoutMs, network.ca);
    try {
      const answer = await ask(client, url, signal);
      // Whoever needs no more of an answer destroys it; what happens to it then is of no interest.
      answer.body.on('error', () => undefined);
      const location = isRedirect(answer.statusCode) ? single(answer.headers.location) : undefined;
      if (location === undefined) return await read(answer, url, request);
      if (redirects === request.maxRedirects)
        throw new FetchFailure('redirects', `more than ${request.maxRedirects} redirects`);
      url = readTarget(location, url, request.allowedHosts);
    } finally {
      await client.destroy();
    }
  }
}

/** @throws FetchFailure `blocked-address` when one of them is not allowed, though another might be */
async function addressesOf(host: string, network: Network, signal: AbortSignal): Promise<readonly string[]> {
  const found = isIP(host) === 0 ? await resolved(host, network, signal) : [host];
  if (found.length === 0) throw new FetchFailure('network', 'the host has no address');
  if (!found.every((address) => network.isAllowedAddress(address)))
    throw new FetchFailure('blocked-address', 'the host is not on the public internet');
  return found.slice(0, fetchLimits.addresses);
}

/** Looking a name up cannot be stopped, only be waited for no longer. */
async function resolved(host: string, network: Network, signal: AbortSignal): Promise<readonly string[]> {
  signal.throwIfAborted();
  let stop = (): void => undefined;
  const aborted = new Promise<never>((_resolve, reject) => {
    stop = () => reject(toError(signal.reason));
    signal.addEventListener('abort', stop, { once: true });
  });
  try {
    return await Promise.race([network.resolve(host, signal), aborted]);
  } catch (caught) {
    if (signal.aborted) throw caught;
    throw new FetchFailure('network', 'the host was not found', { cause: caught });
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

/** One connection, to one of these addresses and no other. */
function openClient(
  url: URL,
  addresses: readonly string[],
  timeoutMs: number,
  ca: string | undefined,
): Client {
  const pinned = addresses.map((address) => ({ address, family: isIP(address) }));
  const lookup: LookupFunction = (_host, { all }, callback) => {
    const [first] = pinned;
    if (all === true || !first) callback(null, pinned);
    else callback(null, first.address, first.family);
  };
  return new Client(url.origin, {
    pipelining: 1,
    // The one deadline is the caller's.
    headersTimeout: 0,
    bodyTimeout: 0,
    connect: { lookup, timeout: timeoutMs, rejectUnauthorized: true, ...(ca === undefined ? {} : { ca }) },
  });
}

function ask(client: Client, url: URL, signal: AbortSignal): Promise<Dispatcher.ResponseData> {
  return client.request({
    path: url.pathname + url.search,
    method: 'GET',
    headers: { accept: '*/*', 'accept-encoding': acceptedEncodings, 'user-agent': 'pllan' },
    signal,
  });
}

async function read(answer: Dispatcher.ResponseData, url: URL, request: FetchRequest): Promise<Fetched> {
  const { statusCode: status, headers, body } = answer;
  if (status < 200 || status > 299)
    throw new FetchFailure('bad-status', `the server answered ${status}`, { status });
  const { type, charset } = readContentType(single(headers['content-type']));
  if (request.allowedTypes && !request.allowedTypes.some((allowed) => isOfType(type, allowed)))
    throw new FetchFailure('mime', `what is there is of type ${type}`);
  if (Number(single(headers['content-length'])) > request.maxBytes) throw tooLarge(request.maxBytes);
  const bytes = await readBody(body, single(headers['content-encoding']), request.maxBytes);
  return { url: url.href, type, charset, bytes };
}

function isRedirect(status: number): boolean {
  return [301, 302, 303, 307, 308].includes(status);
}

function isOfType(type: string, allowed: string): boolean {
  return allowed.endsWith('/*') ? type.startsWith(allowed.slice(0, -1)) : type === allowed;
}

function readContentType(header: string | undefined): { type: string; charset: string | undefined } {
  const [type = '', ...parameters] = (header ?? '').split(';').map((part) => part.trim().toLowerCase());
  const charset = parameters
    .map((parameter) => /^charset="?([^"]+)"?$/.exec(parameter)?.[1])
    .find((name) => name !== undefined);
  // It is repeated in messages: only what is one.
  return { type: /^[\w.+-]+\/[\w.+-]+$/.test(type) ? type : 'application/octet-stream', charset };
}

function single(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value[0] : value;
}

function failureOf(caught: unknown): FetchFailure {
  if (caught instanceof FetchFailure) return caught;
  const error = toError(caught);
  if (error.cause instanceof FetchFailure) return error.cause;
  const code = errorCode(error) ?? error.name;
  return new FetchFailure('network', `the host could not be asked: ${code}`, { cause: error });
}
