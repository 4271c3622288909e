import type { Pool } from '@fastchat/db'
import type { FrameError } from '@fastchat/schema'
import type { ConversationKey, SendRequest } from '../domain/ports.ts'
import { withClient } from './with-client.ts'

export type AppendRow = { readonly key: ConversationKey; readonly send: SendRequest }

export type AppendOutcome =
  | { readonly ok: true; readonly seq: number; readonly at: number; readonly duplicate: boolean }
  | { readonly ok: false; readonly code: FrameError<'send'> }

/** Refusals by the codes of the SQL function; 0 and 1 are no refusals. */
const refusals: readonly (FrameError<'send'> | undefined)[] = [
  undefined,
  undefined,
  'conflict',
  'not_found',
  'stale_epoch',
  'commit_first',
  'attachment_unknown',
  'out_of_line',
]

/** One call, one commit: the SQL function says what it guarantees. Outcomes in the order of `rows`. */
export async function appendBatch(pool: Pool, rows: readonly AppendRow[]): Promise<AppendOutcome[]> {
  const attachments = rows.flatMap(({ send }, at) => send.attachments.map((id) => ({ id, ord: at + 1 })))
  const { rows: answers } = await withClient(pool, (client) =>
    client.query<{ ord: number; code: number; seq: number; at: number }>({
      name: 'append_batch',
      text: 'select ord, code, seq, at from append_batch($1, $2, $3, $4, $5, $6, $7, $8)',
      values: [
        arrayOf(rows, ({ key }) => key),
        arrayOf(rows, ({ send }) => send.session.device),
        arrayOf(rows, ({ send }) => send.id),
        arrayOf(rows, ({ send }) => send.groupNo),
        arrayOf(rows, ({ send }) => send.epoch),
        arrayOf(rows, ({ send }) => `\\\\x${send.envelope.toString('hex')}`),
        arrayOf(attachments, ({ ord }) => ord),
        arrayOf(attachments, ({ id }) => id),
      ],
    }),
  )
  const outcomes = new Array<AppendOutcome>(rows.length)
  for (const { ord, code, seq, at } of answers) {
    const refusal = refusals[code]
    outcomes[ord - 1] = refusal ? { ok: false, code: refusal } : { ok: true, seq, at, duplicate: code === 1 }
  }
  return outcomes
}

/** Which of these conversations nobody else holds at this moment. */
export async function unlockedConversations(
  pool: Pool,
  rows: readonly Pick<AppendRow, 'key'>[],
): Promise<ReadonlySet<ConversationKey>> {
  const { rows: free } = await withClient(pool, (client) =>
    client.query<{ key: ConversationKey }>(
      'select id as key from conversation where id = any ($1) for no key update skip locked',
      [arrayOf([...new Set(rows.map(({ key }) => key))], (key) => key)],
    ),
  )
  return new Set(free.map(({ key }) => key))
}

/** A PostgreSQL array as text. Numbers, UUIDs and hex need no quotes; the driver's own way costs several times as much. */
function arrayOf<T>(items: readonly T[], element: (item: T) => string | number): string {
  return `{${items.map(element).join(',')}}`
}
