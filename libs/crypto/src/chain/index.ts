export { type ChainedEntry, chainBytes, type EpochStart, extendChain, startChain } from './chain.ts'
export {
  type ChainFrame,
  type ChainPoint,
  decodeChained,
  encodeChained,
  maxClosings,
  maxPayloadBytes,
} from './frame.ts'
