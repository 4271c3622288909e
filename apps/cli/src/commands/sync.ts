import type { Chat } from '../chat/chat.ts'
import { type Context, patienceMs } from './context.ts'

/**
 * Returns the device once it has caught up.
 * @throws {CliError} `no_services_available` after 3 s.
 */
export async function synced({ session, out }: Context): Promise<Chat> {
  const { chat } = await session()
  if (!(await chat.sync({ patienceMs })))
    out.note('Still catching up: this shows what has come so far. Run the command again for the rest')
  return chat
}
