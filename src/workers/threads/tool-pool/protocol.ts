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

/** A web hook's payload is to go through a module of the owner's. Its outcome's details are a `Transformed`. */
export interface TransformTask extends Task {
  readonly kind: 'transform';
  /** The module must be in there. */
  readonly folder: string;
  readonly module: string;
  /** Name of the function; undefined for the default one. */
  readonly export: string | undefined;
  readonly input: TransformInput;
}

export type ToolTask = CallTask | DocumentTask | TransformTask;

export interface TransformInput {
  readonly payload: Readonly<Record<string, unknown>>;
  readonly headers: Readonly<Record<string, string>>;
  readonly url: string;
  /** Below that of all hooks. */
  readonly path: string;
}

/** Null: the hook is to have no effect. */
export type Transformed = Readonly<Record<string, unknown>> | null;

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
