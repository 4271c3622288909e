export type * from '../generated/client.ts'
export * from './client.ts'
export * from './invite-code.ts'
export * from './pool.ts'
