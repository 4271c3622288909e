// `npm run sdk` builds the package of the SDK in libs/client/dist and packs it there. With
// `npm run sdk -- git+https://HOST/PATH.git` it names the address of the sources.
import { relative } from 'node:path'
import { buildSdk } from './build-sdk.ts'
import { packSdk } from './pack-sdk.ts'
import { root, sdkFolder } from './paths.ts'

const [repository] = process.argv.slice(2)
await buildSdk(sdkFolder, repository)
const tarball = await packSdk(sdkFolder, sdkFolder)
console.log(`${relative(root, tarball.path)}: ${Math.ceil(tarball.bytes / 1024)} KiB, ${tarball.files.length} files`)
if (repository === undefined) console.log('It names no repository: see the first lines of tools/src/sdk/main.ts')
console.log(`To publish it: npm publish ${relative(root, tarball.path)}`)
