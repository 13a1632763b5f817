// Where the boxes and arrows of a graph stand.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { GraphEdge, GraphNode } from '../../src/web/schemas.ts';
import { boxHeight, boxWidth, layoutGraph, shapeKey } from '../src/graph/layout.ts';

const node = (id: string): GraphNode => ({ id, noun: 'topic', name: id, label: '', state: 'idle', ratePerSecond: 0 });
const edge = (from: string, to: string, ratePerSecond = 0): GraphEdge => ({ from, to, kind: 'flow', ratePerSecond });

/** Two ways from a to d, one of them over two layers. */
const shape = {
  nodes: ['a', 'b', 'c', 'd', 'e'].map(node),
  edges: [edge('a', 'b'), edge('b', 'c'), edge('c', 'd'), edge('a', 'd'), edge('b', 'e')],
};

describe('the layout of a graph', () => {
  const { boxes, arrows, width, height } = layoutGraph(shape);

  test('data goes from left to right', () => {
    for (const { from, to } of shape.edges)
      assert.ok(boxes.get(from)!.x + boxWidth < boxes.get(to)!.x, `${from} to ${to}`);
  });

  test('no two boxes overlap, and all are inside', () => {
    const all = [...boxes.values()];
    for (const [i, one] of all.entries()) {
      assert.ok(one.x >= 0 && one.y >= 0 && one.x + boxWidth <= width && one.y + boxHeight <= height);
      for (const other of all.slice(i + 1))
        assert.ok(Math.abs(one.x - other.x) >= boxWidth || Math.abs(one.y - other.y) >= boxHeight);
    }
  });

  test('no rate stands on a box, even that of an arrow over several layers', () => {
    for (const [id, { label }] of arrows)
      for (const [name, box] of boxes) {
        const isOn = label.x > box.x && label.x < box.x + boxWidth && label.y > box.y && label.y < box.y + boxHeight;
        assert.ok(!isOn, `${id} on ${name}`);
      }
  });

  test('an edge to a box that is not there is left out', () => {
    const { arrows: known } = layoutGraph({ nodes: [node('a')], edges: [edge('a', 'gone')] });
    assert.equal(known.size, 0);
  });

  test('the shape stays the same while only figures change, and changes with a new edge', () => {
    const faster = { ...shape, edges: shape.edges.map((one) => ({ ...one, ratePerSecond: 9 })) };
    assert.equal(shapeKey(faster), shapeKey(shape));
    assert.notEqual(shapeKey({ ...shape, edges: [...shape.edges, edge('e', 'd')] }), shapeKey(shape));
  });
});
