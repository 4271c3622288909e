import { maxPlaintextBytes, paddedLength } from '@fastchat/crypto'
import { commitPowers, commitRefusals, groupInfoRefusals, handshakeErrors } from '@fastchat/crypto/verify'
import { closeCodes, errors, limits, payloads } from '@fastchat/schema'
import { fieldsOf } from './fields-of.ts'
import { plain } from './json.ts'

const quote = (name: string) => `\`${name}\``
const yes = (claim: boolean) => (claim ? 'yes' : 'no')

type Tables = Readonly<Record<string, string>>

export const protocolTables: Tables = {
  errors: table(
    ['code', 'status', 'retry', 'message'],
    Object.entries(errors).map(([code, { status, retry, message }]) => [quote(code), status, yes(retry), message]),
  ),
  'close-codes': table(
    ['code', 'name', 'connect again', 'reason'],
    Object.entries(closeCodes).map(([name, { code, reason, reconnect }]) => [code, name, yes(reconnect), reason]),
  ),
  limits: table(
    ['limit', 'value'],
    Object.entries(limits).map(([name, value]) => [quote(name), value]),
  ),
  'commit-powers': table(
    ['what', 'who'],
    commitPowers.map(({ what, who }) => [what, who]),
  ),
  reasons: table(
    ['reason', 'meaning'],
    [
      ...meanings(commitRefusals),
      ...meanings(handshakeErrors),
      ...meanings(groupInfoRefusals, 'group_info_'),
      [quote('unknown_user'), 'The roster names a user that this server does not know'],
    ],
  ),
}

export const encodingTables: Tables = {
  payloads: table(
    ['kind', 'what', 'fields'],
    Object.entries(payloads).map(([kind, schema]) => [
      quote(kind),
      String(plain(schema).description),
      fieldsOf(schema),
    ]),
  ),
  padding: table(['plaintext up to', 'padded content'], paddingSteps()),
}

/**
 * Returns `page` with the tables between their marks, `<!-- name… -->` and `<!-- /name -->`. Throws
 * when a mark is missing.
 */
export function withTables(page: string, tables: Tables): string {
  return Object.entries(tables).reduce((text, [name, content]) => {
    const place = new RegExp(`(<!-- ${name}:[^>]*-->\n)[\\s\\S]*?(<!-- /${name} -->)`)
    if (!place.test(text)) throw new Error(`no place for the table "${name}"`)
    return text.replace(place, (_, begin: string, end: string) => `${begin}\n${content}\n\n${end}`)
  }, page)
}

type Row = readonly (string | number)[]

function meanings(codes: Readonly<Record<string, string>>, prefix = ''): Row[] {
  return Object.entries(codes).map(([code, meaning]) => [quote(prefix + code), meaning])
}

/** Returns the largest plaintext of each padded size. */
function paddingSteps(): Row[] {
  const largest = new Map<number, number>()
  for (let bytes = 0; bytes <= maxPlaintextBytes; bytes++) largest.set(paddedLength(bytes), bytes)
  return [...largest].map(([padded, plaintext]) => [plaintext, padded])
}

function table(head: Row, rows: readonly Row[]): string {
  const lines = [head, head.map(() => '---'), ...rows]
  return lines.map((cells) => `| ${cells.join(' | ')} |`).join('\n')
}
