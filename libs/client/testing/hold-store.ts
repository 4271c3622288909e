import { sqliteStore } from '../src/node/sqlite-store.ts'

// A process that opens a store, writes to it, and holds it until it is killed.
const [path = '', key = ''] = process.argv.slice(2)
const store = sqliteStore(path, Buffer.from(key, 'hex'))
await store.write([{ table: 'meta', key: 'a', value: new TextEncoder().encode('one') }])
process.send?.('held')
