import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { productFiles } from '../product-files.ts'
import { findEncodings } from './find-encodings.ts'

const root = join(import.meta.dirname, '..', '..', '..', '..')
/** The files that may use Node's own functions, each with its reason. */
const allowed: Readonly<Record<string, string>> = {
  'libs/service/src/base64url.ts': 'is the module that services use',
  'libs/testkit/src/local/postgres-cluster.ts': 'only tests use it, and it imports no contract',
}

const files = productFiles(root)
let count = 0
for (const file of files.filter((one) => allowed[one] === undefined))
  for (const number of findEncodings(readFileSync(join(root, file), 'utf8'))) {
    console.log(`${file}:${number} use toBase64Url of @fastchat/service, or of @fastchat/schema in clients`)
    count += 1
  }
for (const file of Object.keys(allowed).filter((one) => !files.includes(one))) {
  console.log(`bytes/main.ts: ${file} does not exist. Remove its line`)
  count += 1
}
console.log(`${count} problems with base64url in ${files.length} files`)
if (count > 0) process.exitCode = 1
