export * from './backup-error.ts'
export * from './backup-keys.ts'
export * from './backup-seal.ts'
