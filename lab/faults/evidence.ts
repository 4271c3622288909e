import { createWriteStream } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import type { LogRow } from '@fastchat/checker'
import type { Stack } from '@fastchat/tests/stack'
import { hashOf } from './clients/journal.ts'

/** Paths of files of JSON lines. */
export type Evidence = { readonly log: string; readonly heads: string; readonly scopes: string }

const page = 20_000

/**
 * Writes the state of the database after a run to files. `isSent` says whether a client that keeps
 * a history sent the message of an id. Other entries (names, receipts) are not shown to users.
 * `isOpaque` says whether a conversation's envelopes are the sent bytes.
 */
export async function writeEvidence(
  stack: Pick<Stack, 'sql'>,
  folder: string,
  isSent: (id: string) => boolean,
  isOpaque: (conv: string) => boolean,
): Promise<Evidence> {
  await mkdir(folder, { recursive: true })
  const [log, heads, scopes] = ['log', 'heads', 'scopes'].map((name) => join(folder, `${name}.jsonl`)) as [
    string,
    string,
    string,
  ]
  await writeFile(
    heads,
    linesOf(
      await stack.sql(
        'select pub_id as conv, last_seq::int as "lastSeq", floor_seq::int as "floorSeq" from conversation',
      ),
    ),
  )
  await pipeline(readLog(stack, isSent, isOpaque), createWriteStream(log))
  const leaves = await stack.sql(
    `select c.pub_id as conv, d.pub_id as device, l.from_seq::int as "from", l.to_seq::int as "to"
     from leaf l join conversation c on c.id = l.conversation_id join device d on d.id = l.device_id`,
  )
  const stamp = { op: 'scope', at: 0, proc: 'log' }
  await writeFile(scopes, linesOf(leaves.map(({ to, ...rest }) => ({ ...stamp, ...rest, ...(to !== null && { to }) }))))
  return { log, heads, scopes }
}

async function* readLog(
  stack: Pick<Stack, 'sql'>,
  isSent: (id: string) => boolean,
  isOpaque: (conv: string) => boolean,
): AsyncGenerator<string> {
  for (let at = { conv: 0, seq: 0 }, rows = 1; rows > 0; ) {
    // The statement selects these columns.
    const found = (await stack.sql(
      `select m.conversation_id::int as key, c.pub_id as conv, m.seq::int, d.pub_id as device, m.client_id as id, m.kind, m.envelope
       from message m join conversation c on c.id = m.conversation_id join device d on d.id = m.sender_device
       where (m.conversation_id, m.seq) > ($1, $2) order by m.conversation_id, m.seq limit ${page}`,
      [at.conv, at.seq],
    )) as StoredRow[]
    yield linesOf(found.map((row) => rowOf(row, isSent, isOpaque)))
    const last = found.at(-1)
    rows = found.length
    if (last) at = { conv: last.key, seq: last.seq }
  }
}

const linesOf = (objects: readonly object[]) => objects.map((one) => `${JSON.stringify(one)}\n`).join('')

type StoredRow = { key: number; conv: string; seq: number; device: string; id: string; kind: number; envelope: Buffer }

function rowOf(
  { conv, seq, device, id, kind, envelope }: StoredRow,
  isSent: (id: string) => boolean,
  isOpaque: (conv: string) => boolean,
): LogRow {
  const isMessage = kind === 0 && isSent(id)
  return { conv, seq, device, id, isMessage, ...(isMessage && isOpaque(conv) && { hash: hashOf(envelope) }) }
}
