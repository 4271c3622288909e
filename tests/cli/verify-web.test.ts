import { createHash } from 'node:crypto'
import { cp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { buildWeb } from '@fastchat/web/build'
import { answerPage, readPageFiles } from '@fastchat/web/server'
import { afterAll, expect, test } from 'vitest'
import { closeMachines, Machine } from './machine.ts'

const closing: (() => unknown)[] = []
afterAll(() => {
  for (const close of closing) close()
  closeMachines()
})

/** Serves the page of a folder, with another policy if one is given. */
async function serve(folder: string, policy?: string): Promise<string> {
  const files = readPageFiles(folder)
  const server = createServer((request, response) => {
    const { setHeader } = response
    if (policy !== undefined)
      response.setHeader = (name, value) =>
        setHeader.call(response, name, name === 'content-security-policy' ? policy : value)
    answerPage(files, request, response)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  closing.push(() => server.close())
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

test('the page of this version passes, and a changed script or policy is told with what to do', async () => {
  const machine = new Machine('http://localhost:1')
  const built = await buildWeb()
  const honest = await serve(built)
  const passed = await machine.must('verify-web', honest)
  expect(passed.out).toContain(`at ${honest}, and their headers, are those of the release`)
  expect(passed.out).toContain('It can still send another page to another browser')

  const changed = join(machine.folder, 'changed')
  await cp(built, changed, { recursive: true })
  const manifest = JSON.parse(await readFile(join(changed, 'manifest.json'), 'utf8')) as {
    files: Record<string, string>
  }
  const script = Object.keys(manifest.files).find((path) => /index-.*\.js$/.test(path)) ?? ''
  const evil = `${await readFile(join(changed, script), 'utf8')};fetch("/v1/steal")`
  await writeFile(join(changed, script), evil)
  for (const end of ['br', 'gz']) await rm(join(changed, `${script}.${end}`))
  manifest.files[script] = createHash('sha256').update(evil).digest('hex')
  await writeFile(join(changed, 'manifest.json'), JSON.stringify(manifest))
  const lying = await serve(changed, 'default-src *')
  const failed = await machine.run('verify-web', lying, '--json')
  expect(failed).toMatchObject({ code: 1 })
  const told = failed.objects.filter(({ type }) => type === 'page_difference')
  expect(told).toContainEqual(expect.objectContaining({ path: `/${script}`, what: 'file' }))
  expect(told).toContainEqual(expect.objectContaining({ path: '/', what: 'header', found: 'default-src *' }))
  expect(failed.objects.at(-1)).toMatchObject({ type: 'error', code: 'page_differs' })
  // Somebody who believes the manifest of that server believes its files.
  expect(
    await machine.run('verify-web', await serve(changed), '--manifest', join(changed, 'manifest.json')),
  ).toMatchObject({ code: 0 })
}, 120_000)

test('a wrong address, a wrong manifest and a silent server are told by exit codes', async () => {
  const machine = new Machine('http://localhost:1')
  const file = join(machine.folder, 'manifest.json')
  await writeFile(file, '{"files":{"../x":"y"}}')
  expect(await machine.run('verify-web', 'ftp://x')).toMatchObject({ code: 64 })
  expect(await machine.run('verify-web', 'http://localhost:1', '--manifest', file)).toMatchObject({
    ...{ code: 64, err: expect.stringContaining('no manifest of a page') },
  })
  const manifest = join(await buildWeb(), 'manifest.json')
  expect(await machine.run('verify-web', '--manifest', manifest)).toMatchObject({
    ...{ code: 69, err: expect.stringContaining('http://localhost:1 sent no page') },
  })
}, 120_000)
