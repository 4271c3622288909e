import type { MessageId } from '@fastchat/schema'
import type { Sending } from '../engine-state.ts'
import type { Watcher } from './watcher.ts'

/** Tells the tabs how far each file on its way out has got. */
export const watchTransfers: Watcher = (client, patch) => {
  const parts = new Map<MessageId, number>()
  const sending = (): Sending[] => [...parts].map(([id, part]) => ({ id, part }))
  client.on('transfer', ({ id, stage, done, total }) => {
    if (id === undefined || stage !== 'uploading') return
    if (done < total) parts.set(id, done / total)
    else parts.delete(id)
    patch({ sending: sending() })
  })
  client.on('failed', ({ id }) => {
    if (parts.delete(id)) patch({ sending: sending() })
  })
  return () => ({ sending: sending() })
}
