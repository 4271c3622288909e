import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { judgeComments, judgePage } from './judge-comments.ts'

const root = join(import.meta.dirname, '..', '..', '..', '..')
/** Folders without comments of ours. A migration never changes once it has run somewhere. */
const skipped = ['node_modules', 'generated', 'migrations', 'dist', 'dist-docs']

/** `main.ts [FOLDER…]` prints each finding as `file:line problem`. Exits with 1 if it has any. */
const folders = process.argv.slice(2)
const files = globSync('**/*.{ts,mts,mjs,js,sql,md}', {
  cwd: root,
  exclude: (path) => {
    const name = path.split('/').at(-1) ?? ''
    return name.startsWith('.') || skipped.includes(name)
  },
})
  .filter((file) => folders.length === 0 || folders.some((folder) => file.startsWith(folder)))
  .toSorted()

let count = 0
for (const file of files) {
  const judge = file.endsWith('.md') ? judgePage : judgeComments
  for (const { number, problem } of judge(readFileSync(join(root, file), 'utf8'))) {
    console.log(`${file}:${number} ${problem}`)
    count += 1
  }
}
console.log(`${count} problems in the comments and pages of ${files.length} files`)
if (count > 0) process.exitCode = 1
