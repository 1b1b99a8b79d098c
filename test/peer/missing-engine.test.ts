import { expect, it } from 'vitest'
import { missingEngine, ownPlatform, type Platform } from '../../src/peer/missing-engine.ts'

it.each<[Platform, string, string]>([
  [{ system: 'linux', processor: 'x64' }, 'another C library (musl)', 'Alpine'],
  [{ system: 'linux', processor: 'x64', glibc: '2.31' }, 'this Linux has 2.31', 'Ubuntu 22.04'],
  [{ system: 'linux', processor: 'x64', glibc: '2.34' }, 'is not installed', '--omit=optional'],
  [{ system: 'linux', processor: 'riscv64', glibc: '2.39' }, 'no build', 'x64 and arm64'],
  [{ system: 'win32', processor: 'arm64' }, 'no build for this machine (win32 arm64)', 'x64'],
  [{ system: 'darwin', processor: 'arm64' }, 'is not installed', '--omit=optional'],
])('%j has no engine, and is told why', (platform, message, hint) => {
  const told = missingEngine(platform)
  expect(told.message).toContain(message)
  expect(told.hint).toContain(hint)
})

it('this machine is one of those that the engine is for', () => {
  const { message } = missingEngine(ownPlatform())
  expect(message).toContain('is not installed')
})
