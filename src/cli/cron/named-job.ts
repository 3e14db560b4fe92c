/** Jobs are asked for by id; where no job has that id, a name that only one job has will do (cli.md §14). */
import type { Ask, Question } from '../client/call.js';
import { GatewayError } from '../client/errors.js';
import { plainText } from '../output/plain-text.js';
import { numberOf, recordOf, recordsOf, textOf } from '../record.js';
import { UserError } from '../user-error.js';

/** Asks about the job, by its name where that is no id. @throws GatewayError, UserError for a name of several jobs */
export async function askOfJob(ask: Ask, question: Question, job: string): Promise<unknown> {
  try {
    return await ask(question);
  } catch (caught) {
    if (!isNotFound(caught)) throw caught;
    const ids = await idsNamed(job, ask);
    if (ids.length > 1) {
      const message = `${ids.length} jobs are called ${plainText(job)}: name one by its id.`;
      throw new UserError(message, ids, { details: { jobIds: ids } });
    }
    const [id] = ids;
    if (id === undefined)
      throw new UserError(
        `cron job not found: ${plainText(job)}`,
        ['See which there are: pllan cron list --all'],
        caught.server,
      );
    return ask({ ...question, params: { ...question.params, id } });
  }
}

function isNotFound(caught: unknown): caught is GatewayError {
  return caught instanceof GatewayError && recordOf(caught.server?.details).code === 'CRON_JOB_NOT_FOUND';
}

async function idsNamed(name: string, ask: Ask): Promise<string[]> {
  const ids: string[] = [];
  let offset: number | undefined = 0;
  while (offset !== undefined) {
    const params = { query: name, includeDisabled: true, limit: 200, offset };
    const { jobs, nextOffset } = recordOf(await ask({ method: 'cron.list', params }));
    for (const job of recordsOf(jobs)) if (job.name === name) ids.push(textOf(job.id) ?? '');
    offset = numberOf(nextOffset);
  }
  return ids;
}
