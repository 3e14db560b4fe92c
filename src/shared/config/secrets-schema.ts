/** `secrets` of the config: where secrets are kept (secrets.md §3). */
import { isAbsolute } from 'node:path';
import * as v from 'valibot';
import { secretLimits } from '../secrets/limits.js';
import { aliasPattern } from '../secrets/ref.js';

const { timeoutMs, maxTimeoutMs, fileBytes, maxFileBytes, outputBytes, maxOutputBytes } = secretLimits;

const within = (most: number, otherwise: number) =>
  v.optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(most)), otherwise);

const text = v.pipe(v.string(), v.minLength(1));
const variableName = v.pipe(v.string(), v.regex(/^[A-Za-z_][A-Za-z0-9_]*$/));
const alias = v.pipe(v.string(), v.regex(aliasPattern));

const path = (allowHome: boolean) =>
  v.pipe(
    text,
    v.rawCheck(({ dataset, addIssue }) => {
      if (
        !dataset.typed ||
        dataset.value === '' ||
        isAbsolute(dataset.value) ||
        (allowHome && /^~(?:\/|$)/.test(dataset.value))
      )
        return;
      addIssue({ expected: 'an absolute path' });
    }),
  );

/** Keys of other programs that would switch a check off: better said than ignored. */
const refused = v.exactOptional(
  v.pipe(
    v.unknown(),
    v.rawCheck(({ addIssue }) => addIssue({ expected: 'left out: this check cannot be switched off' })),
  ),
);

const EnvProvider = v.strictObject({
  source: v.literal('env'),
  /** Names that it gives; any without it. */
  allowlist: v.exactOptional(v.array(variableName)),
});

const FileProvider = v.strictObject({
  source: v.literal('file'),
  path: path(true),
  mode: v.optional(v.picklist(['json', 'singleValue']), 'json'),
  timeoutMs: within(maxTimeoutMs, timeoutMs),
  maxBytes: within(maxFileBytes, fileBytes),
  allowInsecurePath: refused,
});

const ExecProvider = v.strictObject({
  source: v.literal('exec'),
  command: path(false),
  args: v.optional(v.array(v.string()), []),
  passEnv: v.optional(v.array(variableName), []),
  env: v.optional(v.record(variableName, v.string()), {}),
  timeoutMs: within(maxTimeoutMs, timeoutMs),
  noOutputTimeoutMs: within(maxTimeoutMs, timeoutMs),
  maxOutputBytes: within(maxOutputBytes, outputBytes),
  jsonOnly: v.optional(v.boolean(), true),
  trustedDirs: v.exactOptional(v.array(path(false))),
  allowInsecurePath: refused,
  allowSymlinkCommand: refused,
});

export const SecretProvider = v.variant('source', [EnvProvider, FileProvider, ExecProvider]);

export const Secrets = v.strictObject({
  providers: v.optional(v.record(alias, SecretProvider), {}),
  defaults: v.optional(
    v.strictObject({
      env: v.exactOptional(alias),
      file: v.exactOptional(alias),
      exec: v.exactOptional(alias),
    }),
    {},
  ),
  resolution: v.optional(
    v.strictObject({
      maxProviderConcurrency: within(64, secretLimits.providersAtOnce),
      maxRefsPerProvider: within(65_536, secretLimits.refsPerProvider),
      maxBatchBytes: within(maxOutputBytes, secretLimits.batchBytes),
    }),
    {},
  ),
});

export type SecretsConfig = v.InferOutput<typeof Secrets>;
export type EnvProviderConfig = v.InferOutput<typeof EnvProvider>;
export type FileProviderConfig = v.InferOutput<typeof FileProvider>;
export type ExecProviderConfig = v.InferOutput<typeof ExecProvider>;
export type SecretProviderConfig = v.InferOutput<typeof SecretProvider>;
