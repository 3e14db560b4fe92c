/** `messages` of the config: its scalar keys (config.md §8). */
import type convict from 'convict';
import { optional, text } from './formats.js';
import { queueSchema, type QueueSettings } from './queue-schema.js';

export interface MessagesConfig {
  readonly queue: QueueSettings;
  readonly responsePrefix: string | null;
  readonly ackReaction: string | null;
}

export const messagesSchema: convict.Schema<MessagesConfig> = {
  queue: queueSchema,
  responsePrefix: optional(text, 'Stands before each answer in a chat network.'),
  ackReaction: optional(text, 'Reaction to a message that has come. No effect yet.'),
};
