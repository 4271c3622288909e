import { cp } from 'node:fs/promises'
import process from 'node:process'
import { buildWeb } from './build-web.ts'

// Builds the page into a new folder: `node apps/web/build/main.ts FOLDER`. For images and releases.
const [folder] = process.argv.slice(2)
if (folder === undefined) {
  console.error('Usage: node apps/web/build/main.ts FOLDER')
  process.exitCode = 1
} else {
  await cp(await buildWeb(), folder, { recursive: true, errorOnExist: true, force: false })
}
