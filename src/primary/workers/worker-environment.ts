/** The environment of workers: what every child may have, what makes them give memory back, and room for slow lookups. */
import { childEnvironment } from '../child-environment.js';

/**
 * glibc keeps freed blocks up to 32 MiB for later once it has seen some of that size: after a tool that had taken a
 * gigabyte in buffers of 8 MB, the process kept 700 MB. With this, blocks from here on go back to the system.
 */
const MMAP_THRESHOLD_BYTES = 1024 * 1024;

/** Of libuv, which has four: names that strangers send, looked up in each thread, must not keep providers' names waiting. */
const LOOKUP_THREADS = 16;

/** For `cluster.fork`. */
export function workerEnvironment(own: NodeJS.ProcessEnv): Record<string, string | undefined> {
  return {
    ...childEnvironment(own),
    MALLOC_MMAP_THRESHOLD_: String(MMAP_THRESHOLD_BYTES),
    UV_THREADPOOL_SIZE: String(LOOKUP_THREADS),
  };
}
