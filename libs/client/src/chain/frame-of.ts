import type { ChainFrame, Group } from '@fastchat/crypto'
import { fromBase64Url } from '@fastchat/schema'
import { headOf, isOf } from './chain-record.ts'
import type { ChainRecord } from './chain-types.ts'

/** Returns the view of this device's log that the next encrypted message states. */
export function frameOf(chain: ChainRecord | undefined, group: Group): ChainFrame {
  if (!isOf(chain, group)) return { closings: [], voided: 0 }
  const { voided, missing, closed, untold } = chain
  if (missing !== undefined) return { closings: [], voided }
  const point = ({ seq, c }: { readonly seq: number; readonly c: string }) => ({ seq, c: fromBase64Url(c) })
  const closings = closed.slice(0, untold).map((end) => (end ? point(end) : undefined))
  return { seen: point(headOf(chain)), closings, voided }
}
