import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { productFiles } from '../product-files.ts'
import { allowedGlobals, mayUseGlobals } from './allowed-globals.ts'
import { findGlobals } from './find-globals.ts'

const root = join(import.meta.dirname, '..', '..', '..', '..')
const files = productFiles(root)

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
