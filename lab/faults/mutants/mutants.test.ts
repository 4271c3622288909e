import { access, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { mutated, root } from './copy-checkout.ts'
import { mutants } from './mutants.ts'

test.each(mutants.map((mutant) => [mutant.id, mutant] as const))('%s fits the current source', async (_, mutant) => {
  const source = await readFile(join(root, mutant.file), 'utf8')
  expect(mutated(mutant, source)).not.toBe(source)
  for (const file of mutant.caughtBy) await expect(access(join(root, file))).resolves.toBeUndefined()
})

test('a mutant that no longer fits its source throws', () => {
  const [mutant] = mutants
  if (!mutant) throw new Error('there are no mutants')
  expect(() => mutated(mutant, 'something else')).toThrow(mutant.id)
  expect(() => mutated(mutant, mutant.find + mutant.find)).toThrow('exactly once')
})
