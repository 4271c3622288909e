import { useEffect, useState } from 'preact/hooks'
import { usePage } from '../page-context.ts'
import { size } from './format.ts'
import { Card } from './parts.tsx'
import styles from './settings.module.css'

type Use = { readonly used: number; readonly quota: number; readonly isKept: boolean }

async function readUse(): Promise<Use> {
  const { usage = 0, quota = 0 } = await navigator.storage.estimate()
  return { used: usage, quota, isKept: await navigator.storage.persisted() }
}

/** Says how much this browser stores, and whether it may throw that away. */
export function StorageUseCard() {
  const { words, language } = usePage()
  const text = words.settings.storage
  const [use, setUse] = useState<Use>()
  // A browser that does not tell shows no line.
  const read = () => void readUse().then(setUse, () => setUse(undefined))
  useEffect(read, [])
  if (!use) return null
  const keep = () => void navigator.storage.persist().then(read, read)
  return (
    <Card title={text.use} why={text.used(size(use.used, language), size(use.quota, language))}>
      <p>{use.isKept ? text.isKept : text.notKept}</p>
      {!use.isKept && (
        <button type="button" class={styles.open} onClick={keep}>
          {text.keep}
        </button>
      )}
    </Card>
  )
}
