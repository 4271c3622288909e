import { closeCodes, errors, limits } from '@fastchat/schema'

const quote = (name: string) => `\`${name}\``
const yes = (claim: boolean) => (claim ? 'yes' : 'no')

const tables: Readonly<Record<string, string>> = {
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
}

/** `page` with the contract's tables between their marks, `<!-- name… -->` and `<!-- /name -->`. Throws when a mark is missing. */
export function withTables(page: string): string {
  return Object.entries(tables).reduce((text, [name, content]) => {
    const place = new RegExp(`(<!-- ${name}:[^>]*-->\n)[\\s\\S]*?(<!-- /${name} -->)`)
    if (!place.test(text)) throw new Error(`no place for the table "${name}"`)
    return text.replace(place, (_, begin: string, end: string) => `${begin}\n${content}\n\n${end}`)
  }, page)
}

type Row = readonly (string | number)[]

function table(head: Row, rows: readonly Row[]): string {
  const lines = [head, head.map(() => '---'), ...rows]
  return lines.map((cells) => `| ${cells.join(' | ')} |`).join('\n')
}
