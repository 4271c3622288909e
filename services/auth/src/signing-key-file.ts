import { readFile } from 'node:fs/promises'
import type { Lifecycle, Logger } from '@fastchat/service'
import { parseSigningKeys, type SigningKeys } from './domain/signing-keys.ts'

/**
 * The interval at which the file is read again. A mounted secret is swapped by a symlink, which
 * file watchers miss.
 */
const pollMs = 10_000

/**
 * Reads the keys in `file`, and reads them again when it changes or on SIGHUP. If the file becomes
 * unreadable or invalid, it logs an error and keeps the former keys.
 *
 * @throws Error if the file cannot be read at the start
 */
export async function openSigningKeyFile(
  file: string,
  { log, life }: { log: Logger; life: Lifecycle },
): Promise<{ current: () => SigningKeys; reload: () => Promise<void> }> {
  let text = await readFile(file, 'utf8')
  let keys = await parseSigningKeys(text)

  async function reload(): Promise<void> {
    try {
      const fresh = await readFile(file, 'utf8')
      if (fresh === text) return
      keys = await parseSigningKeys(fresh)
      text = fresh
      log.info({ kids: keys.published.keys.map(({ kid }) => kid) }, 'signing keys changed')
    } catch (err) {
      log.error({ err }, 'signing keys unreadable, the former stay in use')
    }
  }

  const onSignal = () => void reload()
  life.own(setInterval(onSignal, pollMs).unref(), clearInterval)
  life.own(process.on('SIGHUP', onSignal), (it) => it.off('SIGHUP', onSignal))
  return { current: () => keys, reload }
}
