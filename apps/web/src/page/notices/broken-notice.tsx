import type { Failure } from '../../engine/engine-state.ts'
import { usePage } from '../page-context.ts'

/** Says why the page does not run, and what to do. Only a damaged store can be erased here. */
export function BrokenNotice({
  broken,
  class: name,
}: {
  readonly broken: Failure
  readonly class?: string | undefined
}) {
  const { words, actions } = usePage()
  return (
    <main class={name}>
      <h1>{words.broken}</h1>
      <p>{words.errors[broken.code] ?? broken.message}</p>
      <p>
        <button type="button" onClick={() => location.reload()}>
          {words.notices.reload}
        </button>
      </p>
      {broken.code === 'store_corrupt' && (
        <>
          <p>{words.notices.eraseWhy}</p>
          <p>
            <button type="button" onClick={() => actions.eraseStore()}>
              {words.notices.erase}
            </button>
          </p>
        </>
      )}
    </main>
  )
}
