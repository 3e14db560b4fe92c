/** The lines of the command table about cron jobs (cli.md §14). */
import { rpcOptions } from '../client-options.js';
import type { Command, OptionSpec } from '../command.js';

const load = () => import('../commands/cron.js');

const oneJob = [{ name: 'job', required: true }];

const jobOptions: readonly OptionSpec[] = [
  { name: 'name', kind: 'text', about: 'What the job is called' },
  { name: 'description', kind: 'text', about: 'What it is for' },
  { name: 'agent', kind: 'text', about: 'Whose job it is; the default agent unless given' },
  {
    name: 'at',
    kind: 'text',
    about: 'Once: an ISO 8601 time (UTC without a zone), or in so long, such as 20m',
  },
  { name: 'every', kind: 'text', about: 'Again and again, such as 30m or 12h' },
  { name: 'cron', kind: 'text', about: 'By an expression of 5 fields, or 6 with seconds' },
  { name: 'tz', kind: 'text', about: 'With --cron: time zone, such as Europe/Vienna' },
  { name: 'stagger', kind: 'text', about: 'With --cron: up to so much later, such as 5m' },
  { name: 'message', kind: 'text', about: 'What the agent is told in a turn of its own' },
  {
    name: 'system-event',
    kind: 'text',
    about: 'What the next turn of the main session is told, instead of --message',
  },
  {
    name: 'session',
    kind: 'text',
    about: 'main, isolated, current or session:<key>; isolated for --message',
  },
  { name: 'session-key', kind: 'text', about: 'The session of current, or of a system event' },
  {
    name: 'wake',
    kind: 'text',
    about: 'now: a system event is followed by a turn at once; or next-heartbeat',
  },
  { name: 'model', kind: 'text', about: 'Model of the turn, provider/model' },
  { name: 'fallback', kind: 'list', about: 'Model to try when that one cannot answer; may be repeated' },
  { name: 'thinking', kind: 'text', about: 'How much it is to think' },
  { name: 'timeout-seconds', kind: 'text', about: 'How long the turn may take; 0 for no limit' },
  {
    name: 'tools',
    kind: 'list',
    about: 'Tools that it may use, of those that the agent has; may be repeated',
  },
  { name: 'announce', kind: 'flag', about: 'Send what it says to a channel' },
  { name: 'webhook', kind: 'text', about: 'Post how it ended to this address' },
  { name: 'no-deliver', kind: 'flag', about: 'Tell nobody' },
  { name: 'channel', kind: 'text', about: 'With --announce: which one; last unless given' },
  { name: 'to', kind: 'text', about: 'With --announce: whom' },
  { name: 'account', kind: 'text', about: 'With --announce: through which account' },
  { name: 'best-effort', kind: 'flag', about: 'A delivery that fails does not fail the run' },
  { name: 'delete-after-run', kind: 'flag', about: 'With --at: delete it when it has succeeded' },
];

export const cronCommands: readonly Command[] = [
  {
    name: 'cron list',
    about: 'Show cron jobs, and when they are due',
    options: [
      { name: 'all', kind: 'flag', about: 'Those that are disabled as well' },
      { name: 'agent', kind: 'text', about: 'Only those of this agent' },
      { name: 'limit', kind: 'text', about: 'At most so many, 1 to 200' },
      ...rpcOptions,
    ],
    load: async () => (await load()).cronList,
  },
  {
    name: 'cron status',
    about: 'Show whether jobs run, and when the next one is due',
    options: rpcOptions,
    load: async () => (await load()).cronStatus,
  },
  {
    name: 'cron add',
    about: 'Make a job: --name, one of --at, --every and --cron, and --message or --system-event',
    options: [...jobOptions, { name: 'disabled', kind: 'flag', about: 'It does not run yet' }, ...rpcOptions],
    load: async () => (await load()).cronAdd,
  },
  {
    name: 'cron edit',
    about: 'Change a job, named by its id or by a name that no other has: what is not named stays',
    args: oneJob,
    options: [...jobOptions, ...rpcOptions],
    load: async () => (await load()).cronEdit,
  },
  {
    name: 'cron rm',
    about: 'Delete a job and its run log',
    args: oneJob,
    options: rpcOptions,
    load: async () => (await load()).cronRemove,
  },
  {
    name: 'cron run',
    about: 'Run a job now',
    args: oneJob,
    options: [{ name: 'due', kind: 'flag', about: 'Only when it is due' }, ...rpcOptions],
    load: async () => (await load()).cronRun,
  },
  {
    name: 'cron runs',
    about: 'Show how runs have ended, of one job or of all',
    args: [{ name: 'job', required: false }],
    options: [
      { name: 'id', kind: 'text', about: 'The job, where it is not named otherwise' },
      { name: 'status', kind: 'text', about: 'Only ok, error or skipped' },
      { name: 'limit', kind: 'text', about: 'At most so many, 1 to 200' },
      ...rpcOptions,
    ],
    load: async () => (await load()).cronRuns,
  },
  {
    name: 'cron enable',
    about: 'Let a job run again',
    args: oneJob,
    options: rpcOptions,
    load: async () => (await load()).cronEnable,
  },
  {
    name: 'cron disable',
    about: 'Keep a job from running',
    args: oneJob,
    options: rpcOptions,
    load: async () => (await load()).cronDisable,
  },
];
