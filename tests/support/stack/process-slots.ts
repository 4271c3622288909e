import type { ServiceName } from '@fastchat/schema'
import { freePort, type OwnedProcess } from '@fastchat/testkit'
import type { StackOptions } from './stack-options.ts'

/** The address of all processes of a stack. */
export const host = '127.0.0.1'

/** The place of one process in a stack. A new process takes the same name and ports. */
export type Slot = {
  readonly name: string
  readonly service: ServiceName
  readonly port: number
  /** The port for health, metrics and drain. */
  readonly adminPort: number
  process: OwnedProcess | undefined
  /** The URL to which the front door passes WebSockets that name this pod. */
  socketsAt: string
}

/** Reserves the places of auth, the balancer and the chat pods. */
export async function createSlots({ pods = 2, reroute }: StackOptions): Promise<Slot[]> {
  const names: [string, ServiceName][] = [
    ['auth', 'auth'],
    ['balancer', 'balancer'],
  ]
  for (let n = 0; n < pods; n++) names.push([`chat-${n}`, 'chat'])
  const slots: Slot[] = []
  for (const [name, service] of names) {
    const [port, adminPort] = [await freePort(), await freePort()]
    const direct = `http://${host}:${port}`
    const socketsAt = service === 'chat' && reroute ? await reroute(name, 'clients', direct) : direct
    slots.push({ name, service, port, adminPort, process: undefined, socketsAt })
  }
  return slots
}
