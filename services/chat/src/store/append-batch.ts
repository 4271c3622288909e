import type { Pool } from '@fastchat/db'
import type { FrameError } from '@fastchat/schema'
import type { ConversationKey, SendRequest } from '../domain/ports.ts'
import { withClient } from './with-client.ts'

export type AppendRow = { readonly key: ConversationKey; readonly send: SendRequest }

export type AppendOutcome =
  | { readonly ok: true; readonly seq: number; readonly at: number; readonly duplicate: boolean }
  | { readonly ok: false; readonly code: FrameError<'send'> }

/** Outcomes of the SQL function `append_messages`. */
type StoredOutcome = 'stored' | 'duplicate'
type Rejection = Extract<
  FrameError<'send'>,
  'conflict' | 'not_found' | 'stale_epoch' | 'commit_first' | 'attachment_unknown' | 'out_of_line'
>
/**
 * The function rejects a member in a group where only admins write as `forbidden`, a code that pods
 * of the version before know. They ran before there were such groups.
 */
type ReadOnly = 'forbidden'

type AnswerRow = {
  readonly ord: number
  readonly outcome: StoredOutcome | Rejection | ReadOnly
  readonly seq: number
  readonly at: number
}

/**
 * Stores a batch by one call of the SQL function `append_messages`, in one commit. The function
 * states the guarantees. Returns the outcomes in the order of `rows`.
 *
 * Rows that members may send where only admins write go by `append_as_reader`, in a separate
 * commit. They are rare. If a later commit fails, a retry finds the earlier rows as duplicates.
 */
export async function appendBatch(pool: Pool, rows: readonly AppendRow[]): Promise<AppendOutcome[]> {
  const outcomes: AppendOutcome[] = []
  for (const run of runsOf(rows)) outcomes.push(...(await appendRun(pool, run)))
  return outcomes
}

/** Cuts rows where messages of readers begin and end. Their order stays. */
function runsOf(rows: readonly AppendRow[]): AppendRow[][] {
  const runs: AppendRow[][] = []
  for (const row of rows) {
    const run = runs.at(-1)
    if (run?.[0] && isOfReader(run[0]) === isOfReader(row)) run.push(row)
    else runs.push([row])
  }
  return runs
}

const isOfReader = ({ send }: AppendRow): boolean => send.asReader === true

async function appendRun(pool: Pool, rows: readonly AppendRow[]): Promise<AppendOutcome[]> {
  const name = rows.some(isOfReader) ? 'append_as_reader' : 'append_messages'
  const attachments = rows.flatMap(({ send }, at) => send.attachments.map((id) => ({ id, ord: at + 1 })))
  const { rows: answers } = await withClient(pool, (client) =>
    client.query<AnswerRow>({
      name,
      text: `select ord, outcome, seq, at from ${name}($1, $2, $3, $4, $5, $6, $7, $8)`,
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
  for (const answer of answers) outcomes[answer.ord - 1] = outcomeOf(answer)
  return outcomes
}

function outcomeOf({ outcome, seq, at }: AnswerRow): AppendOutcome {
  if (outcome === 'stored' || outcome === 'duplicate') return { ok: true, seq, at, duplicate: outcome === 'duplicate' }
  return { ok: false, code: outcome === 'forbidden' ? 'admins_write' : outcome }
}

/** Returns the conversations that no other transaction has locked at this moment. */
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

/**
 * Writes a PostgreSQL array as text. Numbers, UUIDs and hex need no quotes. The driver's own
 * conversion costs several times as much.
 */
function arrayOf<T>(items: readonly T[], element: (item: T) => string | number): string {
  return `{${items.map(element).join(',')}}`
}
