export * from './handover-key.ts'
export * from './handover-statement.ts'
