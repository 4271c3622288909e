export type { Schedule } from './checkpoints.ts'
export { type Home, openHome } from './home.ts'
export { lockHome } from './home-lock.ts'
export { sqliteStore } from './sqlite-store.ts'
