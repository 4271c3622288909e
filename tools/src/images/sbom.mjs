// Prints a CycloneDX bill of materials of the packages in the current folder. Runs while an image
// is built. The output is the same for the same packages. `npm sbom` omits packages that run when
// it is asked for some workspaces without development dependencies.
import { existsSync, readFileSync } from 'node:fs'

const { name, version, packages } = JSON.parse(readFileSync('package-lock.json', 'utf8'))

const inModules = 'node_modules/'
const components = Object.entries(packages)
  .filter(([path, { link }]) => path.includes(inModules) && !link && existsSync(`${path}/package.json`))
  .map(([path, locked]) => describe(locked.name ?? path.slice(path.lastIndexOf(inModules) + inModules.length), locked))
const unique = new Map(components.map((component) => [component['bom-ref'], component]))

console.log(
  JSON.stringify(
    {
      bomFormat: 'CycloneDX',
      specVersion: '1.6',
      version: 1,
      metadata: { component: { 'bom-ref': `${name}@${version}`, type: 'application', name, version } },
      components: [...unique.values()],
    },
    null,
    2,
  ),
)

function describe(name, { version, license, integrity }) {
  const purl = `pkg:npm/${name.replace('@', '%40')}@${version}`
  return {
    'bom-ref': purl,
    type: 'library',
    name,
    version,
    purl,
    ...(license && { licenses: [/[ ()]/.test(license) ? { expression: license } : { license: { name: license } }] }),
    ...(integrity && { hashes: [hashOf(integrity)] }),
  }
}

/** Returns the hash of an entry `sha512-<base64>` of a lockfile. */
function hashOf(integrity) {
  const [, digest] = integrity.split('-', 2)
  return { alg: 'SHA-512', content: Buffer.from(digest, 'base64').toString('hex') }
}
