import { describe, expect, it } from 'vitest';
import { networkOf, networksOf } from './networks.js';

describe('the network of a client', () => {
  it.each([
    ['203.0.113.7', '203.0.113.7'],
    ['::ffff:203.0.113.7', '203.0.113.7'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2'],
    ['2001:db8:1:2::6', '2001:db8:1:2'],
    ['2001:db8::6', '2001:db8:0:0'],
    ['::1', '0:0:0:0'],
  ])('%s is %s', (address, network) => {
    expect(networkOf(address)).toBe(network);
  });
});

describe('the networks of a list', () => {
  it.each([
    ['10.0.0.0/8, 203.0.113.7', ['10.0.0.0/8', '203.0.113.7/32']],
    ['fd00::/8,::1', ['fd00::/8', '::1/128']],
    ['loopback', ['127.0.0.0/8', '::1/128']],
    ['off', undefined],
    ['', undefined],
    ['10.0.0.1,', undefined],
    ['0.0.0.0/0', undefined],
    ['10.0.0.0/08', undefined],
    ['10.0.0.0/8; allow all', undefined],
  ])('%s is %s', (list, networks) => {
    expect(networksOf(list)).toEqual(networks);
  });
});
