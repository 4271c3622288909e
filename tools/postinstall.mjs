// Runs at the end of `npm install`.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { markInstalled, prepare, root } from './prepare.mjs'

if (existsSync(join(root, 'node_modules', 'patch-package'))) prepare() // it is absent after `npm install --omit=dev`
markInstalled()
