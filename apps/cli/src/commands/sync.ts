import type { Chat } from '../chat/chat.ts'
import { type Context, patienceMs } from './context.ts'

/** The device, once what it missed is here. @throws {CliError} `no_services_available` after a short patience. */
export async function synced({ session, out }: Context): Promise<Chat> {
  const { chat } = await session()
  if (!(await chat.sync({ patienceMs }))) out.note('Still catching up; this is what is here so far')
  return chat
}
