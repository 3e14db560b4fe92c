/** Edits of a config, drawn from a seed: what is changed, whether the result is a config, and how it is saved. */
import fc from 'fast-check';

/** As editors do it: a new file moved there, the same one cut and written, or twice before the gateway looks. */
export type Save = 'rename' | 'truncate' | 'twice';

export type Config = Readonly<Record<string, unknown>>;

export type Edit = {
  readonly save: Save;
  /** What the gateway has to name in its report. */
  readonly names: string;
} & (
  | { readonly kind: 'valid'; readonly path: readonly string[]; readonly value: unknown }
  /** Of the file that the config includes. */
  | { readonly kind: 'included'; readonly value: unknown }
  | { readonly kind: 'invalid'; readonly fault: Fault }
);

export const faults = [
  'truncated',
  'wrong type',
  'unknown key',
  'missing include',
  'loop of includes',
  'unresolved secret',
  'unreadable file',
] as const;
export type Fault = (typeof faults)[number];

/** What is said of each. */
const faultNames: Readonly<Record<Fault, string>> = {
  truncated: 'not valid JSON5',
  'wrong type': 'tools.web.maxChars',
  'unknown key': 'tools.wbe',
  'missing include': 'no-such.json5',
  'loop of includes': 'Circular include detected',
  'unresolved secret': 'models.providers.spare.apiKey',
  'unreadable file': 'agents.json',
};

/** Keys of all sections that change without a restart, each with a value that no edit before it had. */
const changes: readonly ((n: number) => readonly [path: string, value: unknown])[] = [
  (n) => ['tools.web.maxChars', 1_000 + n],
  (n) => ['gateway.auth.rateLimit.windowMs', 60_000 + n],
  (n) => ['gateway.http.endpoints.chatCompletions.maxTotalImageBytes', 1_000_000 + n],
  (n) => ['session.maintenance.maxEntries', 5_000 + n],
  (n) => ['messages.queue.debounceMs', 100 + n],
  (n) => ['agents.defaults.timeoutSeconds', 100_000 + n],
  (n) => ['hooks.maxBodyBytes', 10_000 + n],
  (n) => ['logging.retentionDays', 10 + n],
  (n) => ['models.providers.spare.baseUrl', `http://127.0.0.1:9/v${n}`],
];
const rolling: (typeof changes)[number] = (n) => ['gateway.workers.maxQueue', 2_000 + n];

export interface PlanScale {
  readonly edits: number;
  /** Of these edits, so many replace the workers. */
  readonly rolling: number;
}

export function planEdits(seed: number, scale: PlanScale): readonly Edit[] {
  const picks = fc.record({
    invalid: fc.nat(3).map((n) => n === 0),
    fault: fc.constantFrom(...faults),
    // One in as many as there are keys, and one more for the file that is included.
    change: fc.nat(changes.length),
    save: fc.constantFrom<Save>('rename', 'truncate', 'twice'),
  });
  const drawn = fc.sample(picks, { seed, numRuns: scale.edits });
  const every = Math.ceil(scale.edits / scale.rolling);
  return drawn.map(({ invalid, fault, change, save }, n): Edit => {
    if (n % every === Math.floor(every / 2)) return valid(rolling(n + 1), save);
    if (invalid && n < scale.edits - 1) return { kind: 'invalid', fault, save, names: faultNames[fault] };
    const made = changes[change];
    if (!made)
      return { kind: 'included', value: [{ id: 'main', name: `Edit ${n}` }], save, names: 'agents.list' };
    return valid(made(n + 1), save);
  });
}

function valid([path, value]: readonly [string, unknown], save: Save): Edit {
  return { kind: 'valid', path: path.split('.'), value, save, names: path };
}
