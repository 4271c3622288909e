import type { Client } from '@fastchat/client'
import type { EngineState } from '../engine-state.ts'

/**
 * Keeps a part of the state of the tabs in step with the device. It returns how that part is read by
 * a tab that opens later.
 */
export type Watcher = (client: Client, patch: (change: Partial<EngineState>) => void) => () => Partial<EngineState>
