/** The benchmark measures these functions on their own. */
export { envelopeOf } from '../conversation/envelope-of.ts'
export { beginChain } from './chain-record.ts'
export { followChain } from './follow-chain.ts'
export { frameOf } from './frame-of.ts'
export { storedRecord } from './stored-chain.ts'
