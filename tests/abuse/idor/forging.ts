import type { ClientFrame } from '@fastchat/schema'
import { eventually } from '@fastchat/testkit'
import { RawSocket } from '../../support/raw-socket.ts'
import type { Cast, Role } from './cast.ts'

/** Returns the read position of each device in the group. */
export async function cursors({ stack, group }: Cast): Promise<Record<string, number>> {
  const rows = await stack.sql(
    `select d.pub_id as device, c.acked_seq as seq from device_cursor c join device d on d.id = c.device_id
     where c.conversation_id = (select id from conversation where pub_id = $1)`,
    [group],
  )
  return Object.fromEntries(rows.map(({ device, seq }) => [String(device), Number(seq)]))
}

export async function lastSeq({ stack, group }: Cast): Promise<number> {
  const [row] = await stack.sql('select last_seq from conversation where pub_id = $1', [group])
  return Number(row?.last_seq)
}

/** Connects a socket as a role and syncs it. Its hello has `cursors`. */
export async function connectAs(cast: Cast, role: Role, cursors: Record<string, number> = {}): Promise<RawSocket> {
  return await eventually(
    async () => {
      const socket = await RawSocket.connect(cast.stack.pod(0))
      socket.write(JSON.stringify({ t: 'hello', id: 'h', token: cast.actors[role].token, cursors }))
      const answer = await socket.until(({ t }) => t === 'synced' || t === 'error')
      if (answer.t === 'error') throw new Error(answer.code)
      return socket
    },
    { timeoutMs: 60_000, everyMs: 250 },
  )
}

/** Sends frames that get no answer, and waits until the pod has handled them. */
export async function tell(socket: RawSocket, ...frames: ClientFrame[]): Promise<void> {
  for (const frame of frames) socket.write(JSON.stringify(frame))
  await socket.ask({ t: 'ping', id: 'after' })
}
