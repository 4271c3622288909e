import type { Transfer } from '@fastchat/client'
import type { HomeSession } from '../chat/home-session.ts'
import { formatSize } from '../text/format.ts'
import type { Output } from '../text/output.ts'

/** The progress of a smaller file is not told: it is over at once. */
const leastBytes = 2 * 1024 * 1024
/** The progress is told each tenth of a file. */
const steps = 10

const words: Readonly<Record<Transfer['stage'], string>> = {
  encrypting: 'encrypting',
  uploading: 'uploading',
  downloading: 'downloading',
}

/** Tells the progress of files in steps. Returns the function that stops it. */
export function watchTransfers(
  { onHint }: Pick<HomeSession, 'onHint'>,
  out: Output,
  isWanted: (transfer: Transfer) => boolean,
): () => void {
  const told = new Map<string, number>()
  return onHint((hint) => {
    if (hint.type !== 'transfer' || !isWanted(hint.transfer)) return
    const { attachment, id, stage, done, total } = hint.transfer
    if (total < leastBytes) return
    const step = Math.floor((done / total) * steps)
    const key = `${stage} ${attachment}`
    if (step <= (told.get(key) ?? 0)) return
    told.set(key, step)
    if (out.isJson) out.result({ type: 'progress', id, stage, done, total }, '')
    else out.note(out.colors.dim(`${words[stage]}: ${(step * 100) / steps} % of ${formatSize(total)}`))
  })
}
