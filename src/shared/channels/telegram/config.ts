/** Keys of `channels.telegram` and its accounts that no other channel has. */
export const telegramKeys = {};
