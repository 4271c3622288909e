// `npm run docs:sdk` writes the reference of the SDK as web pages, for people to read.
import { join, relative } from 'node:path'
import { clientFolder, root } from './paths.ts'
import { readApi } from './read-api.ts'

const folder = join(clientFolder, 'dist-docs')
const api = await readApi()
await api.write(folder)
for (const finding of api.findings) console.error(finding)
console.log(`Open ${relative(root, join(folder, 'index.html'))}`)
if (api.findings.length > 0) process.exitCode = 1
