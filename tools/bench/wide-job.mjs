// A job whose state is wider than a total: what verify is measured on beside the payments, where keys are most of the bytes.
import { job, source, t, value } from 'headwater'

const payments = source('payments', {
  schema: { user_id: t.string(), amount: t.safeInt64(), ts: t.timestamp('ms') },
  eventTime: 'ts',
})

const profile = t.struct({
  first: t.timestamp('ms'),
  last: t.timestamp('ms'),
  count: t.int32(),
  note: t.string(),
})

export const profiles = job('profiles')
  .from(payments)
  .keyBy('user_id')
  .apply('profile-per-user', {
    state: { profile: value(t.optional(profile), null), days: value(t.bytes(), new Uint8Array(0)) },
    onRecord({ ts, amount }, { profile, days }) {
      const before = profile.get()
      if (before === null) days.set(new Uint8Array(128).fill(amount % 251))
      const note = before?.note ?? `first paid ${amount} `.padEnd(120, '.')
      profile.set({ first: before?.first ?? ts, last: ts, count: (before?.count ?? 0) + 1, note })
    },
  })
  .to('profiles')
