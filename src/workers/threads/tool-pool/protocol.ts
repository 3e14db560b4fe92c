/** What a worker process and the threads of its tool pool say to each other. A thread has one task at a time. */
import type { ToolSettings } from '../../../shared/tools/settings.js';
import type { ToolContent, ToolRequest } from '../../../shared/tools/tool-call.js';
import type { DocumentRequest } from '../documents/document.js';

interface Task {
  /** Number of the task, unique within its worker process. */
  readonly id: number;
  readonly state: SharedArrayBuffer;
}

export interface CallTask extends Task {
  readonly kind: 'call';
  readonly request: ToolRequest;
  readonly storeDir: string;
  readonly settings: ToolSettings;
  readonly testHooks: boolean;
  /** `parseTestNetwork` reads it; without effect unless there are test hooks. */
  readonly testNetwork: string | undefined;
}

/** A file that somebody sent is to be read. */
export interface DocumentTask extends Task, DocumentRequest {
  readonly kind: 'document';
}

export type ToolTask = CallTask | DocumentTask;

export interface ToolTaskEnd {
  /** A `ToolOutcome` as JSON: plain data whatever the tool gave, and cheaper to send than what it stands for. */
  readonly outcome: string;
  /** Nothing of the task goes on in the thread, so it may have the next one. */
  readonly clean: boolean;
}

/** Thread → process, while a task runs. */
export interface ToolTaskUpdate {
  readonly id: number;
  readonly partial: readonly ToolContent[];
}
