import { describe, expect, it } from 'vitest';
import { difference, joints } from './joints';

describe('joints', () => {
  it('loses nothing and breaks after the joints', () => {
    const url = 'https://a.b/c?d=e&f';
    expect(joints(url).join('')).toBe(url);
    expect(joints(url)).toEqual(['https://', 'a.', 'b/', 'c?', 'd=', 'e&', 'f']);
    expect(joints('')).toEqual([]);
    expect(joints('plain words')).toEqual(['plain words']);
  });
});

describe('difference', () => {
  it.each([
    ['http://a/', 'http://a', 'http://a', '/', '', ''],
    ['http://a:1/x', 'http://a:2/x', 'http://a:', '1', '2', '/x'],
    ['same', 'same', 'same', '', '', ''],
    ['', 'x', '', '', 'x', ''],
    ['aa', 'aaa', 'aa', '', 'a', ''],
    ['😀a', '😀b', '😀', 'a', 'b', ''],
  ])('%s against %s', (expected, actual, start, left, right, end) => {
    expect(difference(expected, actual)).toEqual({ start, expected: left, actual: right, end });
  });
});
