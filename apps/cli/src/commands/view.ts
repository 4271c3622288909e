import { detectPictures } from '../pictures/detect-pictures.ts'
import { drawPicture } from '../pictures/draw-picture.ts'
import type { PictureMode } from '../pictures/picture-mode.ts'
import { placed } from '../pictures/placed.ts'
import type { Context } from './context.ts'
import { findMessage } from './find-message.ts'
import { showLine } from './show-line.ts'
import { synced } from './sync.ts'

/** The rows that stay free for the line of the message and the prompt after it. */
const spareRows = 3

/** Shows the picture of a message. --json, and an output that is not a terminal, get its facts. */
export async function view(
  context: Context,
  written: string,
  { pictures }: { readonly pictures: PictureMode | 'auto' },
): Promise<void> {
  const { out } = context
  const chat = await synced(context)
  const line = await findMessage(chat, written)
  const bytes = await chat.messagePicture({ id: line.id })
  showLine(context, line, { withChat: true })
  const { stdin, stdout, env } = process
  if (out.isJson || !out.isTerminal || !stdin.isTTY) return
  const terminal = await detectPictures(context.keyboard(), env, pictures)
  const room = { columns: (stdout.columns || 80) - 1, rows: Math.max(1, (stdout.rows || 24) - spareRows) }
  const drawing = await drawPicture(Buffer.from(bytes, 'base64'), terminal, room)
  if (drawing) stdout.write(placed(drawing))
  else out.note('This terminal shows no pictures. Save it with fastchat save')
}
