import { cp } from 'node:fs/promises'
import { join } from 'node:path'
import process from 'node:process'
import { buildWeb } from './build-web.ts'
import { manifestName } from './web-manifest.ts'

// Builds the page and prints the path of its manifest. `node apps/web/build/main.ts FOLDER` copies
// it to a new folder, too, for images and releases.
const [folder] = process.argv.slice(2)
const built = await buildWeb()
if (folder !== undefined) await cp(built, folder, { recursive: true, errorOnExist: true, force: false })
console.log(join(folder ?? built, manifestName))
