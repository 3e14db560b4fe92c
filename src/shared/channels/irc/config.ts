/** Keys of `channels.irc` and its accounts that no other channel has. */
export const ircKeys = {};
