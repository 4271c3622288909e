import { execFile } from 'node:child_process'
import { appendFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { copyCheckout, removeCopy, root } from './copy-checkout.ts'

let folder: string
beforeAll(async () => {
  folder = await copyCheckout()
})
afterAll(() => removeCopy(folder))

const check = () =>
  new Promise<{ code: number; out: string }>((resolve) => {
    const PATH = `${join(root, 'node_modules', '.bin')}:${process.env.PATH}`
    const options = { cwd: folder, env: { ...process.env, PATH }, maxBuffer: 16 * 1024 * 1024 }
    const child = execFile(process.execPath, [join('tools', 'src', 'check', 'main.ts')], options, (_, out) =>
      resolve({ code: child.exitCode ?? -1, out }),
    )
  })

test('every step of the check finds a planted problem and names its file', { timeout: 180_000 }, async () => {
  await writeFile(
    join(folder, 'services', 'balancer', 'src', 'planted-import.ts'),
    `import { Client } from '@fastchat/client'\n\nexport const planted = Client\n`,
  )
  await writeFile(
    join(folder, 'libs', 'schema', 'src', 'planted-type.ts'),
    `/** Of type number. */\nexport const planted: number = 'one'\n`,
  )
  await appendFile(join(folder, 'docs', 'openapi.json'), '\n')
  const { code, out } = await check()
  expect(code).toBe(1)
  const [summary = '', ...outputs] = out.split('\n── ')
  expect(summary.match(/^FAIL /gm), out).toHaveLength(6)
  const said = (step: string) => outputs.find((output) => output.startsWith(step))
  expect(said('format, lint, import rules')).toContain('planted-import.ts')
  expect(said('types')).toContain('planted-type.ts')
  expect(said('unused code')).toContain('planted-type.ts')
  expect(said('plain comments')).toContain('planted-type.ts')
  expect(said('package boundaries')).toContain('planted-import.ts')
  expect(said('generated docs')).toContain('openapi.json')
})
