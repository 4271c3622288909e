import { existsSync, globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { allowedGlobals, mayUseGlobals } from './allowed-globals.ts'
import { findGlobals } from './find-globals.ts'

const root = join(import.meta.dirname, '..', '..', '..', '..')
/** The folders without code of the product that we write by hand. */
const skipped = ['node_modules', 'generated', 'tests', 'testing', 'dist']

const files = globSync('{apps,libs,services,prisma}/**/*.{ts,mjs}', {
  cwd: root,
  exclude: (path) => skipped.includes(path.split('/').at(-1) ?? ''),
}).filter((file) => !file.endsWith('.test.ts'))

let count = 0
for (const file of files.filter((one) => !mayUseGlobals(one))) {
  for (const { number, name } of findGlobals(readFileSync(join(root, file), 'utf8'))) {
    console.log(`${file}:${number} ${name}: take a clock, a random number or an id as an argument`)
    count += 1
  }
}
for (const path of Object.keys(allowedGlobals).filter((one) => !existsSync(join(root, one)))) {
  console.log(`allowed-globals.ts: ${path} does not exist. Remove its line`)
  count += 1
}
console.log(`${count} problems with clocks and chance in ${files.length} files`)
if (count > 0) process.exitCode = 1
