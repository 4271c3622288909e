import { spawnSync } from 'node:child_process'
import { expect, test } from 'vitest'

const listing = `import { registerHooks } from 'node:module'
registerHooks({ load(url, context, next) { console.log(url); return next(url, context) } })`

/** Returns the modules that a process loads for an import. */
function modulesOf(specifier: string): string[] {
  const hook = `data:text/javascript,${encodeURIComponent(listing)}`
  const args = ['--import', hook, '--input-type=module', '--eval', `import '${specifier}'`]
  const { stdout, stderr, status } = spawnSync(process.execPath, args, { cwd: import.meta.dirname, encoding: 'utf8' })
  if (status !== 0) throw new Error(stderr)
  return stdout.split('\n').filter((url) => url.startsWith('file:'))
}

test('a worker that derives keys from a password loads argon2, HKDF and no protocol', () => {
  const modules = modulesOf('@fastchat/crypto/password')
  expect(modules.some((url) => url.includes('/hash-wasm/'))).toBe(true)
  const allowed = [
    ...['/hash-wasm/', '/@noble/hashes/', '/libs/crypto/src/account/'],
    ...['/libs/schema/src/text.ts', '/libs/schema/src/base64url.ts', '/libs/schema/src/names/count-letters.ts'],
  ]
  expect(modules.filter((url) => !allowed.some((part) => url.includes(part)))).toEqual([])
  expect(modulesOf('@fastchat/crypto').some((url) => url.includes('/typebox/'))).toBe(true)
})
