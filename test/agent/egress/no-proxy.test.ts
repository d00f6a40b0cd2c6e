import { expect, test } from 'vitest'
import { isExempt } from '../../../agent/egress/no-proxy.ts'

const exempt = (host: string, ...list: string[]) => isExempt(host, 443, list)

test('a name stands for itself and for all below it, and for nothing else', () => {
  expect(exempt('example.com', 'example.com')).toBe(true)
  expect(exempt('API.Example.com', 'EXAMPLE.com')).toBe(true)
  expect(exempt('notexample.com', 'example.com')).toBe(false)
  expect(exempt('example.com.evil.org', 'example.com')).toBe(false)
})

test('a name with a dot before it stands for all below it alone', () => {
  expect(exempt('api.example.com', '.example.com')).toBe(true)
  expect(exempt('example.com', '.example.com')).toBe(false)
})

test('a star stands for everything, and only alone', () => {
  expect(exempt('console.jumpcloud.com', 'intern', '*')).toBe(true)
  expect(exempt('console.jumpcloud.com', '*.jumpcloud.com')).toBe(false)
})

test('a port narrows it to that port', () => {
  expect(exempt('example.com', 'example.com:443')).toBe(true)
  expect(exempt('example.com', 'example.com:8443')).toBe(false)
  expect(exempt('[::1]', '[::1]:443')).toBe(true)
  expect(exempt('[::1]', '[::1]:8443')).toBe(false)
})

test('ranges and addresses stand for what is written as an address, however it is written', () => {
  expect(exempt('10.1.2.3', '10.0.0.0/8')).toBe(true)
  expect(exempt('11.1.2.3', '10.0.0.0/8')).toBe(false)
  expect(exempt('[fd00::1]', 'fd00::/8')).toBe(true)
  expect(exempt('[fd00::1]', 'fd00:0::1')).toBe(true)
  expect(exempt('ten.example.com', '10.0.0.0/8')).toBe(false)
})

test('what means nothing exempts nothing', () => {
  expect(exempt('10.1.2.3', '', '10.0.0.0/99', '/8', '10.0.0/8', ':443', 'a/b')).toBe(false)
  expect(exempt('example.com', '', '.', ':443', '/')).toBe(false)
})
