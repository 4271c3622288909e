import {
  type DeviceId,
  formOf,
  type HandoverAnswer,
  HandoverAnswerSchema,
  type HandoverAsk,
  HandoverAskSchema,
  handoverSlots,
} from '@fastchat/schema'
import type { OwnRows } from '../own/own-rows.ts'

const askForm = formOf(HandoverAskSchema)
const answerForm = formOf(HandoverAnswerSchema)
const prefix = 'handover/'

/** The keys of all own records in which devices ask and answer. */
export const slots: readonly string[] = Array.from({ length: handoverSlots }, (_, n) => `${prefix}${n}`)

/** Returns the own record in which a new device asks. Of two in one record the later one counts. */
export const slotOf = (device: DeviceId): string => `${prefix}${Number.parseInt(device.slice(-1), 16) % handoverSlots}`

type Rows = Pick<OwnRows, 'value'>

/** Returns the ask in a record, if it has the form of one. */
export function askIn(rows: Rows, slot: string): HandoverAsk | undefined {
  const value = rows.value(slot, 'ask')
  return askForm.accepts(value) ? value : undefined
}

/** Returns the answer in a record, if it has the form of one. */
export function answerIn(rows: Rows, slot: string): HandoverAnswer | undefined {
  const value = rows.value(slot, 'answer')
  return answerForm.accepts(value) ? value : undefined
}
