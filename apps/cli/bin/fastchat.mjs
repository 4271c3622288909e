#!/usr/bin/env node
// Plain JavaScript for any Node: runs the program in this process when this is Node 24, else in the Node 24 of the installation.
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import module from 'node:module'
import { dirname, join } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'

const self = fileURLToPath(import.meta.url)
if (isNew(process.versions.node)) await run()
else runElsewhere()

function isNew(version) {
  return Number(version.split('.')[0]) >= 24
}

async function run() {
  // Of type stripping and node:sqlite, which have no flag that a running process can set.
  const { emitWarning } = process
  process.emitWarning = (warning, ...rest) => {
    const [type] = rest
    if ((type?.type ?? type) !== 'ExperimentalWarning') emitWarning.call(process, warning, ...rest)
  }
  const { cacheFolder, findProgram } = await import('./bundle.mjs')
  module.enableCompileCache(join(cacheFolder, 'compiled'))
  await import(await findProgram())
}

function runElsewhere() {
  const node = findNode(dirname(self))
  if (node === undefined) {
    console.error('fastchat needs Node 24, which `npm install` brings: run it in the folder of FastChat')
    process.exit(1)
  }
  // Over the channel the child notices when we are killed.
  const child = spawn(node, [self, ...process.argv.slice(2)], { stdio: ['inherit', 'inherit', 'inherit', 'ipc'] })
  // The terminal signals us both; a kill reaches only us. Either way the child decides how it ends.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.on(signal, () => {
      if (signal !== 'SIGINT' || !process.stdin.isTTY) child.kill(signal)
    })
  }
  child.on('exit', (code, signal) => {
    if (signal === null) process.exit(code)
    process.removeAllListeners(signal)
    process.kill(process.pid, signal)
  })
}

/** The Node in the nearest node_modules above. */
function findNode(folder) {
  const path = join(folder, 'node_modules', 'node', 'bin', 'node')
  if (existsSync(path)) return path
  return dirname(folder) === folder ? undefined : findNode(dirname(folder))
}
