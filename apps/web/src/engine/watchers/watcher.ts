import type { Client } from '@fastchat/client'
import type { EngineState } from '../engine-state.ts'

/**
 * Keeps a part of the tabs' state in step with the device. It returns a function that reads that
 * part for a tab that opens later.
 */
export type Watcher = (client: Client, patch: (change: Partial<EngineState>) => void) => () => Partial<EngineState>
