import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { open } from '@fastchat/crypto'
import { eventually } from '@fastchat/testkit'
import type { OldCheckout } from './old-checkout.ts'

const patient = { timeoutMs: 60_000 }

/**
 * Leaves a message in the outbox of `home` that was encrypted and sent but never answered. The pods
 * are frozen while it is sent; then they and the device are killed. The installation starts new
 * pods.
 */
export async function leaveUnanswered(
  old: OldCheckout,
  { home, to, text }: { home: string; to: string; text: string },
): Promise<void> {
  const device = await old.tail(home)
  const pods = old.podIds()
  for (const pod of pods) process.kill(pod, 'SIGSTOP')
  await old.fastchat(home, 'send', to, text, '--no-wait')
  await eventually(() => {
    const encrypted = outboxOf(old.folderOf(home)).filter((record) => 'encrypted' in record)
    if (encrypted.length !== 1) throw new Error(`${encrypted.length} messages are encrypted`)
  }, patient)
  await device.kill()
  for (const pod of pods) process.kill(pod, 'SIGKILL')
  await eventually(() => {
    const now = old.podIds().filter((pod) => !pods.includes(pod))
    if (now.length < pods.length) throw new Error(`${now.length} pods are back`)
  }, patient)
}

/** Returns the messages in the outbox, as the old store keeps them. */
function outboxOf(folder: string): object[] {
  const db = new DatabaseSync(join(folder, 'store.db'), { readOnly: true })
  const rows = db.prepare('select key, value from outbox').all()
  db.close()
  const storeKey = readFileSync(join(folder, 'store.key'))
  return rows.map(({ key, value }) =>
    JSON.parse(new TextDecoder().decode(open(storeKey, value as Uint8Array, `outbox/${String(key)}`))),
  )
}
