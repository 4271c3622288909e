export * from './attachment.ts'
export { ciphertextSize } from './chunks.ts'
export { contentHash } from './content-hash.ts'
export * from './pieces.ts'
