import { configDefaults, defineConfig } from 'vitest/config'

const needsStores = [
  'libs/{cluster/tests,testkit}',
  'services/*/tests',
  'services/auth/src/store',
  'tools/src/start',
].map((folder) => `${folder}/**/*.test.ts`)
const needsNothing = [
  'libs/{schema,crypto,checker,client,service}',
  'libs/cluster/src',
  'prisma',
  'services/*/src',
  'apps/*',
  'tools/src/{check,docs,test}',
].map((folder) => `${folder}/**/*.test.ts`)
const stores = './libs/testkit/src/global-setup.ts'
const ofKubernetes = ['tools/src/{images,k8s}/**/*.test.ts', 'lab/{k8s,kubelet}/**/*.test.ts']
/** These judge how fast something heals, so they have the machine to themselves. */
const measured = ['lab/faults/starred.test.ts']
const installations = { globalSetup: stores, testTimeout: 120_000, hookTimeout: 120_000 }

/**
 * The projects group tests by what they need. Those of `pure` and `k8s` start nothing. Those of
 * `stores` share one PostgreSQL and Redis. Those of `e2e` drive whole installations. So do those of
 * `measured`, which run one after another with nothing beside them.
 */
export default defineConfig({
  test: {
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 30_000,
    hookTimeout: 60_000,
    exclude: [...configDefaults.exclude, '**/generated/**'],
    projects: [
      {
        extends: true,
        test: {
          name: 'pure',
          // The files share one process and its modules, which halves their CPU.
          isolate: false,
          include: needsNothing,
          exclude: [...configDefaults.exclude, '**/generated/**', ...needsStores],
        },
      },
      { extends: true, test: { name: 'k8s', include: ofKubernetes } },
      { extends: true, test: { name: 'stores', include: needsStores, globalSetup: stores } },
      {
        extends: true,
        test: {
          ...installations,
          globalSetup: [stores, './tests/support/scan-postgres.ts'],
          name: 'e2e',
          include: ['tests/**/*.test.ts', 'lab/{bench,faults}/**/*.test.ts'],
          exclude: [...configDefaults.exclude, ...measured],
          sequence: { groupOrder: 1 },
        },
      },
      {
        extends: true,
        test: {
          ...installations,
          name: 'measured',
          include: measured,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
})
