#!/usr/bin/env node
// Plain JavaScript for whatever Node is at hand: goes on with the Node 24 that came with the installation, which runs TypeScript.
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'

const here = dirname(fileURLToPath(import.meta.url))
const node = findNode(here)
if (node === undefined) {
  console.error('fastchat needs Node 24, which `npm install` brings: run it in the folder of FastChat')
  process.exit(1)
}
const main = join(here, '..', 'src', 'main.ts')
const args = ['--disable-warning=ExperimentalWarning', main, ...process.argv.slice(2)]
// Over the channel the child notices when we are killed.
const child = spawn(node, args, {
  stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
  // Halves the time to start. Beside the code, so that nobody but its owner can put any there.
  env: { NODE_COMPILE_CACHE: join(here, '..', '..', '..', 'node_modules', '.cache', 'fastchat'), ...process.env },
})
// The terminal signals us both; a kill reaches only us. Either way the child decides how it ends.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.on(signal, () => {
    if (signal !== 'SIGINT' || !process.stdin.isTTY) child.kill(signal)
    // The child ends within 10 s, unless the system holds it.
    setTimeout(() => child.kill('SIGKILL'), 12_000).unref()
  })
}
child.on('exit', (code, signal) => {
  if (signal === null) process.exit(code)
  process.removeAllListeners(signal)
  process.kill(process.pid, signal)
})

/** This Node when it is new enough, else the one in the nearest node_modules above. */
function findNode(folder) {
  if (Number(process.versions.node.split('.')[0]) >= 24) return process.execPath
  const path = join(folder, 'node_modules', 'node', 'bin', 'node')
  if (existsSync(path)) return path
  return dirname(folder) === folder ? undefined : findNode(dirname(folder))
}
