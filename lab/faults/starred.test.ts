import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { cases } from './cases/index.ts'
import { runCase } from './run-case.ts'

const folder = await mkdtemp(join(tmpdir(), 'fastchat-faults-'))
const failed = new Set<string>()
afterAll(async () => {
  if (failed.size > 0) console.error(`The histories of the clients are in ${folder}`)
  else await rm(folder, { recursive: true, force: true })
})

/** A random seed; `npm run faults -- --seed N` repeats the run. */
const seed = Math.floor(Math.random() * 2 ** 31)

test.each(cases.filter(({ isStarred }) => isStarred).map((one) => [one.id, one.title, one] as const))(
  '%s: %s',
  async (id, _, one) => {
    failed.add(id)
    const { violations, acked } = await runCase(one, { seed, folder, isBusyMachine: true })
    expect(violations, `seed ${seed}, ${join(folder, id)}`).toEqual([])
    expect(acked).toBeGreaterThan(100)
    failed.delete(id)
  },
  240_000,
)
