import { useEffect, useRef, useState } from 'preact/hooks'
import { sizeWords } from '../file-view.tsx'
import { usePage, useSelected } from '../page-context.ts'

/** The most files that are sent together. */
const maxFiles = 20

export type ChosenFiles = {
  readonly chosen: readonly File[]
  /** Why some files were not taken. */
  readonly refusals: readonly string[]
  /** Pictures are sent as they are. */
  readonly isOriginal: boolean
  setIsOriginal(isOriginal: boolean): void
  add(files: readonly File[]): void
  remove(file: File): void
  clear(): void
}

/** Holds the files for the next message. Limits are told here, before anything is sent. */
export function useFiles(onAdded: () => void): ChosenFiles {
  const { words } = usePage()
  const most = useSelected(({ engine }) => engine?.maxFileBytes ?? 0)
  const [chosen, setChosen] = useState<readonly File[]>([])
  const [refusals, setRefusals] = useState<readonly string[]>([])
  const [isOriginal, setIsOriginal] = useState(false)
  const add = (more: readonly File[]) => {
    if (more.length === 0) return
    const fitting = more.filter(({ size }) => size <= most)
    const all = [...chosen, ...fitting]
    const tooLarge = more.filter(({ size }) => size > most)
    setRefusals([
      ...tooLarge.map(({ name }) => words.talk.tooLarge(name, sizeWords(most))),
      ...(all.length > maxFiles ? [words.talk.tooMany(maxFiles)] : []),
    ])
    setChosen(all.slice(0, maxFiles))
    onAdded()
  }
  useDroppedFiles(add)
  return {
    ...{ chosen, refusals, isOriginal, setIsOriginal, add },
    remove: (file) => setChosen(chosen.filter((one) => one !== file)),
    clear: () => {
      setChosen([])
      setRefusals([])
      setIsOriginal(false)
    },
  }
}

/** Takes files that are dropped anywhere on the page. Without it a browser would open them. */
function useDroppedFiles(add: (files: readonly File[]) => void): void {
  const latest = useRef(add)
  latest.current = add
  useEffect(() => {
    const over = (event: DragEvent) => event.preventDefault()
    const drop = (event: DragEvent) => {
      event.preventDefault()
      latest.current([...(event.dataTransfer?.files ?? [])])
    }
    addEventListener('dragover', over)
    addEventListener('drop', drop)
    return () => {
      removeEventListener('dragover', over)
      removeEventListener('drop', drop)
    }
  }, [])
}
