/** The page that comes with the gateway: whether it is well, and a simple conversation. It holds no secret of its own. */
import { createChat, type Chat } from './chat.js';
import { connect, Refused, type Connection, type Facts } from './connection.js';
import { openDevice } from './device.js';
import { browserKeyStore } from './key-store.js';

const SECRET = 'pllan.secret';
const DEVICE_TOKEN = 'pllan.device-token';
const AGAIN_MS = 3_000;

function element<T extends HTMLElement>(id: string): T {
  const found = document.querySelector<T>(`#${id}`);
  if (!found) throw new Error(`the page has no #${id}`);
  return found;
}

const page = {
  status: element('status'),
  login: element<HTMLFormElement>('login'),
  secret: element<HTMLInputElement>('secret'),
  chat: element('chat'),
  facts: element('facts'),
  messages: element('messages'),
  compose: element<HTMLFormElement>('compose'),
  message: element<HTMLTextAreaElement>('message'),
  stop: element<HTMLButtonElement>('stop'),
};

let chat: Chat | undefined;
/** What is written while the page connects anew is sent by the chat that comes then. */
const outbox = new Map<string, string>();
let nextStart: number | undefined;

takeSecretFromFragment();
page.login.addEventListener('submit', (event) => {
  event.preventDefault();
  sessionStorage.setItem(SECRET, page.secret.value.trim());
  page.secret.value = '';
  void start();
});
page.compose.addEventListener('submit', (event) => {
  event.preventDefault();
  const message = page.message.value.trim();
  if (message === '') return;
  page.message.value = '';
  void chat?.send(message);
});
page.message.addEventListener('keydown', (event) => {
  if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  page.compose.requestSubmit();
});
page.stop.addEventListener('click', () => void chat?.stop().catch((caught: Error) => say(caught.message)));
void start();

/** A link may bring it behind `#`, which is never sent to a server; it does not stay in the address. */
function takeSecretFromFragment(): void {
  const token = new URLSearchParams(location.hash.slice(1)).get('token');
  if (token === null) return;
  sessionStorage.setItem(SECRET, token);
  history.replaceState(null, '', location.pathname + location.search);
}

async function start(): Promise<void> {
  page.login.hidden = true;
  say('Connecting');
  try {
    const device = await openDevice(browserKeyStore());
    const connection = await connect({
      url: `${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/`,
      device,
      credentials: {
        secret: sessionStorage.getItem(SECRET) ?? undefined,
        deviceToken: localStorage.getItem(DEVICE_TOKEN) ?? undefined,
      },
      version: 'packaged',
      event(name, payload) {
        if (name === 'chat') chat?.received(payload);
        if (name === 'health') showFacts(connection.hello.server.version, payload);
      },
      closed: (reason) => again(reason),
    });
    await opened(connection);
  } catch (caught) {
    if (caught instanceof Refused) refused(caught);
    else again((caught as Error).message);
  }
}

async function opened(connection: Connection): Promise<void> {
  const { hello } = connection;
  if (hello.auth.deviceToken) localStorage.setItem(DEVICE_TOKEN, hello.auth.deviceToken);
  const { sessionDefaults, health } = hello.snapshot;
  chat = createChat(connection, sessionDefaults.mainSessionKey, showLines, outbox);
  say('Connected');
  showFacts(hello.server.version, health);
  page.chat.hidden = false;
  await chat.load();
  page.message.focus();
}

/** A credential that is wrong is asked for; an approval is waited for. */
function refused({ message, details }: Refused): void {
  const { code, remediationHint } = details;
  if (code === 'PAIRING_REQUIRED') {
    again(remediationHint ?? message);
    return;
  }
  say(message);
  if (code === 'AUTH_DEVICE_TOKEN_MISMATCH') localStorage.removeItem(DEVICE_TOKEN);
  sessionStorage.removeItem(SECRET);
  page.chat.hidden = true;
  page.login.hidden = code?.startsWith('AUTH_') !== true;
  page.secret.focus();
}

function again(reason: string): void {
  say(`${reason} Trying again.`);
  // The end of a connection is told by it and by whatever waited for an answer: one start is enough.
  clearTimeout(nextStart);
  nextStart = setTimeout(() => void start(), AGAIN_MS);
}

function say(text: string): void {
  page.status.textContent = text;
}

function showFacts(version: string, health: Facts): void {
  const { ok, workers } = health as { ok?: boolean; workers?: { ready?: number; configured?: number } };
  const facts: Readonly<Record<string, string>> = {
    Gateway: `pllan ${version}`,
    Health: ok === false ? 'not well' : 'ok',
    ...(workers && { Workers: `${workers.ready} of ${workers.configured} ready` }),
  };
  page.facts.replaceChildren(
    ...Object.entries(facts).flatMap(([name, value]) => [textElement('dt', name), textElement('dd', value)]),
  );
}

function showLines(): void {
  const lines = chat?.lines ?? [];
  page.messages.replaceChildren(
    ...lines.map(({ role, text }) => {
      const line = textElement('li', text === '' ? '…' : text);
      line.className = role;
      return line;
    }),
  );
  page.messages.lastElementChild?.scrollIntoView({ block: 'nearest' });
  page.stop.hidden = !chat?.busy;
}

/** Text is only ever text: what a model says is never read as HTML. */
function textElement(kind: 'dt' | 'dd' | 'li', text: string): HTMLElement {
  const made = document.createElement(kind);
  made.textContent = text;
  return made;
}
