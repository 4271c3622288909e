export * from './attachment.ts'
export { ciphertextSize } from './chunks.ts'
export * from './pieces.ts'
