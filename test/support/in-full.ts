/** What takes long runs small with `npm test` and in full with `npm run test:chaos`. */
export const inFull = process.env.PLLAN_CHAOS === 'full';
