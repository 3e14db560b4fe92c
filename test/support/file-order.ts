/** In which order test files begin, where nothing is known of a run before: large ones first, and waiting ones among them. */
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Of deadlines, most of them of half a minute, with little else to do: at the end of a run nothing else would be left to do either. */
const waiting = [
  'control/slow-reader',
  'control/tick',
  'hooks/isolation',
  'hooks/slow-body',
  'http/slow-upload',
  'http/stalled-client',
  'runs/drain-limit',
  'runs/slow-reader',
  'tools/isolation',
];
/** So many others begin between two of them, so that there is work for all cores. */
const apart = 8;

export class FileOrder extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const waits = ({ moduleId }: TestSpecification): boolean =>
      waiting.some((name) => moduleId.endsWith(`/integration/${name}.test.ts`));
    const between = sorted.filter(waits);
    const mixed = sorted
      .filter((file) => !waits(file))
      .flatMap((file, n) => (n % apart === 0 ? [...between.splice(0, 1), file] : [file]));
    return [...mixed, ...between];
  }
}
