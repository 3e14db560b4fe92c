/** Keys of `channels.webhook` and its accounts that no other channel has. */
export const webhookKeys = {};
