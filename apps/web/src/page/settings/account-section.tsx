import { usePage, useSelected } from '../page-context.ts'
import { DeleteAccountCard } from './delete-account-card.tsx'
import { LogOutCard } from './log-out-card.tsx'
import { PasswordCard } from './password-card.tsx'
import { RecoveryCard } from './recovery-card.tsx'

/** The password, the recovery key, and the ways out. */
export function AccountSection() {
  const { words } = usePage()
  const name = useSelected(({ engine }) => engine?.me?.name ?? '')
  return (
    <>
      <p dir="auto">{words.settings.account.signedInAs(name)}</p>
      <PasswordCard />
      <RecoveryCard />
      <LogOutCard />
      <DeleteAccountCard />
    </>
  )
}
