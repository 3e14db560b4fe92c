/** The thread's side of `config-desk.ts`. */
import { parentPort } from 'node:worker_threads';
import { doConfigTask, type ConfigTask } from './config-tasks.js';

parentPort?.on('message', (task: ConfigTask) => {
  void doConfigTask(task).then((answer) => parentPort?.postMessage(answer));
});
