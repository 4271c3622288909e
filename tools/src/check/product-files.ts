import { globSync } from 'node:fs'

/** The folders without code of the product that we write by hand. */
const skipped = ['node_modules', 'generated', 'tests', 'testing', 'dist']

/** Returns the files of the product that we write by hand, without tests, relative to `root`. */
export function productFiles(root: string): readonly string[] {
  return globSync('{apps,libs,services,prisma}/**/*.{ts,tsx,mjs}', {
    cwd: root,
    exclude: (path) => skipped.includes(path.split('/').at(-1) ?? ''),
  }).filter((file) => !/\.test\.tsx?$/.test(file))
}
