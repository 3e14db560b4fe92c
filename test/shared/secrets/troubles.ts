/** What goes wrong with files and commands that secrets come from, each done to one that works and undone again. */
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { secretCommand, secretFile } from './support.js';

export const SECRET = 'a-secret-that-nobody-is-shown';

/** Providers whose secrets are all `SECRET`: `main` has it at `/it`, `vault` gives it. */
export interface Sources {
  readonly file: string;
  readonly command: string;
  readonly providers: Readonly<Record<string, object>>;
}

const FILE_BYTES = 4_096;

const script = (body: string): string => `const SECRET = ${JSON.stringify(SECRET)}; ${body}`;
const works = script('answer(Object.fromEntries(ids.map((id) => [id, SECRET])));');
const content = JSON.stringify({ it: SECRET });

export function workingSources(): Sources {
  const file = secretFile(content);
  const command = secretCommand(works);
  return {
    file,
    command,
    providers: {
      main: { source: 'file', path: file, maxBytes: FILE_BYTES },
      vault: {
        source: 'exec',
        command,
        timeoutMs: 4_000,
        noOutputTimeoutMs: 2_000,
        maxOutputBytes: FILE_BYTES,
      },
    },
  };
}

/** As they were made. */
export function mend({ file, command }: Sources): void {
  for (const path of [file, command]) {
    chmodSync(dirname(path), 0o700);
    rmSync(path, { recursive: true, force: true });
  }
  writeFileSync(file, content, { mode: 0o600 });
  renameSync(secretCommand(works), command);
}

export interface Trouble {
  readonly what: string;
  /** Whose secrets cannot be had. */
  readonly source: 'file' | 'exec';
  make(sources: Sources): void;
  readonly told: string;
}

type MakeTrouble = (path: string) => void;
type Row = readonly [what: string, make: MakeTrouble, told: string];

const holding =
  (text: string | Buffer): MakeTrouble =>
  (path) =>
    writeFileSync(path, text);
const running =
  (body: string): MakeTrouble =>
  (path) =>
    renameSync(secretCommand(script(body)), path);
/** Something else stands at its place. */
const replaced =
  (make: MakeTrouble): MakeTrouble =>
  (path) => {
    rmSync(path);
    make(path);
  };
const linkedTo =
  (target: () => string): MakeTrouble =>
  (path) =>
    symlinkSync(target(), path);

const ofFiles: readonly Row[] = [
  ['that is gone', (path) => rmSync(path), 'there is no such file'],
  ['that is a pipe', replaced((path) => execFileSync('mkfifo', ['-m', '600', path])), 'not a regular file'],
  ['that is a folder', replaced((path) => mkdirSync(path)), 'not a regular file'],
  [
    'that is too large',
    holding(`{"it":"${SECRET.repeat(500)}"}`),
    `the file has more than ${FILE_BYTES} bytes`,
  ],
  ['that never ends', replaced(linkedTo(() => '/dev/zero')), 'not a regular file'],
  ['with half of its JSON', holding(`{"it": "${SECRET}`), 'the file is not valid JSON'],
  ['with a list', holding(JSON.stringify([SECRET])), 'the file holds no JSON object'],
  ['with no text', holding(Buffer.from([0xff, 0xfe, 0xff])), 'the file is not UTF-8'],
  ['without the value', holding(JSON.stringify({ [SECRET]: SECRET })), 'there is no such value in the file'],
  ['with another kind of value', holding(JSON.stringify({ it: [SECRET] })), 'the value is not a string'],
  ['with an empty value', holding(JSON.stringify({ it: ' ' })), 'the value is empty'],
  [
    'that others may read',
    (path) => chmodSync(path, 0o644),
    'others than its owner may use the file (mode 0644; 0600 or 0400 is needed)',
  ],
  [
    'that everybody may write to',
    (path) => chmodSync(path, 0o666),
    'others than its owner may use the file (mode 0666; 0600 or 0400 is needed)',
  ],
  [
    'in a folder that everybody may write to',
    (path) => chmodSync(dirname(path), 0o777),
    'everybody may write to its folder (mode 0777)',
  ],
  [
    'that is a link to one that others may read',
    replaced(linkedTo(() => secretFile(content, 0o640))),
    'others than its owner may use the file (mode 0640; 0600 or 0400 is needed)',
  ],
];

const ofCommands: readonly Row[] = [
  ['that is gone', (path) => rmSync(path), 'there is no such command'],
  ['that is a folder', replaced((path) => mkdirSync(path)), 'the command is not a regular file'],
  [
    'that is a link to a good one',
    replaced(linkedTo(() => secretCommand(works))),
    'the command is a symbolic link',
  ],
  [
    'that everybody may change',
    (path) => chmodSync(path, 0o777),
    'others than its owner may change the command (mode 0777)',
  ],
  [
    'in a folder that everybody may write to',
    (path) => chmodSync(dirname(path), 0o777),
    'everybody may write to its folder (mode 0777)',
  ],
  ['that cannot be run', (path) => chmodSync(path, 0o600), 'the command is not executable'],
  ['that hangs', running('setInterval(() => {}, 1_000);'), 'the command printed nothing for 2000 ms'],
  [
    'that goes on and on',
    running('setInterval(() => print(SECRET), 500);'),
    'the command took more than 4000 ms',
  ],
  [
    'that floods',
    running('setInterval(() => print(SECRET.repeat(1_000)), 1);'),
    `the command printed more than ${FILE_BYTES} bytes`,
  ],
  [
    'that fails',
    running('process.stderr.write(SECRET); print(SECRET); process.exitCode = 7;'),
    'the command ended with exit code 7',
  ],
  [
    'that ends by a signal',
    running("process.kill(process.pid, 'SIGTERM');"),
    'the command ended with SIGTERM',
  ],
  ['that prints no JSON', running('print(SECRET);'), 'the command printed no JSON object'],
  [
    'that prints no text',
    running('process.stdout.write(Buffer.from([255]));'),
    'what the command printed is not UTF-8',
  ],
  [
    'of another protocol',
    running('print({ protocolVersion: 2, values: { it: SECRET } });'),
    'the command answered with another protocolVersion than 1',
  ],
  ['that does not know it', running('answer({ other: SECRET });'), 'the command gave no value'],
  ['that gives another kind of value', running('answer({ it: [SECRET] });'), 'the value is not a string'],
  [
    'that says so in its own words',
    running('answer({}, { it: { code: SECRET, message: SECRET } });'),
    'the command answered with an error',
  ],
];

const troublesOf = (source: Trouble['source'], rows: readonly Row[]): Trouble[] =>
  rows.map(([what, make, told]) => ({
    what: `a ${source === 'file' ? 'file' : 'command'} ${what}`,
    source,
    make: (sources) => make(source === 'file' ? sources.file : sources.command),
    told,
  }));

export const troubles: readonly Trouble[] = [
  ...troublesOf('file', ofFiles),
  ...troublesOf('exec', ofCommands),
];

/** What is said of the ref that cannot be resolved; of a command not even the id. */
export function toldOf({ source, told }: Pick<Trouble, 'source' | 'told'>, path: string): string {
  const from = source === 'file' ? 'file provider "main", /it' : 'exec provider "vault"';
  return `${path}: ${from}: ${told}`;
}
