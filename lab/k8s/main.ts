import { writeFile } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import type { Person } from '@fastchat/tests/person'
import { assertPossible, buildImages } from '@fastchat/tools/images'
import { readMachine } from '../bench/machine.ts'
import { seededRandom } from '../faults/random.ts'
import type { Check, Figures, World } from './check.ts'
import { checks, first } from './checks/index.ts'
import { Installation } from './installation.ts'
import { describe, type Result, toJson } from './table.ts'

const usage = `npm run k8s:e2e [-- CHECK… OPTION…]

Builds all images without a registry, starts the overlay k8s/overlays/local on this machine with podman, and injects faults.
Needs Linux, root, podman, and port 8080. Does not enforce NetworkPolicies; npm run k8s:check checks them. Without CHECK, all run.

  --no-build    use images that were built before
  --keep        leave the installation running, at http://localhost:8080, until Ctrl-C
  --json FILE   also write {machine, checks: [{check, pass, seconds, figures, error?}]}
  --list        list the checks
  --help

Exit code 1: a check has failed. Logs and volumes are kept, and their path is printed.`

const say = (line: string) => process.stderr.write(`${line}\n`)

try {
  // Open handles of a check must not keep the process alive.
  process.exit(await main())
} catch (error) {
  say(`k8s:e2e failed: ${messageOf(error)}`)
  process.exit(1)
}

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    options: {
      'no-build': { type: 'boolean' },
      keep: { type: 'boolean' },
      json: { type: 'string' },
      list: { type: 'boolean' },
      help: { type: 'boolean' },
    },
    allowPositionals: true,
  })
  if (values.help) return print(usage)
  if (values.list) return print(checks.map(({ name, title }) => `${name.padEnd(16)} ${title}`).join('\n'))
  const named = positionals.map(find)
  const chosen = named.length === 0 ? checks : checks.filter((one) => first.includes(one) || named.includes(one))
  await assertPossible('k8s:e2e')
  if (!values['no-build']) await buildImages((image) => say(`building ${image} …`))
  say('starting k8s/overlays/local …')
  const installation = await Installation.start()
  const interrupted = new Promise<void>((resolve) => process.once('SIGINT', resolve).once('SIGTERM', resolve))
  const results: Result[] = []
  const running = runAll(chosen, createWorld(installation), results)
  await Promise.race([running, interrupted])
  print(describe(results))
  if (values.json !== undefined)
    await writeFile(values.json, `${JSON.stringify(toJson(readMachine(), results), null, 2)}\n`)
  if (values.keep) {
    say(`${installation.url} is up. Logs are in ${installation.folder}/logs. Press Ctrl-C to stop it.`)
    await interrupted
  }
  const isGood = results.length === chosen.length && results.every(({ error }) => error === undefined)
  await installation.stop({ keepsFolder: !isGood })
  if (!isGood) say(`Logs and volumes are in ${installation.folder}`)
  return isGood ? 0 : 1
}

/** Runs the checks. When the installation does not come up, the other checks do not run. */
async function runAll(chosen: readonly Check[], world: World, results: Result[]): Promise<void> {
  for (const check of chosen) {
    say(`${check.name} …`)
    const startedAt = performance.now()
    const outcome = await check.run(world).then(
      (figures: Figures) => ({ figures }),
      (error: unknown) => ({ figures: {}, error: messageOf(error) }),
    )
    const { name, title } = check
    results.push({ name, title, seconds: (performance.now() - startedAt) / 1_000, ...outcome })
    if ('error' in outcome) say(`  ${outcome.error}`)
    if ('error' in outcome && first.includes(check)) return
  }
}

function createWorld(installation: Installation): World {
  const people: Person[] = []
  return {
    installation,
    people,
    random: seededRandom(1),
    async talk(text) {
      const [ann, ben] = people
      if (!ann || !ben) throw new Error('the check talk must run first: it signs people up')
      await ann.send(ben, text)
      await ben.sees(text)
      await ben.send(ann, `${text}, too`)
      await ann.sees(`${text}, too`)
    },
  }
}

function print(text: string): number {
  console.log(text)
  return 0
}

function find(name: string): Check {
  const found = checks.find((one) => one.name === name)
  if (!found) throw new Error(`There is no check ${name}. --list prints all checks.`)
  return found
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
