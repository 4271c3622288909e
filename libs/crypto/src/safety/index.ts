export * from './safety-number.ts'
