/** What `--version` says: of the program, its engine and its protocols. */
export async function describeVersions(): Promise<string> {
  const { versions } = await import('../versions.ts')
  const { p2pshare, engine, protocols } = versions()
  return `p2pshare ${p2pshare} (engine ${engine}, protocols ${protocols.join(', ')})`
}
