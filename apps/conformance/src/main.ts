import { randomUUID } from 'node:crypto'
import { systemClock } from '@fastchat/clock'
import { Command } from 'commander'
import type { Result } from './check.ts'
import { createNewId } from './new-id.ts'
import { runChecks } from './run.ts'

const about = `Checks a server against the FastChat protocol, from outside: REST by fetch, frames by a WebSocket.
Signs up one new user at URL, who stays there. Prints a line for each rule.

Ends with 0 when the server keeps every rule, 1 when it breaks one, 64 when the command is wrong.`

const line = ({ rule, ok, problem }: Result) => `${ok ? 'ok  ' : 'FAIL'} ${rule}${problem ? `\n     ${problem}` : ''}`

async function main(url: string, { json }: { readonly json?: true }): Promise<void> {
  const origin = new URL(url).origin
  const results = await runChecks(origin, createNewId(systemClock, randomUUID), (result) =>
    console.log(json ? JSON.stringify(result) : line(result)),
  )
  const failed = results.filter(({ ok }) => !ok).length
  if (!json) console.log(`${results.length - failed} of ${results.length} rules are kept`)
  if (failed > 0) process.exitCode = 1
}

const usageExit = 64
const program = new Command('fastchat-conformance')
  .description(about)
  .argument('<url>', 'origin of the server, as http://localhost:8080', (url: string) => {
    if (!URL.canParse(url) || !/^https?:/.test(url))
      program.error(`This is not an http or https URL: ${url}. Give the origin of a server, as http://localhost:8080`)
    return url
  })
  .option('--json', 'one JSON object a line: rule, ok, problem')
  .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : usageExit))
  .action(main)
await program.parseAsync()
