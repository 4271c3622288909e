import { type Client, ClientError, Trouble } from '@fastchat/client'
import { endedDeviceNews, newDeviceNews, passwordNews } from '../devices/news.ts'
import { toCliError } from '../to-cli-error.ts'
import type { Hint, Link } from './hint.ts'
import { onSearchHint } from './own-verbs.ts'
import { onSignalHint } from './signal-verbs.ts'

/**
 * The codes of a store that can't be written. The client tries again each second, and shows a
 * message once it is stored.
 */
const storeErrors: readonly string[] = ['storage_full', 'not_writable', 'store_corrupt']

/** Calls `tell` with a hint whenever the answers of verbs may have changed. */
export function onHint(client: Client, tell: (hint: Hint) => void): void {
  client.on('entry', ({ conversation }) => tell({ type: 'changed', conversation }))
  client.on('conversation', ({ conversation }) => tell({ type: 'changed', conversation }))
  client.on('stored', ({ conversation }) => tell({ type: 'changed', conversation }))
  client.on('failed', ({ conversation }) => tell({ type: 'changed', conversation }))
  client.on('restored', ({ conversation }) => tell({ type: 'changed', conversation }))
  client.on('changed', ({ conversation }) => tell({ type: 'changed', conversation }))
  client.on('transfer', (transfer) => tell({ type: 'transfer', transfer }))
  client.on('newDevice', (device) => tell(newDeviceNews(device)))
  client.on('deviceEnded', (device) => tell(endedDeviceNews(device)))
  client.on('passwordChanged', (change) => tell(passwordNews(change)))
  onSearchHint(client, tell)
  onSignalHint(client, tell)
  client.own.on('chats', (ids) => {
    for (const conversation of ids) tell({ type: 'changed', conversation })
  })
  client.on('connection', () => tell({ type: 'link', link: linkOf(client) }))
  client.on('trouble', (error) => {
    const isOfStore = error instanceof ClientError && storeErrors.includes(error.code)
    if (isOfStore || error instanceof Trouble) tell({ type: 'trouble', code: error.code, message: error.message })
  })
}

export function linkOf({ state }: Client): Link {
  if (state.state === 'unavailable') return { state: 'unavailable', retryAt: state.retryAt }
  if (state.state !== 'ended') return { state: state.state }
  const { code, message } = toCliError(state.error)
  return { state: 'ended', code, message }
}
