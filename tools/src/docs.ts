import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { systemClock } from '@fastchat/clock'
import { asyncApi } from './docs/asyncapi.ts'
import { commandsPage } from './docs/commands.ts'
import { differences } from './docs/differences.ts'
import { format, type JsonObject } from './docs/json.ts'
import { lineDifferences } from './docs/line-differences.ts'
import { openApi } from './docs/openapi.ts'
import { encodingTables, protocolTables, withTables } from './docs/tables.ts'
import { apiReport } from './sdk/api-report.ts'
import { readApi } from './sdk/read-api.ts'
import { testVectors, testVectorsMadeOnce } from './vectors/index.ts'

/**
 * Writes the documents that derive from the code: docs/openapi.json, docs/asyncapi.json,
 * docs/test-vectors, docs/commands.md, the tables of docs/protocol.md and docs/encodings.md, and
 * docs/sdk-api.md.
 * With --check it writes nothing, prints what is out of date, and fails.
 */
const folder = join(import.meta.dirname, '..', '..', 'docs')
const isCheck = process.argv.includes('--check')

const read = (name: string) => readFile(join(folder, name), 'utf8').catch(() => '')

async function update(name: string, text: string, explain: (committed: string) => readonly string[]): Promise<void> {
  const committed = await read(name)
  if (committed === text) return
  if (!isCheck) {
    await writeFile(join(folder, name), text)
    console.log(`docs/${name} written`)
    return
  }
  console.error(`docs/${name} is out of date. Run npm run docs:generate.`)
  for (const line of explain(committed)) console.error(`  ${line}`)
  process.exitCode = 1
}

const updateJson = (name: string, document: JsonObject) =>
  update(name, format(document), (committed) => differences(committed, document))

await updateJson('openapi.json', await openApi())
await updateJson('asyncapi.json', asyncApi())
for (const [name, vectors] of Object.entries(testVectors)) await updateJson(`test-vectors/${name}.json`, vectors())
for (const [name, make] of Object.entries(testVectorsMadeOnce))
  if ((await read(`test-vectors/${name}.json`)) === '')
    await updateJson(`test-vectors/${name}.json`, await make(systemClock.wallMs()))
for (const [name, tables] of [
  ['protocol.md', protocolTables],
  ['encodings.md', encodingTables],
] as const)
  await update(name, withTables(await read(name), tables), () => [`its tables: ${Object.keys(tables).join(', ')}`])
await update('commands.md', commandsPage(), (committed) => lineDifferences(committed, commandsPage()))

const api = await readApi()
for (const finding of api.findings) console.error(`The SDK: ${finding}`)
if (api.findings.length > 0) process.exitCode = 1
await update('sdk-api.md', apiReport(api.project), (committed) => lineDifferences(committed, apiReport(api.project)))
