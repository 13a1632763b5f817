// Colours follow values: the same on each load, whatever the rank, and no two alike in a chart.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ColourBook } from '../src/charts/colours.ts';

/** What a browser keeps. */
function shelf(): Pick<Storage, 'getItem' | 'setItem'> & { texts: Map<string, string> } {
  const texts = new Map<string, string>();
  return { texts, getItem: (key) => texts.get(key) ?? null, setItem: (key, text) => void texts.set(key, text) };
}

const shown = (slots: Map<string, number>) => Object.fromEntries(slots);

describe('the colour of a value', () => {
  test('is by name at first, and stays whatever its rank is, also after another load', () => {
    const kept = shelf();
    const first = new ColourBook(() => kept).slotsOf('country', ['Norway', 'Denmark', 'Iran']);
    assert.deepEqual(shown(first), { Denmark: 0, Iran: 1, Norway: 2 });
    const again = new ColourBook(() => kept).slotsOf('country', ['Iran', 'Norway', 'Brazil', 'Denmark']);
    assert.deepEqual(shown(again), { Denmark: 0, Iran: 1, Norway: 2, Brazil: 3 });
  });

  test('stays when others leave, and is there again when it comes back', () => {
    const book = new ColourBook(shelf);
    book.slotsOf('country', ['A', 'B', 'C']);
    assert.deepEqual(shown(book.slotsOf('country', ['C', 'D'])), { C: 2, D: 3 });
    assert.deepEqual(shown(book.slotsOf('country', ['A', 'B', 'C', 'D'])), { A: 0, B: 1, C: 2, D: 3 });
  });

  test('is the same in all charts of its column, and has nothing to do with other columns', () => {
    const book = new ColourBook(shelf);
    book.slotsOf('line', ['B1', 'B2', 'B3']);
    assert.deepEqual(shown(book.slotsOf('line', ['B3'])), { B3: 2 });
    assert.deepEqual(shown(book.slotsOf('direction', ['B3'])), { B3: 0 });
  });

  test('is one of sixteen, the last eight of them for what comes after the first eight', () => {
    const lines = Array.from({ length: 16 }, (_, i) => `B${i + 1}`);
    assert.deepEqual([...new ColourBook(shelf).slotsOf('line', lines).values()], [...Array(16).keys()]);
  });

  test('is that of all fifteen values of which eight change places all the time', () => {
    const kept = shelf();
    const names = Array.from({ length: 15 }, (_, i) => `country ${i}`);
    const seen = new Map<string, number>();
    for (let load = 0; load < 60; load++) {
      const eight = Array.from({ length: 8 }, (_, i) => names[(load * 4 + i * 2 + (i * load) ** 2) % 15]!);
      for (const [name, slot] of new ColourBook(() => kept).slotsOf('country', [...new Set(eight)])) {
        assert.equal(slot, seen.get(name) ?? slot, name);
        seen.set(name, slot);
      }
    }
    assert.equal(new Set(seen.values()).size, 15);
  });

  test('is never that of another value of the chart, whatever came before', () => {
    const kept = shelf();
    const names = Array.from({ length: 60 }, (_, i) => `country ${i}`);
    for (let load = 0; load < 40; load++) {
      const lines = new Set(Array.from({ length: 12 }, (_, i) => names[(load * 7 + i * (load + 3)) % names.length]!));
      const slots = new ColourBook(() => kept).slotsOf('country', [...lines]);
      assert.equal(new Set(slots.values()).size, lines.size);
    }
  });

  test('of two that had one and met goes to the earlier, and the other keeps its new one', () => {
    const book = new ColourBook(shelf);
    const names = Array.from({ length: 17 }, (_, i) => `n${i}`);
    for (const name of names) book.slotsOf('name', [name]);
    assert.deepEqual(shown(book.slotsOf('name', ['n16'])), { n16: 0 });
    const met = shown(book.slotsOf('name', ['n16', 'n0']));
    assert.deepEqual(met, { n0: 0, n16: 1 });
    assert.deepEqual(shown(book.slotsOf('name', ['n16'])), { n16: 1 });
  });

  test('is kept without the value, which may be personal, and where nothing can be kept it holds for the visit', () => {
    const kept = shelf();
    new ColourBook(() => kept).slotsOf('buyer', ['ann@example.com']);
    assert.ok(![...kept.texts.values()].join().includes('ann'));
    const refusing = () => {
      throw new Error('SecurityError');
    };
    const book = new ColourBook(refusing);
    book.slotsOf('country', ['A', 'B']);
    assert.deepEqual(shown(book.slotsOf('country', ['B'])), { B: 1 });
  });

  test('survives what others wrote in its place', () => {
    for (const junk of ['[]', '{', 'null', '{"country":{"va":99}}', '{"country":7}']) {
      const kept = shelf();
      kept.setItem('millrace.colours', junk);
      assert.deepEqual(shown(new ColourBook(() => kept).slotsOf('country', ['A', 'B'])), { A: 0, B: 1 }, junk);
    }
  });
});
