import { resolve } from 'node:path'
import type { PeerName } from '../driver/calls.ts'
import { Drivers } from '../drivers.ts'
import { startEjabberd } from '../peers/ejabberd.ts'
import { startFloor } from '../peers/floor.ts'
import { startSocketIo } from '../peers/socketio.ts'
import { startFastChat } from '../systems/fastchat.ts'
import type { StartOptions, StartSystem, System } from '../systems/system.ts'
import type { Bench } from './bench.ts'

/** A system to measure and the processes that put load on it. */
export type Contender = { readonly system: System; readonly drivers: Drivers }

const startPeer: Readonly<Record<PeerName, StartSystem>> = {
  socketio: startSocketIo,
  ejabberd: startEjabberd,
  floor: startFloor,
}

/**
 * Starts our system and the peers that the options ask for. Calls `use` with all of them, in the
 * order in which they are measured. A started system costs next to nothing until it is loaded.
 */
export async function withContenders<T>(
  { options, say }: Bench,
  nodes: StartOptions,
  use: (contenders: readonly Contender[]) => Promise<T>,
): Promise<T> {
  const contenders: Contender[] = []
  const { profile } = options
  const start = profile === undefined ? nodes : { ...nodes, env: { ...nodes.env, ...profiling(profile) } }
  try {
    contenders.push({ system: await startFastChat(start), drivers: new Drivers(options.drivers) })
    for (const peer of options.against) {
      say(`starting ${peer} …`)
      const system = await startPeer[peer](start).catch((error: Error) => {
        if (!options.mayMissPeers) throw new Error(`${peer} can't be measured: ${error.message}`, { cause: error })
        say(`${peer} is left out: ${error.message}`)
      })
      if (system) contenders.push({ system, drivers: new Drivers(options.drivers) })
    }
    return await use(contenders)
  } finally {
    for (const { drivers } of contenders) drivers.stop()
    await Promise.all(contenders.map(({ system }) => system.stop()))
  }
}

const profiling = (folder: string) => ({ NODE_OPTIONS: `--cpu-prof --cpu-prof-dir=${resolve(folder)}` })
