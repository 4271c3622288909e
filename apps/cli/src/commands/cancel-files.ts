import type { Context } from './context.ts'

/** Cancels the files that are on their way out. */
export async function cancelFiles({ out, session }: Context): Promise<void> {
  const { chat } = await session()
  const waiting = await chat.waitingFiles()
  const cancelled = await Promise.all(waiting.map(({ id }) => chat.cancelFile({ id })))
  const count = cancelled.filter((wasThere) => wasThere).length
  const words = count === 0 ? 'No file is on its way' : `Cancelled ${count === 1 ? '1 file' : `${count} files`}`
  out.result({ type: 'cancelled', files: count }, words)
}
