import process from 'node:process'
import { openPageServer } from './open-page-server.ts'
import { readPageFiles } from './read-page-files.ts'

// The server of the page in production: `node main.ts FOLDER`, with HOST, PORT and ADMIN_PORT.
const [folder] = process.argv.slice(2)
try {
  if (folder === undefined)
    throw new Error('Usage: node apps/web/server/main.ts FOLDER, with the folder of a built page')
  const { HOST: host = '0.0.0.0', PORT = '8080', ADMIN_PORT = '9090' } = process.env
  const files = readPageFiles(folder)
  const server = await openPageServer(files, {
    host,
    port: portOf('PORT', PORT),
    adminPort: portOf('ADMIN_PORT', ADMIN_PORT),
  })
  console.log(JSON.stringify({ msg: 'ready', service: 'web', port: server.port, adminPort: server.adminPort }))
  process.once('SIGTERM', () => void server.close())
  process.once('SIGINT', () => void server.close())
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
}

function portOf(name: string, value: string): number {
  if (!/^\d{1,5}$/.test(value) || Number(value) > 65_535)
    throw new Error(`${name} is no port. Give a number up to 65535`)
  return Number(value)
}
