export * from './group-check.ts'
export * from './safety-number.ts'
